"""Was the expected name said after all? Where another was written, the recogniser is asked for the expected one.

A recogniser writes names that it does not know as others that it does, above all in noise: "Norfolk went" for
"Northwind", "I resemble" for "by Resemble". What is written there says little. But it can be asked how much less likely
the expected name is than what it wrote: a few nats where it was said, twenty where another was. And it can be made to hear
once more with the names in mind, as a person does: where the expected one was said, it is then written letter for letter.
A name that was written otherwise needs both.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sayso.text.consent import words as text_words
from sayso.text.consent.match import NAME_SURE, Gap, Match, expanded, gaps, match
from sayso.text.consent.sound import names_alike
from sayso.text.consent.statement import COMPANY, PLATFORM, Phrase, Statement
from sayso.text.consent.words import Word

MOST_NATS = 7.0
"""So much less likely than what was written the expected name may be, the sound and the language taken together."""
MOST_NATS_TWICE = 16.0
"""The same, added to what it is by the sound alone, where what the language says is taken off."""
MOST_NATS_ALIKE, MOST_NATS_ALIKE_TWICE = 12.0, 23.0
"""The same where what was written is like the name: the spelling of an unusual name, or another company's name."""

_MOST_MORE = 2  # words that may be taken for a name than it has: more are something else
_MOST_STARTS = 3  # words at which a name may begin
_MOST_IN_MIND = 400  # characters of names: half of what the recogniser has room for
_MOST_READINGS = 4  # of a name, or two of each spelling; each costs a tenth of a second
_LONGEST_HESITATION = 4  # letters of what a recogniser writes for one: "Oom.", "Ium,"
_HESITATIONS = ("um", "ähm", "euh", "eh")  # the first that the language has is tried before a name
_RANK = {"accepted": 0, "review": 1, "refused": 2}
_PARTING = (".", ",", ";", ":", "!", "?", "…")
_MARK = re.compile(r"[.!?]$")
_AT_ITS_ENDS = ".,;:!? "


@dataclass(frozen=True, slots=True)
class Reading:
    """An expected name in place of the words [start:end]."""

    start: int
    end: int
    text: str
    nats: float
    """How much less likely it is than those words."""
    unusual_nats: float = 0.0
    """How much less likely it is by the language alone."""


Confirmed = Callable[[Reading], bool]
"""Whether the name of a reading was written, in its place, by a hearing with the names in mind."""


def in_mind(statement: Statement, *, company: str, platforms: Sequence[str]) -> str:
    """The names as a text that comes before the statement; of many platforms the first. Empty where any name will do."""
    companies = _spellings_of(company, statement)[-1:] if company else []
    names = [
        name.strip(_AT_ITS_ENDS) for name in (*companies, *_capitals(platforms)) if statement.words(name)
    ]
    text = ""
    for name in names:
        if text and len(text) + len(name) > _MOST_IN_MIND:
            break
        text += f" {name[:_MOST_IN_MIND]}."
    return text.strip()


def written_in(
    text: str, words: Sequence[str], statement: Statement, *, company: str, platforms: Sequence[str]
) -> Confirmed:
    """Whether a name of the readings of `words` is written letter for letter in its place in `text`, which was heard with
    the names in mind. None is where that denies the statement."""
    found = match(text, statement, company=company, platforms=platforms)
    places: dict[tuple[int, int, str], set[str]] = {}
    for slot, reading in _by_slot(statement, words, company=company, platforms=platforms):
        places.setdefault(reading, set()).add(slot)

    def is_written(reading: Reading) -> bool:
        of = places.get((reading.start, reading.end, reading.text), {COMPANY, PLATFORM})
        return not found.negations and of <= found.written

    return is_written


def readings(
    statement: Statement, words: Sequence[str], *, company: str, platforms: Sequence[str]
) -> list[tuple[int, int, str]]:
    """(start, end, text): how expected names may be read in `words`, as they were written, that do not have them."""
    return [reading for _, reading in _by_slot(statement, words, company=company, platforms=platforms)]


