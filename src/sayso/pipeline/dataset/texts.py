"""What was given and what was heard: how far they agree, and which piece of a recording says which words."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Sequence

from sayso.text.english.normalise import spoken


def agreement(given: str, heard: str, language: str | None) -> float:
    """0 to 1: how much two texts have in common, by words in order; numbers and signs as they are spoken, in English."""
    a, b = _words(given, language), _words(heard, language)
    if not a and not b:
        return 0.0
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()


def shared_out(given: str, heard: Sequence[str]) -> list[str]:
    """`given`, the text of a whole recording, in one part for each of its pieces, in which `heard` was understood.

    Nothing is lost, and nothing said twice: words between two that surely belong to a piece go to the first.
    """
    words = given.split()
    bare = [_bare(word) for word in words]
    owners: list[int] = []
    tokens: list[str] = []
    for i, text in enumerate(heard):
        for word in text.split():
            owners.append(i)
            tokens.append(_bare(word))
    belongs: list[int | None] = [None] * len(words)
    for a, b, size in difflib.SequenceMatcher(None, bare, tokens, autojunk=False).get_matching_blocks():
        for k in range(size):
            belongs[a + k] = owners[b + k]
    parts: list[list[str]] = [[] for _ in heard]
    # What comes before the first sure word is of the first piece that has any.
    at = next((owner for owner in belongs if owner is not None), 0)
    for word, owner in zip(words, belongs, strict=True):
        at = max(at, owner if owner is not None else at)
        parts[at].append(word)
    return [" ".join(part) for part in parts]


@functools.lru_cache(maxsize=256)
def _words(text: str, language: str | None) -> tuple[str, ...]:
    if language == "en":
        text = spoken(text)
    return tuple(re.findall(r"[^\W_]+", text.replace("'", "").replace("’", "").casefold()))


def _bare(word: str) -> str:
    return re.sub(r"[\W_]+", "", word).casefold()
