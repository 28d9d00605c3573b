"""Word and character errors of what a recogniser heard.

Before words are compared: lower case; apostrophes dropped, every other mark a space; digits as words (cardinals up
to 999,999); the spellings in VARIANTS taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

VARIANTS = {
    "mr": "mister", "mrs": "missus", "dr": "doctor", "st": "saint", "ok": "okay",
    "grey": "gray", "colour": "color", "neighbour": "neighbor", "favourite": "favorite", "harbour": "harbor",
    "theatre": "theater", "centre": "center", "programme": "program", "travelled": "traveled",
    "towards": "toward", "till": "until", "alright": "all right", "everyday": "every day", "anymore": "any more",
}  # fmt: skip
"""What is written in two ways and said in one."""

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_ONES += [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


@dataclass(frozen=True, slots=True)
class Errors:
    """Insertions, deletions and replacements, of how many words and characters."""

    words: int
    of_words: int
    characters: int
    of_characters: int

    def __add__(self, other: Errors) -> Errors:
        return Errors(
            self.words + other.words,
            self.of_words + other.of_words,
            self.characters + other.characters,
            self.of_characters + other.of_characters,
        )

    @property
    def wer_percent(self) -> float:
        """Word errors in percent of the words that were to be said."""
        return 100 * self.words / max(1, self.of_words)

    @property
    def cer_percent(self) -> float:
        """The same with characters, spaces between words included."""
        return 100 * self.characters / max(1, self.of_characters)


NONE = Errors(0, 0, 0, 0)


def compare(said: str, heard: str) -> Errors:
    """The errors in `heard`, if `said` is what was said."""
    truth, got = normal(said), normal(heard)
    truth_text, got_text = " ".join(truth), " ".join(got)
    return Errors(distance(truth, got), len(truth), distance(truth_text, got_text), len(truth_text))


def normal(text: str) -> list[str]:
    """The words as they are compared: see the top of this file."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower().replace("’", "'").replace("'", ""))
    text = re.sub(r"\d+", lambda digits: f" {number(int(digits[0]))} ", text)
    words = re.findall(r"[^\W_]+", text)
    return " ".join(VARIANTS.get(word, word) for word in words).split()


def number(value: int) -> str:
    """A cardinal in words; larger ones than 999,999 digit by digit."""
    if value > 999_999:
        return " ".join(_ONES[int(digit)] for digit in str(value))
    if value >= 1_000:
        return f"{number(value // 1_000)} thousand" + (f" {number(value % 1_000)}" if value % 1_000 else "")
    if value >= 100:
        return f"{_ONES[value // 100]} hundred" + (f" {number(value % 100)}" if value % 100 else "")
    if value >= 20:
        return _TENS[value // 10] + (f" {_ONES[value % 10]}" if value % 10 else "")
    return _ONES[value]


def distance(first: Sequence[str], second: Sequence[str]) -> int:
    """Fewest insertions, deletions and replacements that turn one into the other."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]