def _by_slot(
    statement: Statement, words: Sequence[str], *, company: str, platforms: Sequence[str]
) -> Iterator[tuple[str, tuple[int, int, str]]]:
    """The place of each name, and its reading."""
    pieces, owners = _pieces(statement, words)
    for gap in gaps(pieces, statement, company=company, platforms=platforms):
        names = _spellings_of(company, statement) if gap.slot == COMPANY else _capitals(platforms)
        ranked = sorted(_in_gap(statement, words, pieces, owners, gap, names), key=lambda one: -one[0])
        most = max(_MOST_READINGS, 2 * len(names)) if gap.slot == COMPANY else _MOST_READINGS
        yield from ((gap.slot, reading) for _, reading in ranked[:most])
        yield from (
            (gap.slot, reading) for reading in _behind_hesitation(statement, pieces, owners, gap, names)
        )


def settled(
    found: Match,
    words: Sequence[str],
    weighed: Sequence[Reading],
    statement: Statement,
    *,
    company: str,
    platforms: Sequence[str],
    phrase: str = "",
    confirmed: Confirmed,
) -> tuple[Match, tuple[Reading, ...]]:
    """`found`, or what it becomes with expected names that are likely enough, and those."""
    near = sorted(
        (one for one in weighed if is_near(one, words, statement, confirmed)), key=lambda one: one.nats
    )
    best: tuple[Match, tuple[Reading, ...]] = (found, ())
    ways: list[tuple[Reading, ...]] = [(one,) for one in near]
    ways += [pair for pair in itertools.combinations(near, 2) if _are_apart(*pair)]
    # Two names at most, and a hesitation before one of them.
    ways += [
        three
        for three in itertools.combinations(near, 3)
        if any(map(_is_hesitation, three))
        and all(_are_apart(*pair) for pair in itertools.combinations(three, 2))
    ]
    for way in sorted(ways, key=lambda way: sum(one.nats for one in way)):
        text = " ".join(_with(words, way))
        anew = match(text, statement, company=company, platforms=platforms, phrase=phrase)
        if _RANK[anew.verdict] < _RANK[best[0].verdict]:
            best = (anew, way)
            if anew.verdict == "accepted":
                break
    return best


def is_near(reading: Reading, words: Sequence[str], statement: Statement, confirmed: Confirmed) -> bool:
    """Whether it may have been said: it is likely enough, that not for being a usual name, and it is confirmed."""
    heard = words[reading.start : reading.end]
    written = statement.words(" ".join(heard))
    name = [word for word in statement.words(reading.text) if (word,) not in statement.fillers]
    # A hesitation stands for no name: that it is usual says nothing against it.
    if _is_hesitation(reading) or _ends_with(heard, name, statement):
        return reading.nats <= MOST_NATS
    if not confirmed(reading):
        return False
    # With more words it is no spelling of the name: "Studio 54" is another company than "Studio".
    is_alike = names_alike(written, name) >= NAME_SURE and not set(name) <= set(written)
    most, most_twice = (MOST_NATS_ALIKE, MOST_NATS_ALIKE_TWICE) if is_alike else (MOST_NATS, MOST_NATS_TWICE)
    return reading.nats <= most and 2.0 * reading.nats - reading.unusual_nats <= most_twice


def _is_hesitation(reading: Reading) -> bool:
    """Whether it is one alone; a company may be called Okay."""
    return reading.text in {f"{word}," for word in _HESITATIONS}


def _ends_with(heard: Sequence[str], name: Sequence[str], statement: Statement) -> bool:
    """Whether the name is written there, alone or behind a mark that parts it from what noise was taken for."""
    starts = [0, *(at for at in range(1, len(heard)) if heard[at - 1].endswith(_PARTING))]
    letters = statement.letters(name)
    return any(statement.letters(statement.words(" ".join(heard[at:]))) == letters for at in starts)


def _with(words: Sequence[str], way: Sequence[Reading]) -> list[str]:
    said = list(words)
    for one in sorted(way, key=lambda one: -one.start):
        said[one.start : one.end] = [one.text]
    return said


def _are_apart(first: Reading, second: Reading) -> bool:
    return first.end <= second.start or second.end <= first.start


def _pieces(statement: Statement, words: Sequence[str]) -> tuple[list[Word], list[int]]:
    """The words as they are compared, and which of `words` each comes from."""
    pieces: list[Word] = []
    owners: list[int] = []
    for index, word in enumerate(words):
        read = text_words.read(word, splits_at_apostrophes=statement.splits_at_apostrophes)
        made = expanded(read, statement)
        pieces += made
        owners += [index] * len(made)
    return pieces, owners


