"""Inflected words the dictionary lacks, built from stems it has: plurals, possessives, -ed, -ing.

Other endings, prefixes and compounds are left to the letter model: on words it had never seen it was right more
often than rules for them (compounds 57 to 22 %, prefixes 65 to 41 %, endings 83 to 62 %; `docs/lab/text.md`).
"""

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
    return None


def derived(word: str) -> str | None:
    """The symbols of an unlisted `word` (lower case) from a listed stem, or None."""
    return _with_suffix(word)


def derived_or_known(word: str) -> str | None:
    """The symbols of `word` from the dictionary or from its stem, or None."""
    return lexicon.lookup(word) or derived(word)
