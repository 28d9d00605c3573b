"""Texts without marks get those that were heard: where a reader pauses is no matter of taste to who learns from it.

Transcripts of old corpora, and of many recognisers, are words alone. Read that way a sentence of 15 s has not one
pause; what is said in the recording has several, and they would be learnt as slow words.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from sayso.text.english import abbreviations

_ANY = re.compile(r"[^\W_][\"'”’)\]]*[,;:.?!…—–]+[\"'”’)\]]*(?:\s|$)|\s[—–-]+\s")
_MARK = re.compile(r"([,;:.?!])[\"'”’)\]]*$")
_CLOSING = "\"'”’)]"
_ABBREVIATED = frozenset(abbreviations.TITLES) | frozenset(abbreviations.WITHOUT_DOT)
_FEWEST = 5
"""Words of a text that would have a mark somewhere."""


def lacks_marks(text: str) -> bool:
    """Whether `text` has no mark behind any of its words, though it is long enough for one."""
    return len(text.split()) >= _FEWEST and _ANY.search(text) is None


def marked(text: str, heard: str) -> str:
    """`text` with the marks of `heard`, a recogniser's reading of the same sound; as it is where it has any itself.

    Only marks are taken over, never a word.
    """
    if not lacks_marks(text):
        return text
    words, others = text.split(), heard.split()
    pairs = difflib.SequenceMatcher(None, [*map(_bare, words)], [*map(_bare, others)], autojunk=False)
    for kind, _, end, start, stop in pairs.get_opcodes():
        if kind == "equal":
            first = end - (stop - start)
            for k in range(stop - start):
                words[first + k] += _mark(words[first + k], others, start + k)
        elif kind == "replace":
            # "sixteen sixty-five" for "1665,": a mark behind both is behind both.
            words[end - 1] += _mark(words[end - 1], others, stop - 1)
    if words and _MARK.search(words[-1]) is None:
        words[-1] += "."
    return " ".join(words)


def _mark(word: str, others: Sequence[str], at: int) -> str:
    """What stands behind the heard word `at` and does not behind `word`; nothing where it belongs to the word."""
    other = others[at]
    found = _MARK.search(other)
    if found is None or _MARK.search(word) is not None or other.rstrip(_CLOSING).endswith(("..", "…")):
        return ""
    mark = found.group(1)
    if mark == "." and at + 1 < len(others) and not (_ends_sentence(other) and others[at + 1][:1].isupper()):
        return ""
    return mark


def _ends_sentence(word: str) -> bool:
    """Whether the dot behind `word` is one: not in "Mr.", "J.", "p.m."."""
    name = _bare(word)
    inner = word.rstrip(_CLOSING).rstrip(".")
    return len(name) > 1 and "." not in inner and name not in _ABBREVIATED


def _bare(word: str) -> str:
    return re.sub(r"[\W_]+", "", word).casefold()