def _capitals(platforms: Sequence[str]) -> list[str]:
    """A name is written with a capital, whatever it is configured as."""
    return list(dict.fromkeys(name[:1].upper() + name[1:] for name in platforms))


def _spellings_of(company: str, statement: Statement) -> list[str]:
    """How a recogniser may write what is configured: "Acme" for "ACME, Inc." as well; the likeliest counts."""
    told = [word for word in company.split() if not _is_legal(statement.words(word), statement)]
    short = " ".join(told).rstrip(",;&- ")
    return list(dict.fromkeys((company, short or company, _titled(company), _titled(short or company))))


def _is_legal(words: Phrase, statement: Statement) -> bool:
    return bool(words) and set(words) <= statement.legal_forms


def _titled(name: str) -> str:
    """Capitals where people write them, of a name that has only capitals or none."""
    is_plain = name.isupper() or name.islower()
    return " ".join(word[:1].upper() + word[1:].lower() for word in name.split()) if is_plain else name


def _in_gap(
    statement: Statement,
    words: Sequence[str],
    pieces: Sequence[Word],
    owners: Sequence[int],
    gap: Gap,
    names: Sequence[str],
) -> Iterator[tuple[float, tuple[int, int, str]]]:
    """How alike what was written and the name are, and the reading."""
    lead = _lead(statement, gap)
    hesitation = _hesitation(statement)
    first, last = _whole_words(owners, gap)
    if lead is None or first >= last:
        return
    for start in range(first, first + 1 if lead or gap.is_there else min(last, first + _MOST_STARTS)):
        ends = range(start + 1, last + 1) if gap.is_last and not gap.is_there else (last,)
        for end in ends:
            heard = [piece.text for piece, owner in zip(pieces, owners, strict=True) if start <= owner < end]
            mark = _MARK.search(words[end - 1])
            for name in names:
                said = statement.words(f"{lead}{name}")
                text = f"{lead}{name}{mark.group() if mark and not _MARK.search(name) else ''}"
                if len(heard) <= len(said) + _MOST_MORE:
                    yield names_alike(heard, said), (start, end, text)
                if hesitation and not lead and 1 < len(heard) <= len(said) + _MOST_MORE:
                    yield names_alike(heard[1:], said), (start, end, f"{hesitation}, {text}")


def _behind_hesitation(
    statement: Statement,
    pieces: Sequence[Word],
    owners: Sequence[int],
    gap: Gap,
    names: Sequence[str],
) -> list[tuple[int, int, str]]:
    """A short word before the name as a hesitation, and the rest as the name, each on its own: an unusual name
    behind a hesitation is unlikely twice.

    Not where the name's end is not known: "by sasing, if I were paid" holds one, too.
    """
    hesitation = _hesitation(statement)
    first, last = _whole_words(owners, gap)
    if not hesitation or gap.is_last or gap.before or last - first < 2 or owners.count(first) > 1:
        return []
    heard = [piece.text for piece, owner in zip(pieces, owners, strict=True) if first < owner < last]
    if len(pieces[owners.index(first)].text) > _LONGEST_HESITATION:
        return []
    near = [name for name in names if len(heard) <= len(statement.words(name)) + _MOST_MORE]
    rest = [(first + 1, last, name) for name in near]
    return [(first, first + 1, f"{hesitation},"), *rest] if rest else []


def _hesitation(statement: Statement) -> str:
    return next((word for word in _HESITATIONS if (word,) in statement.fillers), "")


def _whole_words(owners: Sequence[int], gap: Gap) -> tuple[int, int]:
    """The words in a gap that are in it as a whole: only those can be read in another way."""
    first = owners[gap.start]
    first += gap.start > 0 and owners[gap.start - 1] == first
    last = owners[gap.end - 1] + 1
    last -= gap.end < len(owners) and owners[gap.end] == last - 1
    return first, last


def _lead(statement: Statement, gap: Gap) -> str | None:
    """The words of the statement right before the name that were not heard, as they are written; None if unknown."""
    if not gap.before:
        return ""
    index = next(i for i, part in enumerate(statement.parts) if part.text == gap.slot)
    missing = statement.parts[index - gap.before : index]
    if any(part.is_name or part.is_key for part in missing):
        return None
    written = statement.text.split(gap.slot)[0].split()[-gap.before :]
    lead = " ".join(written)
    return f"{lead} " if statement.words(lead) == tuple(part.text for part in missing) else None
