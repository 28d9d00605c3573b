"""Words the dictionary lacks, built from parts it has: plurals, -ed, -ing, other endings, compounds."""

from __future__ import annotations

import re

from sayso.text.english import lexicon

_VOICELESS = frozenset("ptkfθ")
_SIBILANTS = frozenset("szʃʒʧʤ")
_VOWELS = frozenset("AIOWYiuæɑəɛɪɔʊʌᵻ")
_DOUBLED = re.compile(r"(.*([bdfgklmnprstvz]))\2$")


def with_s(stem: str) -> str:
    """Plural, third person or possessive of a word in symbols."""
    if stem[-1] in _VOICELESS:
        return stem + "s"
    return stem + ("ᵻz" if stem[-1] in _SIBILANTS else "z")


def _flapped(stem: str) -> str:
    """A final t becomes a flap before a vowel that is added."""
    return stem[:-1] + "ɾ" if len(stem) > 1 and stem[-1] == "t" and stem[-2] in _VOWELS | {"ɹ"} else stem


def with_ed(stem: str) -> str:
    """Past tense of a verb in symbols."""
    if stem[-1] in "td":
        return _flapped(stem) + "ᵻd"
    return stem + ("t" if stem[-1] in _VOICELESS | {"s", "ʃ", "ʧ"} else "d")


def with_ing(stem: str) -> str:
    """Present participle of a verb in symbols."""
    return _flapped(stem) + "ɪŋ"


_ENDINGS = {
    "ly": "li", "ness": "nəs", "less": "ləs", "ful": "fəl", "ment": "mənt", "er": "əɹ", "ers": "əɹz",
    "est": "ᵻst", "able": "əbᵊl", "y": "i", "ish": "ɪʃ", "ist": "ɪst", "ists": "ɪsts", "ism": "ˌɪzəm",
    "like": "lˌIk", "ship": "ʃˌɪp", "wise": "wˌIz", "hood": "hˌʊd", "man": "mən", "men": "mən", "ize": "ˌIz",
    "land": "lənd", "proof": "pɹˌuf", "free": "fɹˌi",
}  # fmt: skip
_BEGINNINGS = {
    "un": "ˌʌn", "re": "ɹˌi", "non": "nˌɑn", "pre": "pɹˌi", "mis": "mˌɪs", "dis": "dɪs", "over": "ˌOvəɹ",
    "under": "ˌʌndəɹ", "anti": "ˌæntI", "super": "sˌupəɹ", "inter": "ˌɪntəɹ", "out": "ˌWt", "micro": "mˌIkɹO",
    "multi": "mˌʌlti", "co": "kˌO", "sub": "sˌʌb", "semi": "sˌɛmi", "cyber": "sˌIbəɹ", "mega": "mˌɛɡə",
    "auto": "ˌɔɾO", "ultra": "ˌʌltɹə", "self": "sˌɛlf", "ex": "ˌɛks", "mid": "mˌɪd", "post": "pˌOst",
    "neuro": "nˌʊɹO", "bio": "bˌIO", "photo": "fˌOɾO", "tele": "tˌɛlə", "crypto": "kɹˌɪptO", "hyper": "hˌIpəɹ",
}  # fmt: skip


def _stems(stem: str) -> list[str]:
    """Spellings a verb or adjective may have had before -ed, -ing, -er was added: as is, +e, undoubled, i -> y."""
    found = [stem, stem + "e"]
    if (doubled := _DOUBLED.match(stem)) is not None:
        # "kisses" keeps its two s, "planned" does not: the undoubled spelling is only the second guess.
        found.insert(1, doubled.group(1))
    if stem.endswith("i"):
        found.insert(0, stem[:-1] + "y")
    return found


def _known(word: str) -> str | None:
    return lexicon.lookup(word) if len(word) > 2 else None


def _first_known(words: list[str]) -> str | None:
    return next((symbols for word in words if (symbols := _known(word)) is not None), None)


def _with_suffix(word: str) -> str | None:
    if word.endswith("'s") and (stem := derived_or_known(word[:-2])) is not None:
        return with_s(stem)
    if word.endswith("s'") and (stem := derived_or_known(word[:-1])) is not None:
        return stem
    if word.endswith("s") and not word.endswith("ss"):
        spellings = [word[:-1]]
        if word.endswith("es"):
            spellings.append(word[:-2])
        if word.endswith("ies"):
            spellings.insert(0, word[:-3] + "y")
        if (stem := _first_known(spellings)) is not None:
            return with_s(stem)
    if word.endswith("ed") and (stem := _first_known(_stems(word[:-2]))) is not None:
        return with_ed(stem)
    if word.endswith("ing") and (stem := _first_known(_stems(word[:-3]))) is not None:
        return with_ing(stem)
    if word.endswith("in'") and (stem := _known(word[:-1] + "g")) is not None:
        return stem[:-1] + "n"
    for ending, symbols in _ENDINGS.items():
        if len(word) > len(ending) + 2 and word.endswith(ending):
            stems = _stems(word[: -len(ending)]) if ending[0] in "aeiy" else [word[: -len(ending)]]
            if (stem := _first_known(stems)) is not None:
                return (_flapped(stem) if ending[0] in "aeiy" else stem) + symbols
    return None


def _with_prefix(word: str) -> str | None:
    for beginning, symbols in _BEGINNINGS.items():
        if word.startswith(beginning) and len(word) > len(beginning) + 3:
            rest = word[len(beginning) :]
            if (stem := _known(rest) or _with_suffix(rest)) is not None:
                return symbols + stem
    return None


def _compound(word: str) -> str | None:
    """Two listed words written as one; the second loses its main stress. The longest first part wins."""
    for cut in range(len(word) - 3, 2, -1):
        first, second = _known(word[:cut]), _known(word[cut:])
        if first is not None and second is not None:
            return first + second.replace("ˌ", "").replace("ˈ", "ˌ")
    return None


def derived(word: str) -> str | None:
    """The symbols of an unlisted `word` (lower case) from listed parts, or None."""
    return _with_suffix(word) or _with_prefix(word) or (_compound(word) if len(word) >= 7 else None)


def derived_or_known(word: str) -> str | None:
    """The symbols of `word` from the dictionary or from its parts, or None."""
    return lexicon.lookup(word) or derived(word)
