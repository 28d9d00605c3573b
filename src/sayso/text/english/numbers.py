"""Whole numbers -> English words. American: no "and" inside, "oh" for a zero in the middle of a year."""

from __future__ import annotations

import re

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
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
_TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = [
    "_",
    "thousand",
    "million",
    "billion",
    "trillion",
    "quadrillion",
    "quintillion",
    "sextillion",
    "septillion",
    "octillion",
    "nonillion",
    "decillion",
]
_IRREGULAR_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
LARGEST = 10 ** (3 * len(_SCALES)) - 1
"""The largest number that has words here; larger ones are read digit by digit."""


def _below_thousand(n: int) -> list[str]:
    words: list[str] = []
    if n >= 100:
        words += [_SMALL[n // 100], "hundred"]
        n %= 100
    if n >= 20:
        words.append(_TENS[n // 10])
        n %= 10
        if n:
            words.append(_SMALL[n])
    elif n:
        words.append(_SMALL[n])
    return words


def cardinal(n: int) -> list[str]:
    """1234 -> one thousand two hundred thirty four. Negative numbers begin with "minus"."""
    if n < 0:
        return ["minus", *cardinal(-n)]
    if n == 0:
        return ["zero"]
    if n > LARGEST:
        return digits(str(n))
    words: list[str] = []
    for power in range(len(_SCALES) - 1, -1, -1):
        group = n // 1000**power % 1000
        if group:
            words += _below_thousand(group)
            if power:
                words.append(_SCALES[power])
    return words


def ordinal_of(words: list[str]) -> list[str]:
    """The ordinal of a number in words: twenty one -> twenty first."""
    last = words[-1]
    if last in _IRREGULAR_ORDINALS:
        last = _IRREGULAR_ORDINALS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    elif last.endswith("t"):
        last += "h"
    else:
        last += "th"
    return [*words[:-1], last]


def ordinal(n: int) -> list[str]:
    """21 -> twenty first."""
    return ordinal_of(cardinal(n))


def year(n: int) -> list[str]:
    """1984 -> nineteen eighty four, 1905 -> nineteen oh five, 2000 -> two thousand, 2024 -> twenty twenty four."""
    if not 1000 <= n <= 9999 or n % 1000 < 10:
        return cardinal(n)
    century, rest = divmod(n, 100)
    if rest == 0:
        return [*_below_thousand(century), "hundred"]
    if rest < 10:
        return [*_below_thousand(century), "oh", _SMALL[rest]]
    return [*_below_thousand(century), *_below_thousand(rest)]


def digits(text: str, zero: str = "zero") -> list[str]:
    """Each digit of `text` by itself; everything else in `text` is passed over."""
    return [zero if c == "0" else _SMALL[int(c)] for c in text if c in "0123456789"]


def plural_of(words: list[str]) -> list[str]:
    """The plural of a number in words, for decades: nineteen ninety -> nineteen nineties."""
    last = words[-1]
    if last.endswith("y"):
        last = last[:-1] + "ies"
    else:
        last += "es" if last.endswith("x") else "s"
    return [*words[:-1], last]


def written_number(text: str) -> list[str]:
    """A number with decimals and thousands set off, as written -> words: 1,234.5, 1'234.5, .5, 007."""
    whole, _, fraction = text.replace(",", "").replace("'", "").partition(".")
    words: list[str] = []
    if whole:
        words = (
            digits(whole) if (len(whole) > 1 and whole[0] == "0") or len(whole) > 18 else cardinal(int(whole))
        )
    if fraction:
        words += ["point", *digits(fraction)]
    return words


def year_like(text: str) -> list[str]:
    """Four bare digits the way years and hundreds are read; every other number as it is."""
    if re.fullmatch(r"\d{4}", text) and (1010 <= int(text) <= 2199):
        return year(int(text))
    return written_number(text)
