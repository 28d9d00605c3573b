"""What of a text can be said: Latin letters, digits, and those Greek letters and signs that have English names.

Emoji, ornaments and the like are passed over in silence, which nobody minds. A word of another script is not: who hears
the rest would not know that it is missing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from sayso.text.english.abbreviations import LETTERS_OF_GREEK, MOST_LETTERS_OF_GREEK
from sayso.text.english.fold import fold, plain_letters
from sayso.text.english.normalise import tokens
from sayso.text.english.unspoken import unspoken

_LONGEST_SHOWN = 40
"""Characters of a word that are shown; some scripts have no spaces."""
_SLICE = 200
"""Characters of a word that are read at once."""
_FACES = re.compile(r"(?<=\()ツ(?=\))|ಠ[_.]+ಠ")
"""Made of letters, but no words: the shrug, the look of disapproval."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_KIND = re.compile(
    r"\b(?:SMALL|CAPITAL|FINAL|LETTER|SYLLABLE|IDEOGRAPH|CHARACTER|LIGATURE|SIGN|VOWEL|HIEROGLYPH)\b.*|-.*"
)
_EAST = {
    "CJK UNIFIED": "Chinese characters",
    "CJK COMPATIBILITY": "Chinese characters",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
}


@dataclass(frozen=True, slots=True)
class Foreign:
    """A word that is not said."""

    text: str
    """As it is written; the beginning of a long one."""
    script: str
    """What it is written in: "Cyrillic", "Japanese"."""


def is_sayable(text: str) -> bool:
    """Whether anything in `text` is said."""
    said = fold(text).text
    said = _without(said, unspoken(said))
    # Slice by slice: nearly always the first one answers, however long the text or a word without a space is.
    return any(
        tokens(word[start : start + _SLICE]) for word in said.split() for start in range(0, len(word), _SLICE)
    )


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with spaces in place of `spans`."""
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def foreign_word(text: str, passed_over: Iterable[tuple[int, int]] = ()) -> Foreign | None:
    """The first word in `text` with letters that are not said; None in a text that is said whole.

    `passed_over` are stretches for which something else is said. Letters that stand for a thing, such as the alef of
    set theory (a "symbol" to Unicode), are signs.
    """
    if _NOT_ASCII.search(text) is None:
        return None
    faces = [match.span() for match in _FACES.finditer(text)]
    text = _without(text, (*passed_over, *faces))
    for match in re.finditer(r"\S+", text):
        if _NOT_ASCII.search(match[0]) is not None and (found := _in_word(match[0])) is not None:
            return found
    return None


def _in_word(word: str) -> Foreign | None:
    """The part of `word`, which has no space, from its first letter that is not said to its next mark."""
    at = 0
    while at < len(word):
        if not _is_foreign(word[at]):
            at += 1
            continue
        end = at
        while end < len(word) and unicodedata.category(word[end])[0] in "LM":
            end += 1
        run = word[at:end]
        if (size := _letters_of_formula(run)) > 0:
            at += size
            continue
        start = at
        while start and unicodedata.category(word[start - 1])[0] in "LM":
            start -= 1
        shown = word[start:end]
        return Foreign(shown if len(shown) <= _LONGEST_SHOWN else shown[:_LONGEST_SHOWN] + "…", _script(run))
    return None


def _letters_of_formula(run: str) -> int:
    """How many letters `run` begins with that are Greek said by name, as in Δx and ΔΣ; 0 for a word of Greek."""
    size = next((i for i, char in enumerate(run) if char not in LETTERS_OF_GREEK), len(run))
    is_word = size > MOST_LETTERS_OF_GREEK or any(_is_foreign(char) for char in run[size : size + 1])
    return 0 if is_word else size


@lru_cache(maxsize=4_096)
def _is_foreign(char: str) -> bool:
    """Whether `char` is a letter of another script; Greek that has names is, too, for it is no word."""
    if char.isascii() or unicodedata.category(char) not in ("Lu", "Ll", "Lt", "Lo"):
        return False
    name = unicodedata.name(char, "")
    if name.startswith("LATIN") or name.endswith("SYMBOL"):
        return False
    return not plain_letters(unicodedata.normalize("NFKC", char))


def _script(run: str) -> str:
    names = [unicodedata.name(char, "") for char in run]
    # Japanese mixes Chinese characters with its own; the kana tell which it is.
    for prefix in ("HIRAGANA", "KATAKANA", "HANGUL"):
        if any(name.startswith(prefix) for name in names):
            return _EAST[prefix]
    for prefix, script in _EAST.items():
        if names[0].startswith(prefix):
            return script
    return _KIND.sub("", names[0]).strip().title() or "another script"
