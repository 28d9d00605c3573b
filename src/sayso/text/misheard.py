"""What a recogniser heard against what was said: errors in words and characters, and which words went wrong.

For sentences of our own, in plain words: case, marks and the British or American spelling of a few words are taken for the
same; figures are not spelt out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SAME = {
    "harbour": "harbor",
    "colour": "color",
    "neighbour": "neighbor",
    "grey": "gray",
    "ok": "okay",
    "theatre": "theater",
}


@dataclass(frozen=True, slots=True)
class Misheard:
    """Errors are words (characters) that were added, left out or replaced."""

    word_errors: int
    words: int
    character_errors: int
    characters: int
    pairs: tuple[tuple[str, str], ...]
    """(said, heard) where they differ; either may be empty, or several words."""


def compare(said: str, heard: str) -> Misheard:
    """The errors in `heard`, if `said` is what was said."""
    truth, got = _words(said), _words(heard)
    steps = _steps(truth, got)
    spelt, read = " ".join(truth), " ".join(got)
    wrong = sum(kind != "=" for kind, _, _ in steps)
    characters = sum(kind != "=" for kind, _, _ in _steps(spelt, read))
    return Misheard(wrong, len(truth), characters, len(spelt), tuple(_pairs(steps)))


def _words(text: str) -> list[str]:
    found = re.findall(r"[^\W_]+", text.lower().replace("’", "'").replace("'", ""))
    return [_SAME.get(word, word) for word in found]


def _steps(first: Sequence[str], second: Sequence[str]) -> list[tuple[str, str, str]]:
    """The fewest steps from one to the other: (= replace add drop, item of the first, item of the second)."""
    rows = [list(range(len(second) + 1))]
    for i, a in enumerate(first, 1):
        row = [i]
        for j, b in enumerate(second, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b)))
        rows.append(row)
    i, j, steps = len(first), len(second), []
    while i or j:
        if i and j and rows[i][j] == rows[i - 1][j - 1] + (first[i - 1] != second[j - 1]):
            i, j = i - 1, j - 1
            steps.append(("=" if first[i] == second[j] else "replace", first[i], second[j]))
        elif i and rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
            steps.append(("drop", first[i], ""))
        else:
            j -= 1
            steps.append(("add", "", second[j]))
    return steps[::-1]


def _pairs(steps: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Neighbouring differences together."""
    pairs: list[tuple[list[str], list[str]]] = []
    goes_on = False
    for kind, a, b in steps:
        if kind == "=":
            goes_on = False
            continue
        if not goes_on:
            pairs.append(([], []))
        goes_on = True
        pairs[-1][0].extend([a] if a else [])
        pairs[-1][1].extend([b] if b else [])
    return [(" ".join(a), " ".join(b)) for a, b in pairs]
