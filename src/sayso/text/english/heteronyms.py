"""Words with one spelling and two sounds; which one is meant is guessed from the words beside them.

No grammar is parsed: a few words before and after decide between noun and verb, present and past, or between
two meanings. Where nothing decides, the commoner reading wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sayso.text.english.arpabet import to_symbols
from sayso.text.english.wordset import wordset

_BEFORE_NOUN = wordset(
    "a an the this that these those my your his her its our their some any no every each another of in on for with from by at about "
    "new old good bad big small great own other same first second last next more most many few several both all what which whose "
    "broken vinyl criminal world personal annual current poor strong big huge sharp steady public current total formal high low "
    "foreign free legal under into per"
)
_BEFORE_VERB = wordset(
    "to will would can could should shall must may might do does did don't doesn't didn't won't wouldn't can't couldn't shouldn't "
    "let's i you we they who please not never always often also and'll i'll we'll you'll they'll he'll she'll i'd you'd we'd they'd "
    "cannot must n't help helps helped"
)
_OBJECTS = wordset("me you him her it us them people")
_SURE_OBJECTS = wordset("me him us them")
_CAUSING = wordset("let lets letting make makes made help helps helped watch watched see saw hear heard")
_BEFORE_PAST = wordset(
    "have has had having was were been be is are am being i've we've you've they've he's she's already just well widely"
)
_PAST_HINTS = wordset("yesterday ago last once had was were did when")


_BEFORE_MOOD = wordset(
    "was were am be been feel feels felt feeling quite perfectly not seem seems seemed very so looked"
)
_AFTER_PERSON = wordset("was is had has who lay lies could would in and") | {""}
_BEFORE_GOODS = wordset("fresh local organic farm seasonal dairy homegrown imported")
_AFTER_WASTE = wordset("collection collector collectors bin bins truck trucks bag bags disposal dump heap")


@dataclass(frozen=True, slots=True)
class _Pair:
    noun: str
    verb: str
    prefer_verb: bool


_NOUN_VERB = """
absent AE1-B-S-AH0-N-T AE0-B-S-EH1-N-T n
abstract AE1-B-S-T-R-AE2-K-T AE0-B-S-T-R-AE1-K-T n
abuse AH0-B-Y-UW1-S AH0-B-Y-UW1-Z n
addict AE1-D-IH0-K-T AH0-D-IH1-K-T n
advocate AE1-D-V-AH0-K-AH0-T AE1-D-V-AH0-K-EY2-T v
affiliate AH0-F-IH1-L-IY0-AH0-T AH0-F-IH1-L-IY0-EY2-T n
alternate AO1-L-T-ER0-N-AH0-T AO1-L-T-ER0-N-EY2-T n
appropriate AH0-P-R-OW1-P-R-IY0-AH0-T AH0-P-R-OW1-P-R-IY0-EY2-T n
approximate AH0-P-R-AA1-K-S-AH0-M-AH0-T AH0-P-R-AA1-K-S-AH0-M-EY2-T n
articulate AA0-R-T-IH1-K-Y-AH0-L-AH0-T AA0-R-T-IH1-K-Y-AH0-L-EY2-T n
associate AH0-S-OW1-S-IY0-AH0-T AH0-S-OW1-S-IY0-EY2-T n
attribute AE1-T-R-AH0-B-Y-UW2-T AH0-T-R-IH1-B-Y-UW2-T n
close K-L-OW1-S K-L-OW1-Z n
combine K-AA1-M-B-AY2-N K-AH0-M-B-AY1-N v
compact K-AA1-M-P-AE2-K-T K-AH0-M-P-AE1-K-T n
compound K-AA1-M-P-AW2-N-D K-AH0-M-P-AW1-N-D n
compress K-AA1-M-P-R-EH2-S K-AH0-M-P-R-EH1-S v
conduct K-AA1-N-D-AH0-K-T K-AH0-N-D-AH1-K-T v
confine K-AA1-N-F-AY2-N K-AH0-N-F-AY1-N v
conflict K-AA1-N-F-L-IH0-K-T K-AH0-N-F-L-IH1-K-T n
console K-AA1-N-S-OW2-L K-AH0-N-S-OW1-L n
construct K-AA1-N-S-T-R-AH0-K-T K-AH0-N-S-T-R-AH1-K-T v
content K-AA1-N-T-EH0-N-T K-AH0-N-T-EH1-N-T n
contest K-AA1-N-T-EH0-S-T K-AH0-N-T-EH1-S-T n
contract K-AA1-N-T-R-AE2-K-T K-AH0-N-T-R-AE1-K-T n
contrast K-AA1-N-T-R-AE0-S-T K-AH0-N-T-R-AE1-S-T n
converse K-AA1-N-V-ER0-S K-AH0-N-V-ER1-S v
convert K-AA1-N-V-ER0-T K-AH0-N-V-ER1-T v
convict K-AA1-N-V-IH0-K-T K-AH0-N-V-IH1-K-T n
coordinate K-OW0-AO1-R-D-AH0-N-AH0-T K-OW0-AO1-R-D-AH0-N-EY2-T v
decrease D-IY1-K-R-IY2-S D-IH0-K-R-IY1-S n
defect D-IY1-F-EH0-K-T D-IH0-F-EH1-K-T n
delegate D-EH1-L-AH0-G-AH0-T D-EH1-L-AH0-G-EY2-T n
deliberate D-IH0-L-IH1-B-ER0-AH0-T D-IH0-L-IH1-B-ER0-EY2-T n
desert D-EH1-Z-ER0-T D-IH0-Z-ER1-T n
digest D-AY1-JH-EH0-S-T D-AY0-JH-EH1-S-T v
discharge D-IH1-S-CH-AA2-R-JH D-IH0-S-CH-AA1-R-JH v
discount D-IH1-S-K-AW0-N-T D-IH0-S-K-AW1-N-T n
duplicate D-UW1-P-L-AH0-K-AH0-T D-UW1-P-L-AH0-K-EY2-T n
elaborate IH0-L-AE1-B-R-AH0-T IH0-L-AE1-B-ER0-EY2-T n
entrance EH1-N-T-R-AH0-N-S IH0-N-T-R-AE1-N-S n
escort EH1-S-K-AO0-R-T EH0-S-K-AO1-R-T n
estimate EH1-S-T-AH0-M-AH0-T EH1-S-T-AH0-M-EY2-T v
excuse IH0-K-S-K-Y-UW1-S IH0-K-S-K-Y-UW1-Z v
exploit EH1-K-S-P-L-OY2-T EH0-K-S-P-L-OY1-T v
export EH1-K-S-P-AO0-R-T IH0-K-S-P-AO1-R-T n
extract EH1-K-S-T-R-AE2-K-T IH0-K-S-T-R-AE1-K-T v
graduate G-R-AE1-JH-AH0-W-AH0-T G-R-AE1-JH-AH0-W-EY2-T n
house HH-AW1-S HH-AW1-Z n
import IH1-M-P-AO2-R-T IH0-M-P-AO1-R-T n
impact IH1-M-P-AE0-K-T IH0-M-P-AE1-K-T n
incense IH1-N-S-EH2-N-S IH0-N-S-EH1-N-S n
increase IH1-N-K-R-IY2-S IH0-N-K-R-IY1-S v
insert IH1-N-S-ER2-T IH0-N-S-ER1-T v
insult IH1-N-S-AH2-L-T IH0-N-S-AH1-L-T n
intimate IH1-N-T-AH0-M-AH0-T IH1-N-T-AH0-M-EY2-T n
invalid IH1-N-V-AH0-L-AH0-D IH0-N-V-AE1-L-AH0-D v
moderate M-AA1-D-ER0-AH0-T M-AA1-D-ER0-EY2-T n
object AA1-B-JH-EH0-K-T AH0-B-JH-EH1-K-T n
perfect P-ER1-F-IH0-K-T P-ER0-F-EH1-K-T n
permit P-ER1-M-IH2-T P-ER0-M-IH1-T n
predicate P-R-EH1-D-IH0-K-AH0-T P-R-EH1-D-AH0-K-EY2-T n
present P-R-EH1-Z-AH0-N-T P-R-IY0-Z-EH1-N-T n
proceeds P-R-OW1-S-IY0-D-Z P-R-AH0-S-IY1-D-Z v
produce P-R-OW1-D-UW0-S P-R-AH0-D-UW1-S v
progress P-R-AA1-G-R-EH2-S P-R-AH0-G-R-EH1-S n
project P-R-AA1-JH-EH0-K-T P-R-AH0-JH-EH1-K-T n
protest P-R-OW1-T-EH2-S-T P-R-AH0-T-EH1-S-T n
rebel R-EH1-B-AH0-L R-IH0-B-EH1-L n
recall R-IY1-K-AO2-L R-IH0-K-AO1-L v
record R-EH1-K-ER0-D R-IH0-K-AO1-R-D n
refund R-IY1-F-AH2-N-D R-IH0-F-AH1-N-D n
refuse R-EH1-F-Y-UW2-Z R-IH0-F-Y-UW1-Z v
reject R-IY1-JH-EH0-K-T R-IH0-JH-EH1-K-T v
rewrite R-IY1-R-AY2-T R-IY0-R-AY1-T v
separate S-EH1-P-ER0-AH0-T S-EH1-P-ER0-EY2-T n
subject S-AH1-B-JH-IH0-K-T S-AH0-B-JH-EH1-K-T n
suspect S-AH1-S-P-EH2-K-T S-AH0-S-P-EH1-K-T n
survey S-ER1-V-EY2 S-ER0-V-EY1 n
tear T-IH1-R T-EH1-R v
torment T-AO1-R-M-EH2-N-T T-AO0-R-M-EH1-N-T n
transport T-R-AE1-N-S-P-AO0-R-T T-R-AE0-N-S-P-AO1-R-T n
upset AH1-P-S-EH2-T AH0-P-S-EH1-T v
use Y-UW1-S Y-UW1-Z v
wind W-IH1-N-D W-AY1-N-D n
"""
"""Word, its sound as noun or adjective, its sound as verb, and which one wins when nothing decides."""

_EITHER = {
    "bow": ("B OW1", "B AW1"), "row": ("R OW1", "R AW1"), "sow": ("S OW1", "S AW1"), "bass": ("B EY1 S", "B AE1 S"),
    "lead": ("L IY1 D", "L EH1 D"), "minute": ("M IH1 N AH0 T", "M AY0 N UW1 T"), "dove": ("D AH1 V", "D OW1 V"),
    "sewer": ("S UW1 ER0", "S OW1 ER0"), "polish": ("P AA1 L IH0 SH", "P OW1 L IH0 SH"), "buffet": ("B AH0 F EY1", "B AH1 F AH0 T"),
    "number": ("N AH1 M B ER0", "N AH1 M ER0"), "resume": ("R IH0 Z UW1 M", "R EH1 Z AH0 M EY2"), "wound": ("W UW1 N D", "W AW1 N D"),
    "does": ("D AH1 Z", "D OW1 Z"), "invalids": ("IH1 N V AH0 L AH0 D Z", "IH1 N V AH0 L AH0 D Z"),
}  # fmt: skip
"""Word -> its usual sound and the other one."""

_OTHER_WHEN_NEAR = {
    "bow": wordset("take takes took bowed ship ship's deeply front politely audience head"),
    "bass": wordset("fish fishing caught lake sea striped largemouth"),
    "lead": wordset("pipe pipes paint poisoning metal heavy toxic zinc copper iron pencil"),
    "minute": wordset("detail details amounts particles quantities differences"),
    "dove": wordset("into he she they deep headfirst off"),
    "polish": wordset("poland warsaw language people government german russian food vodka sausage border citizen citizens history army "
        "artist capital government president parliament cuisine poet composer pope"),
    "sow": wordset("piglets piglet pigs pig boar farrowed litter"),
    "resume": wordset("my your his her their cv job submit send the"),
    "wound": wordset("up down around clock through"),
    "row": wordset("argument furious"),
}  # fmt: skip


@cache
def _noun_verbs() -> dict[str, _Pair]:
    pairs: dict[str, _Pair] = {}
    for line in _NOUN_VERB.strip().splitlines():
        word, noun, verb, prefer = line.split()
        pairs[word] = _Pair(
            to_symbols(noun.split("-"), word), to_symbols(verb.split("-"), word), prefer == "v"
        )
    return pairs


def choose(word: str, previous: Sequence[str], following: Sequence[str]) -> str | None:
    """The symbols of `word` in this context, or None when it has only one sound.

    `previous` and `following` are the nearest spoken words, in the order of the text.
    """
    before = previous[-1] if previous else ""
    after = following[0] if following else ""
    match word:
        case "read":
            return _read(previous, following)
        case "live":
            return _live(before, after)
        case "used":
            return (
                "jˈust"
                if after == "to" and before not in ("be", "is", "was", "are", "were", "been")
                else "jˈuzd"
            )
        case "close":
            return _close(before, after)
        case "content" if (after in ("with", "to") and before not in _BEFORE_NOUN) or (
            before in _BEFORE_MOOD and after in ("", "just", "and", "at", "now", "here")
        ):
            return "kəntˈɛnt"
        case "invalid" if not (before in ("an", "the") and after in _AFTER_PERSON):
            return "ɪnvˈælɪd"
        case "produce" if before in _BEFORE_GOODS:
            return "pɹˈOdus"
        case "refuse" if after in _AFTER_WASTE:
            return "ɹˈɛfjus"
        case "use" | "uses" | "abuse" | "excuse" if before in (
            "of",
            "no",
            "any",
            "in",
            "the",
            "its",
            "our",
            "my",
            "this",
        ):
            return {"use": "jˈus", "uses": "jˈusᵻz", "abuse": "əbjˈus", "excuse": "ɪkskjˈus"}[word]
    if word in _EITHER:
        usual, other = _EITHER[word]
        near = {*previous, *following} & _OTHER_WHEN_NEAR.get(word, frozenset())
        return to_symbols((other if near else usual).split(), word)
    pair = _noun_verbs().get(word)
    if pair is None:
        return None
    if before in _OBJECTS and previous[-2:-1] and previous[-2] in _CAUSING:
        return pair.verb
    return _noun_or_verb(pair, before, after)


def _noun_or_verb(pair: _Pair, before: str, after: str) -> str:
    if before in _BEFORE_VERB:
        return pair.verb
    if before in _BEFORE_NOUN:
        return pair.noun
    if after in _SURE_OBJECTS or (not before and after == "against"):
        return pair.verb
    # "They were close the door" is no English: an article after the word makes a verb of it.
    if not before and after in ("the", "a", "an", "your", "my", "his", "her", "this", "that", "all"):
        return pair.verb
    return pair.verb if pair.prefer_verb else pair.noun


def _read(previous: Sequence[str], following: Sequence[str]) -> str:
    before = previous[-1] if previous else ""
    present, past = "ɹˈid", "ɹˈɛd"
    if before in (
        "to",
        "will",
        "would",
        "can",
        "could",
        "should",
        "must",
        "may",
        "might",
        "don't",
        "didn't",
        "doesn't",
        "did",
        "do",
        "please",
        "let's",
        "i'll",
        "we'll",
        "you'll",
        "cannot",
        "can't",
    ):
        return present
    if {"did", "do", "does", "didn't", "don't", "doesn't", "will", "would", "can", "to"} & set(previous[-3:]):
        return present
    if before in _BEFORE_PAST or any(word in _BEFORE_PAST for word in previous[-2:]):
        return past
    if before in ("he", "she", "it") or {*previous, *following} & _PAST_HINTS:
        return past
    return present


def _live(before: str, after: str) -> str:
    events = (
        "music",
        "show",
        "shows",
        "stream",
        "streaming",
        "broadcast",
        "concert",
        "audience",
        "performance",
        "tv",
        "television",
        "event",
        "events",
        "chat",
        "album",
        "coverage",
        "wire",
        "ammunition",
        "animals",
        "bait",
        "updates",
        "demo",
        "version",
        "recording",
        "from",
    )
    if after in events or before in (
        "a",
        "the",
        "going",
        "go",
        "goes",
        "went",
        "is",
        "are",
        "streamed",
        "broadcast",
        "this",
        "we're",
        "now",
        "performed",
    ):
        return "lˈIv"
    return "lˈɪv"


def _close(before: str, after: str) -> str:
    verb, adjective = "klˈOz", "klˈOs"
    if after in (
        "to",
        "by",
        "friend",
        "friends",
        "enough",
        "call",
        "together",
        "behind",
        "range",
        "relatives",
        "contact",
        "up",
        "relationship",
        "attention",
    ) and before not in ("to", "will", "please"):
        return adjective
    if (
        before in _BEFORE_VERB
        or after in ("the", "your", "my", "a", "it", "that", "this", "down", "all")
        or before == ""
    ):
        return verb
    return adjective
