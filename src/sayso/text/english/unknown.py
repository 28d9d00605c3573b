"""A guess at the sound of a word that neither the dictionary nor its parts know.

A joint n-gram model over pairs of letters and phones, trained by `scripts/make_letter_sounds.py` on the
dictionary: the word is covered with pairs from left to right, and of all coverings the likeliest found by a
beam search wins. It always answers: letters that no pair covers are passed over.
"""

from __future__ import annotations

import lzma
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate

from sayso.text.english.arpabet import is_vowel, to_symbols

_BEAM = 12
_END = 0
_LONGEST = 40
"""Letters of one guess; longer strings are guessed in parts, so that time grows with length only."""


@dataclass(frozen=True, slots=True)
class _Level:
    """All n-grams of one length, in sorted order."""

    symbols: array[int]
    """Last pair of each n-gram."""
    scores: array[int]
    """16 x (natural logarithm of its probability + 13.9), 0 to 255."""
    backoffs: array[int]
    """The same for what its history passes on; empty at the longest length."""
    first_child: list[int]
    """Where its continuations begin in the next level, and one past the last."""


class LetterModel:
    """The model as read from its file."""

    def __init__(self, packed: bytes) -> None:
        data = memoryview(lzma.decompress(packed))
        size = int.from_bytes(data[:4], "little")
        self.pairs: list[tuple[str, tuple[str, ...]]] = [("", ())]
        for line in bytes(data[4 : 4 + size]).decode().split("\n"):
            letters, *phones = line.split(" ")
            self.pairs.append((letters, tuple(phone for phone in phones if phone)))
        self.by_letters: dict[str, list[int]] = {}
        for number, (letters, _) in enumerate(self.pairs[1:], 1):
            self.by_letters.setdefault(letters, []).append(number)
        order, position = data[4 + size], 5 + size
        self.levels: list[_Level] = []
        for n in range(1, order + 1):
            count = int.from_bytes(data[position : position + 4], "little")
            position += 4
            columns: list[array[int]] = []
            for kind in "HBBH" if n < order else "HB":
                column = array(kind)
                column.frombytes(data[position : position + count * column.itemsize])
                position += count * column.itemsize
                columns.append(column)
            symbols, scores, *rest = columns
            children = list(accumulate(rest[1], initial=0)) if rest else []
            self.levels.append(_Level(symbols, scores, rest[0] if rest else array("B"), children))
        self._found: dict[tuple[int, ...], int] = {}

    def _find(self, gram: tuple[int, ...]) -> int:
        """Where `gram` stands in its level, or -1."""
        known = self._found.get(gram)
        if known is not None:
            return known
        if len(self._found) > 200_000:
            self._found.clear()
        level = self.levels[len(gram) - 1]
        low, high = 0, len(level.symbols)
        if len(gram) > 1:
            parent = self._find(gram[:-1])
            if parent < 0:
                self._found[gram] = -1
                return -1
            starts = self.levels[len(gram) - 2].first_child
            low, high = starts[parent], starts[parent + 1]
        at = bisect_left(level.symbols, gram[-1], low, high)
        found = at if at < high and level.symbols[at] == gram[-1] else -1
        self._found[gram] = found
        return found

    def _score(self, history: tuple[int, ...], symbol: int) -> float:
        """Natural logarithm of P(symbol | history)."""
        passed = 0.0
        while True:
            gram = (*history, symbol)
            at = self._find(gram)
            if at >= 0:
                return passed + self.levels[len(gram) - 1].scores[at] / 16 - 13.9
            if not history:
                return passed - 13.9
            at = self._find(history)
            if at >= 0:
                passed += self.levels[len(history) - 1].backoffs[at] / 16 - 13.9
            history = history[1:]

    def phones(self, word: str) -> list[str]:
        """The likeliest ARPAbet phones of `word`, letters a to z; other characters are passed over."""
        longest = len(self.levels) - 1
        beams: list[dict[tuple[int, ...], tuple[float, tuple[str, ...]]]] = [{} for _ in range(len(word) + 1)]
        beams[0][(_END,)] = (0.0, ())
        for i in range(len(word)):
            best = sorted(beams[i].items(), key=lambda item: -item[1][0])[:_BEAM]
            reached = False
            for size in (1, 2):
                for pair in self.by_letters.get(word[i : i + size], []) if i + size <= len(word) else []:
                    reached = True
                    sounds = self.pairs[pair][1]
                    for history, (score, said) in best:
                        total = score + self._score(history, pair)
                        key = (*history, pair)[-longest:]
                        rival = beams[i + size].get(key)
                        if rival is None or rival[0] < total:
                            beams[i + size][key] = (total, said + sounds)
            if not reached:
                for history, value in best:
                    beams[i + 1].setdefault(history, value)
        finals = [(score + self._score(history, _END), said) for history, (score, said) in beams[-1].items()]
        return list(max(finals)[1]) if finals else []


@cache
def _model() -> LetterModel:
    return LetterModel(resources.files("sayso.text.english").joinpath("data/letter_sounds.xz").read_bytes())


def stressed(phones: list[str]) -> list[str]:
    """`phones` with exactly one main stress, for a word must have one: the first of several, else the first vowel."""
    mains = [i for i, phone in enumerate(phones) if phone.endswith("1")]
    if not mains:
        vowels = [i for i, phone in enumerate(phones) if is_vowel(phone)]
        full = [i for i in vowels if phones[i][:2] not in ("AH", "ER", "IH")] or vowels
        mains = full[:1]
    fixed = [phone[:2] + "2" if i in mains[1:] else phone for i, phone in enumerate(phones)]
    return [phone[:2] + "1" if i == mains[0] else phone for i, phone in enumerate(fixed)] if mains else fixed


def guess(word: str) -> str:
    """Engine symbols for `word` of the letters a to z, never empty unless `word` is."""
    symbols = ""
    for start in range(0, len(word), _LONGEST):
        part = word[start : start + _LONGEST]
        symbols += to_symbols(stressed(_model().phones(part)), part)
    return symbols
