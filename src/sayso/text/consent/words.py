"""Text -> words as they are compared: no case, no accents, no marks; where a sentence ends is remembered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that have no form without an accent."""

_LONG = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})

LONGEST = 40
"""Characters of a word that are kept; nobody says a longer one."""

_ACRONYM = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}(?:[^\W\d_](?![^\W_]))?")
_PIECE = re.compile(r"[^\W_]+|[.!?…。！？;:]+")
_APOSTROPHE = re.compile(r"[’'‘ʼ`´]")
_INSIDE_NUMBER = re.compile(r"(?<=\d)[.,:](?=\d)")


@dataclass(frozen=True, slots=True)
class Word:
    """One word, folded."""

    text: str
    ends: bool = False
    """A mark that ends a sentence, or a part of one, follows."""
    asks: bool = False
    """A question mark follows."""


def read(text: str, *, splits_at_apostrophes: bool = False) -> list[Word]:
    """The words of `text` in order. "isn't" is "isnt", or "isn", "t" where the language splits ("j'ai").

    Any string is taken: control characters are spaces, characters without width are dropped.
    """
    text = _folded(text)
    text = _APOSTROPHE.sub(" " if splits_at_apostrophes else "", text)
    text = _ACRONYM.sub(lambda found: found[0].replace(".", "") + " ", text)
    text = _INSIDE_NUMBER.sub(" ", text)
    words: list[Word] = []
    for piece in _PIECE.findall(text):
        if piece[0].isalnum():
            words.append(Word(piece[:LONGEST]))
        elif words:
            words[-1] = Word(words[-1].text, True, words[-1].asks or "?" in piece or "？" in piece)
    return words


def texts(text: str, *, splits_at_apostrophes: bool = False) -> tuple[str, ...]:
    """Like `read`, the words alone."""
    return tuple(word.text for word in read(text, splits_at_apostrophes=splits_at_apostrophes))


def spelt(names: Iterable[str]) -> list[str]:
    """`names`, and how those with an umlaut are written without one: "Mueller"."""
    found: list[str] = []
    for name in names:
        composed = unicodedata.normalize("NFC", name.casefold())
        found += [name] if (long := composed.translate(_LONG)) == composed else [name, long]
    return found


def _folded(text: str) -> str:
    """Compatibility forms and case folded, accents gone."""
    # One accented letter more than kept would be: what is thrown away must not cost time first.
    kept = []
    for char in unicodedata.normalize("NFKD", text.casefold()):
        category = unicodedata.category(char)
        if category in ("Mn", "Cf"):
            continue
        kept.append(" " if category[0] in "CZ" else char)
    return "".join(kept).translate(_PLAIN)
