"""What `say-as` asks for: a text and what it is -> its spoken words.

Each function raises ValueError with what it expected. Words are spelled as in `normalise`: lower case, a capital for a
letter's name, "," for a short pause.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from sayso.text.english.abbreviations import MONTHS
from sayso.text.english.fold import fold
from sayso.text.english.normalise import tokens
from sayso.text.english.numbers import cardinal, digits, ordinal_of, written_number, year
from sayso.text.english.wording import roman

Words = tuple[str, ...]

_SIGNS = {
    ".": "dot", ",": "comma", "-": "dash", "–": "dash", "—": "dash", "_": "underscore", "/": "slash", "\\": "backslash",
    "@": "at", "#": "hash", "&": "and", "+": "plus", "=": "equals", "*": "star", "%": "percent", "$": "dollar", "€": "euro",
    "£": "pound", "!": "exclamation mark", "?": "question mark", ":": "colon", ";": "semicolon", "'": "apostrophe",
    "’": "apostrophe", '"': "quote", "(": "open parenthesis", ")": "close parenthesis", "[": "open bracket",
    "]": "close bracket", "{": "open brace", "}": "close brace", "<": "less than", ">": "greater than", "~": "tilde",
    "^": "caret", "|": "bar", "`": "backtick", "°": "degree",
}  # fmt: skip
_MONTH_NAMES = list(MONTHS)


def words_of(text: str) -> Words:
    """`text` as the front end reads it, marks with a pause as ","."""
    words: list[str] = []
    for token in tokens(text):
        words += token.spoken
        if set(token.trailing) & set(",.;:!?—…"):
            words.append(",")
    while words and words[-1] == ",":
        words.pop()
    return tuple(words)


def characters(text: str) -> Words:
    """Each letter, digit and sign by its name."""
    words: list[str] = []
    for char in fold(text).text:
        bare = unicodedata.normalize("NFD", char)[0]
        if char.isspace():
            if words and words[-1] != ",":
                words.append(",")
        elif bare.isascii() and bare.isalpha():
            words.append(bare.upper())
        elif char.isdecimal():
            words += digits(char)
        elif char in _SIGNS:
            words += _SIGNS[char].split()
    if not words:
        raise ValueError("expected at least one letter, digit or sign that has a name")
    return _trimmed(words)


def each_digit(text: str) -> Words:
    """Digits one by one; letters by their names, everything between them is a pause."""
    words: list[str] = []
    for char in fold(text).text:
        if char.isdecimal():
            words += digits(char)
        elif char.isascii() and char.isalpha():
            words.append(char.upper())
        elif words and words[-1] != ",":
            words.append(",")
    if not any(char.isdecimal() for char in text):
        raise ValueError("expected digits")
    return _trimmed(words)


def number(text: str) -> Words:
    """Cardinal: 1234 is one thousand two hundred thirty four, whatever it looks like."""
    written = fold(text).text.strip()
    match = re.fullmatch(r"(?P<sign>[+-]?)\s*(?P<amount>[\d,. ]*\d)", written)
    amount = None if match is None else match["amount"].replace(" ", "").replace(",", "")
    if match is None or amount is None or not re.fullmatch(r"\d*\.?\d+", amount):
        if written and (value := roman(written.upper())):
            return tuple(cardinal(value))
        raise ValueError('expected a number, such as "1,234" or "-0.5"')
    whole, point, fraction = amount.partition(".")
    sign = {"-": ["minus"], "+": ["plus"]}.get(match["sign"], [])
    return (*sign, *(cardinal(int(whole)) if whole else []), *written_number(point + fraction))


def rank(text: str) -> Words:
    """Ordinal: 3, 3rd and III are third."""
    written = re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", fold(text).text.strip().lower())
    words = list(number(written))
    if "point" in words:
        raise ValueError('expected a whole number, such as "3" or "21st"')
    return tuple(ordinal_of(words))


def telephone(text: str) -> Words:
    """Digit by digit in the groups it is written in; ten digits without groups are 3, 3 and 4."""
    written = fold(text).text.strip()
    main, _, extension = re.sub(r"(?i)\s*(?:ext(?:ension)?\.?|x)\s*(?=\d)", "\n", written, count=1).partition(
        "\n"
    )
    groups = re.findall(r"\d+|[A-Za-z]+", main)
    if len(groups) == 1 and groups[0].isdigit():
        groups = _phone_groups(groups[0])
    if not any(group.isdigit() for group in groups):
        raise ValueError('expected a telephone number, such as "+1 555 010 0123"')
    words = ["plus"] if main.startswith("+") else []
    for i, group in enumerate(groups):
        words += [","] if i else []
        words += (
            digits(group) if group.isdigit() else ([group.lower()] if len(group) > 3 else list(group.upper()))
        )
    if extension:
        words += [",", "extension", *digits(extension)]
    return tuple(words)


def _phone_groups(number: str) -> list[str]:
    sizes = {7: (3, 4), 10: (3, 3, 4), 11: (1, 3, 3, 4)}.get(len(number))
    if sizes is None:
        sizes = tuple(min(3, len(number) - at) for at in range(0, len(number), 3))
    groups, at = [], 0
    for size in sizes:
        groups.append(number[at : at + size])
        at += size
    return groups


def date(text: str, form: str = "") -> Words:
    """A date; `form` tells the order of its numbers: `mdy`, `dmy`, `ymd`, `md`, `dm`, `ym`, `my`, `y`, `m` or `d`."""
    written = fold(text).text.strip()
    expected = f'expected a date{f" in the order {form}" if form else ""}, such as "2024-03-01"'
    order = re.sub(r"(.)\1+", r"\1", form.lower())
    if order and order not in _ORDERS:
        raise ValueError(f"the format {form!r} is none of {', '.join(_ORDERS)}")
    if not re.fullmatch(r"\d+(?:[-/. ]+\d+)*", written):
        words = words_of(text)
        if not words or not any(char.isdigit() for char in written):
            raise ValueError(expected)
        return words
    parts = re.findall(r"\d+", written)
    if len(parts) == 1 and order and len(order) > 1:
        parts = _run_together(parts[0], form.lower(), order)
    order = order or _likely(parts)
    if len(parts) != len(order):
        raise ValueError(expected)
    values = dict(zip(order, parts, strict=True))
    month, day = int(values.get("m", 1)), int(values.get("d", 1))
    if not (1 <= month <= 12 and 1 <= day <= 31):
        raise ValueError(expected)
    return _date_words(values)


_ORDERS = ("mdy", "dmy", "ymd", "ydm", "md", "dm", "ym", "my", "d", "m", "y")


def _run_together(run: str, form: str, order: str) -> list[str]:
    """`20240301` in `yyyymmdd`."""
    sizes = [form.count(part) if len(form) > len(order) else (4 if part == "y" else 2) for part in order]
    if sum(sizes) != len(run):
        return [run]
    return [run[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(len(sizes))]


def _likely(parts: list[str]) -> str:
    if len(parts) == 1:
        return "y"
    if len(parts) == 2:
        return "ym" if len(parts[0]) == 4 else "my" if len(parts[1]) == 4 else "md"
    if len(parts[0]) == 4:
        return "ymd"
    return "dmy" if int(parts[0]) > 12 else "mdy"


def _date_words(values: dict[str, str]) -> Words:
    words: list[str] = []
    if "m" in values:
        words.append(_MONTH_NAMES[int(values["m"]) - 1])
    if "d" in values:
        words += ordinal_of(cardinal(int(values["d"])))
    if "y" in values:
        in_year = int(values["y"])
        if len(values["y"]) == 2:
            in_year += 2000 if in_year < 50 else 1900
        words += [*([","] if "d" in values else []), *year(in_year)]
    return tuple(words)


def time(text: str, form: str = "") -> Words:
    """A time of the day; with the format `hms12` or `hms24`, or as it is written."""
    written = fold(text).text.strip()
    match = re.fullmatch(
        r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?(?::(?P<second>\d{2}))?\s*(?P<half>[ap])?\.?\s?(?:m\.?)?",
        written,
        re.IGNORECASE,
    )
    expected = 'expected a time, such as "14:30" or "2:30 pm"'
    if match is None:
        raise ValueError(expected)
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    half = (match["half"] or "").upper()
    if hour > 24 or minute > 59 or second > 59:
        raise ValueError(expected)
    if form.lower().startswith("hms12") and not half and match["minute"] is None and hour > 12:
        raise ValueError(expected)
    if form.lower().startswith("hms12") and (hour > 12 or hour == 0):
        half, hour = ("P" if hour >= 12 and hour < 24 else "A"), (hour - 1) % 12 + 1
    words = cardinal(hour)
    if minute:
        words += ["oh", *cardinal(minute)] if minute < 10 else cardinal(minute)
    elif not half:
        words += ["o'clock"] if 1 <= hour <= 12 else ["hundred"] if hour else ["hundred", "hours"]
    if second:
        words += ["and", *cardinal(second), "second" if second == 1 else "seconds"]
    return (*words, *([half, "M"] if half else []))


def _plain(text: str) -> Words:
    words = words_of(text)
    if not words:
        raise ValueError("expected something that can be read")
    return words


KINDS: dict[str, Callable[[str], Words]] = {
    "characters": characters, "character": characters, "spell-out": characters, "verbatim": characters,
    "letters": characters, "acronym": characters, "digits": each_digit, "digit": each_digit, "cardinal": number,
    "number": number, "ordinal": rank, "telephone": telephone, "phone": telephone, "date": date, "time": time,
    "fraction": _plain, "unit": _plain, "currency": _plain, "money": _plain, "address": _plain, "measure": _plain,
}  # fmt: skip
"""`interpret-as` -> its function; `date` and `time` also take a format."""


def said_as(text: str, kind: str, form: str = "") -> Words:
    """The words of `text` as a `kind` of `KINDS`. Raises ValueError with what was expected, KeyError for another kind."""
    kind = kind.lower()
    if kind == "date":
        return date(text, form)
    if kind == "time":
        return time(text, form)
    return KINDS[kind](text)


def _trimmed(words: list[str]) -> Words:
    while words and words[-1] == ",":
        words.pop()
    return tuple(words)
