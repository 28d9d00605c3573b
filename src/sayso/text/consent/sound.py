"""How alike two words or names are, as written and as they sound; language-blind and rough on purpose.

A recogniser that does not know a name writes another that sounds alike ("Zyphora" becomes "Zifora"), so
both are folded to a few classes of sounds, and confusing neighbours (d and t, two vowels) costs less than
confusing strangers.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

_VOWELS = frozenset("aeiou")
_SPELLINGS = [
    (r"\d+", ""),
    (r"^(?:kn|gn)", "n"),
    (r"^wr", "r"),
    (r"^ps", "s"),
    (r"^x", "s"),
    (r"sch|tsch|tch|sh|ch", "C"),
    (r"ck", "k"),
    (r"ph", "f"),
    (r"gh(?=t|$)", ""),
    (r"gh", "g"),
    (r"th", "t"),
    (r"qu?", "k"),
    (r"x", "ks"),
    (r"c(?=[eiy])", "s"),
    (r"c", "k"),
    (r"z", "s"),
    (r"j|dg", "j"),
    (r"y", "i"),
    (r"(?<=.)h", ""),
    (r"(?<=[^aeiou])e$", ""),
    (r"([a-zC])\1+", r"\1"),
    (r"([aeiou])[aeiou]+", r"\1"),
]
"""Rewritten one after another, on letters without accents."""
_COMPILED = [(re.compile(pattern), to) for pattern, to in _SPELLINGS]
_NEAR = [
    set("bp"),
    set("dt"),
    set("gk"),
    set("vfw"),
    set("sC"),
    set("jC"),
    set("sj"),
    set("mn"),
    set("lr"),
    set("gj"),
]

_VOWEL_FOR_VOWEL, _NEIGHBOUR, _VOWEL_MORE = 0.4, 0.5, 0.6


@functools.lru_cache(4096)
def folded(word: str) -> str:
    """How `word` (lower case, no accents) roughly sounds."""
    sound = word
    for pattern, to in _COMPILED:
        sound = pattern.sub(to, sound)
    return sound or word


@functools.lru_cache(65536)
def alike(first: str, second: str) -> float:
    """0 to 1: the better of as written and as it sounds. 1 is the same in either."""
    if first == second:
        return 1.0
    if not first or not second:
        return 0.0
    return max(_as_written(first, second), _as_it_sounds(folded(first), folded(second)))


def names_alike(first: Sequence[str], second: Sequence[str]) -> float:
    """`alike` for names of several words; where the spaces are does not matter ("say so" is "sayso")."""
    return alike("".join(first)[:80], "".join(second)[:80])


def _as_written(first: str, second: str) -> float:
    longer = max(len(first), len(second))
    if abs(len(first) - len(second)) > longer / 2:
        return 0.0
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return 1.0 - row[-1] / longer


def _as_it_sounds(first: str, second: str) -> float:
    longer = max(len(first), len(second))
    if abs(len(first) - len(second)) > longer / 2:
        return 0.0
    more = [_extra(b) for b in second]
    row = [0.0]
    for cost in more:
        row.append(row[-1] + cost)
    for a in first:
        less = _extra(a)
        diagonal, row[0] = row[0], row[0] + less
        for j, b in enumerate(second, 1):
            diagonal, row[j] = (
                row[j],
                min(row[j] + less, row[j - 1] + more[j - 1], diagonal + _instead(a, b)),
            )
    return 1.0 - row[-1] / max(sum(more), sum(map(_extra, first)))


def _extra(sound: str) -> float:
    return _VOWEL_MORE if sound in _VOWELS else 1.0


@functools.cache
def _instead(a: str, b: str) -> float:
    if a == b:
        return 0.0
    if a in _VOWELS and b in _VOWELS:
        return _VOWEL_FOR_VOWEL
    return _NEIGHBOUR if any(a in near and b in near for near in _NEAR) else 1.0
