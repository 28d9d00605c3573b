"""Written text -> tokens with the words that are spoken for them.

The text is folded to one spelling, then read from left to right: at each place the first rule whose
pattern fits says which words are spoken. What no rule knows is passed over in silence (emoji, other scripts).

A spoken word is in lower case, or one capital letter that is said by its name ("B"), with `'s` when it is a
plural ("C D's"). A comma among the words is a short pause, as between the groups of a phone number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sayso.text.english import abbreviations as known
from sayso.text.english import lexicon
from sayso.text.english.fold import fold, plain_letters
from sayso.text.english.numbers import cardinal, digits, ordinal, ordinal_of, plural_of, year
from sayso.text.english.web import spoken_address

PUNCTUATION = frozenset(';:,.!?—…"()“” ')
"""Everything that may stand in `trailing`."""


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of the text and what is said for it."""

    text: str
    """The original slice `[start:end]`."""
    start: int
    end: int
    spoken: tuple[str, ...]
    """At least one word; see the module's text for their spelling."""
    trailing: str
    """Marks and spaces up to the next token, from `PUNCTUATION`."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a rule is asked: the folded text, and what was said just before."""

    text: str
    before: str
    """The spelling of the token before, as folded; empty at the start."""
    shouted: bool
    """The whole text is in capitals, so capitals mean nothing."""


_Rule = Callable[[re.Match[str], _Place], list[str] | None]

_MONTH = (
    r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?\.?|July?\.?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_MINUS = r"(?:(?<![\w)])-(?=[\d.$£€]))?"
_END = r"(?![\w])"
_MONTH_BY_PREFIX = {name[:3]: name for name in known.MONTHS}
_MONTH_NAMES = list(known.MONTHS)
_PER = {
    "month": "month", "mo": "month", "year": "year", "yr": "year", "day": "day", "hour": "hour", "hr": "hour", "h": "hour",
    "week": "week", "wk": "week", "person": "person", "kg": "kilogram", "lb": "pound", "night": "night", "user": "user",
    "unit": "unit", "minute": "minute", "min": "minute", "second": "second", "s": "second", "sec": "second", "gal": "gallon",
    "sq ft": "square foot", "mile": "mile", "km": "kilometer", "month.": "month", "GB": "gigabyte",
}  # fmt: skip


def _number(text: str) -> list[str]:
    """A number with thousands commas and decimals -> words."""
    whole, _, fraction = text.replace(",", "").partition(".")
    words: list[str] = []
    if whole:
        words = (
            digits(whole) if (len(whole) > 1 and whole[0] == "0") or len(whole) > 18 else cardinal(int(whole))
        )
    if fraction:
        words += ["point", *digits(fraction)]
    return words


def _year_like(text: str) -> list[str]:
    """Four bare digits the way years and hundreds are read; every other number as it is."""
    if re.fullmatch(r"\d{4}", text) and (1010 <= int(text) <= 2199):
        return year(int(text))
    return _number(text)


def _is_one(text: str) -> bool:
    return text in ("1", "1.0", "1.00")


def _split(words: str) -> list[str]:
    return words.split()


# --- money -----------------------------------------------------------------------------------------------


_ADJECTIVAL = r" (?:bills?|notes?|coins?|fees?|fines?|tips?|prizes?|budgets?|deals?|tickets?|bets?|loans?|checks?|rewards?|gifts?|discounts?|vouchers?|bonus)\b"
"""A sum before these is an adjective: a five dollar bill."""


def _money(match: re.Match[str], place: _Place) -> list[str] | None:
    one, many, cent, cents = known.CURRENCIES[match["sign"]]
    amount, scale = match["amount"], match["scale"]
    upper, upper_scale = match["upper"], match["upper_scale"]
    words = ["minus"] if match["minus"] else []
    if upper:
        words += _amount(amount, scale)
        words += ["to", *_amount(upper, upper_scale), *_split(many)]
    elif scale:
        words += [*_amount(amount, scale), *_split(many)]
    else:
        words += _coins(amount, one, many, cent, cents)
        if re.match(_ADJECTIVAL, place.text[match.end() :]) and words[-1] == many.split()[-1]:
            words[-1] = one.split()[-1]
    per = match["per"]
    return [*words, "per", *_split(_PER[per])] if per else words


def _amount(number: str, scale: str | None) -> list[str]:
    return _number(number) + ([known.SCALES[scale]] if scale else [])


def _coins(amount: str, one: str, many: str, cent: str, cents: str) -> list[str]:
    whole, _, fraction = amount.replace(",", "").partition(".")
    if len(fraction) not in (0, 2):
        return [*_number(amount), *_split(many)]
    units, hundredths = int(whole or 0), int(fraction or 0)
    words: list[str] = []
    if units or not hundredths:
        words += [*cardinal(units), *_split(one if units == 1 else many)]
    if hundredths:
        words += ["and"] if words else []
        words += [*cardinal(hundredths), cent if hundredths == 1 else cents]
    return words


def _money_after(match: re.Match[str], _: _Place) -> list[str] | None:
    words = ["minus"] if match["minus"] else []
    amount, sign = match["amount"], match["sign"]
    if sign == "¢":
        return [*words, *_number(amount), "cent" if _is_one(amount) else "cents"]
    if sign in known.CURRENCY_CODES:
        one, many = known.CURRENCY_CODES[sign]
    else:
        one, many = known.CURRENCIES[sign][:2]
        if not match["scale"]:
            # European writing: 5,50 € and 5.50 €.
            return words + _coins(amount, *known.CURRENCIES[sign])
    plural = match["scale"] or not _is_one(amount)
    return [*words, *_amount(amount, match["scale"]), *_split(many if plural else one)]


def _money_code_before(match: re.Match[str], _: _Place) -> list[str] | None:
    one, many = known.CURRENCY_CODES[match["code"]]
    plural = match["scale"] or not _is_one(match["amount"])
    return [*_amount(match["amount"], match["scale"]), *_split(many if plural else one)]


# --- dates and times ---------------------------------------------------------------------------------------


def _month_of(text: str) -> str:
    return _MONTH_BY_PREFIX[text.lower()[:3]]


def _month_day(match: re.Match[str], _: _Place) -> list[str] | None:
    day = int(match["day"])
    if not 1 <= day <= 31:
        return None
    words = [_month_of(match["month"]), *ordinal(day)]
    if match["last"]:
        words += ["to", *ordinal(int(match["last"]))]
    return [*words, ",", *year(int(match["year"]))] if match["year"] else words


def _day_month(match: re.Match[str], place: _Place) -> list[str] | None:
    day = int(match["day"])
    if not 1 <= day <= 31:
        return None
    words = [*ordinal(day), "of", _month_of(match["month"])]
    if place.before.lower() != "the":
        words.insert(0, "the")
    return [*words, ",", *year(int(match["year"]))] if match["year"] else words


def _date(month: int, day: int, in_year: int) -> list[str] | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    if in_year < 100:
        in_year += 2000 if in_year < 50 else 1900
    return [_MONTH_NAMES[month - 1], *ordinal(day), ",", *year(in_year)]


def _iso_date(match: re.Match[str], _: _Place) -> list[str] | None:
    return _date(int(match["month"]), int(match["day"]), int(match["year"]))


def _slash_date(match: re.Match[str], _: _Place) -> list[str] | None:
    first, second, in_year = int(match["a"]), int(match["b"]), int(match["year"])
    return _date(first, second, in_year) or _date(second, first, in_year)


def _dot_date(match: re.Match[str], _: _Place) -> list[str] | None:
    first, second, in_year = int(match["a"]), int(match["b"]), int(match["year"])
    return _date(second, first, in_year) or _date(first, second, in_year)


def _half(text: str | None) -> list[str]:
    return [text[0].upper(), "M"] if text else []


def _time(match: re.Match[str], _: _Place) -> list[str] | None:
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 24 or minute > 59:
        return None
    words = cardinal(hour)
    if minute:
        words += ["oh", *cardinal(minute)] if minute < 10 else cardinal(minute)
    elif not match["half"]:
        if 1 <= hour <= 12:
            words.append("o'clock")
        else:
            words += ["hundred"] if hour else ["hundred", "hours"]
    if match["second"]:
        second = int(match["second"])
        words += ["and", *cardinal(second), "second" if second == 1 else "seconds"]
    return words + _half(match["half"])


def _hour(match: re.Match[str], _: _Place) -> list[str] | None:
    words: list[str] = []
    if match["from"]:
        words = [*cardinal(int(match["from"])), *_half(match["from_half"]), "to"]
    return (
        [*words, *cardinal(int(match["hour"])), *_half(match["half"])] if int(match["hour"]) <= 12 else None
    )


# --- telephone numbers, versions, addresses ----------------------------------------------------------------


def _phone(match: re.Match[str], _: _Place) -> list[str] | None:
    words: list[str] = []
    for i, group in enumerate(re.findall(r"\d+|[A-Z]+", match[0])):
        if i:
            words.append(",")
        elif match[0].startswith("+"):
            words.append("plus")
        if group == "800":
            words += ["eight", "hundred"]
        else:
            words += digits(group) if group.isdigit() else _word(group.lower())
    return words


def _version(match: re.Match[str], _: _Place) -> list[str] | None:
    groups = match["groups"].split(".")
    words = ["version"] if match["v"] else []
    joint = "dot" if len(groups) == 4 else "point"
    for i, group in enumerate(groups):
        words += ([joint] if i else []) + (
            digits(group) if len(group) > 1 and group[0] == "0" else cardinal(int(group))
        )
    return words


def _address(match: re.Match[str], _: _Place) -> list[str] | None:
    return spoken_address(match[0])


# --- numbers -------------------------------------------------------------------------------------------------


def _percent(match: re.Match[str], _: _Place) -> list[str] | None:
    words = ["minus"] if match["minus"] else []
    words += _number(match["amount"])
    if match["upper"]:
        words += ["to", *_number(match["upper"])]
    return [*words, "percent"]


def _measure(match: re.Match[str], _: _Place) -> list[str] | None:
    singular, plural = known.unit(match["unit"])
    words = ["minus"] if match["minus"] else []
    words += _number(match["amount"])
    if match["upper"]:
        words += ["to", *_number(match["upper"])]
    one = _is_one(match["amount"]) and not match["upper"]
    words += _split(singular if one else plural)
    return [*words, "per", *_split(_PER[match["per"]])] if match["per"] else words


def _fraction(match: re.Match[str], place: _Place) -> list[str] | None:
    words = _fraction_alone(match, place)
    if words is None or match["unit"] is None:
        return words
    singular, plural = known.unit(match["unit"])
    return [*words, *_split(plural)] if match["whole"] else [*words, "of", "a", *_split(singular)]


def _fraction_alone(match: re.Match[str], _: _Place) -> list[str] | None:
    top, bottom = int(match["top"]), int(match["bottom"])
    words = [*cardinal(int(match["whole"])), "and"] if match["whole"] else []
    if top == bottom and not match["whole"]:
        return [*cardinal(top), *cardinal(bottom)]
    if not 0 < top < bottom or bottom > 100:
        return None if match["whole"] else [*cardinal(top), "over", *cardinal(bottom)]
    if bottom in (2, 4):
        name = {2: "half", 4: "quarter"}[bottom]
        many = {2: "halves", 4: "quarters"}[bottom]
        if words and top == 1:
            return [*words, "a", name]
        return [*words, *cardinal(top), name if top == 1 else many]
    named = ordinal(bottom)
    if top != 1:
        named[-1] += "s"
    return [*words, *cardinal(top), *named]


def _ordinal(match: re.Match[str], _: _Place) -> list[str] | None:
    return ordinal(int(match["n"].replace(",", "")))


def _decade(match: re.Match[str], _: _Place) -> list[str] | None:
    text = match["n"]
    if text in ("100", "1000", "1,000"):
        return ["hundreds" if text == "100" else "thousands"]
    words = year(int(text)) if len(text) == 4 else cardinal(int(text))
    return plural_of(words)


def _range(match: re.Match[str], _: _Place) -> list[str] | None:
    first, second = match["a"], match["b"]
    if re.fullmatch(r"\d{4}", first) and re.fullmatch(r"\d{2}", second):
        return [*_year_like(first), "to", *_year_like(second)]
    return [*_year_like(first), "to", *_year_like(second)]


def _times(match: re.Match[str], _: _Place) -> list[str] | None:
    words = _year_like(match["a"])
    for side in re.findall(_NUMBER, match["rest"]):
        words += ["by", *_year_like(side)]
    return words


def _fold_times(match: re.Match[str], _: _Place) -> list[str] | None:
    return [*_number(match["n"]), "times"]


def _ratio(match: re.Match[str], _: _Place) -> list[str] | None:
    return [*_number(match["a"]), "to", *_number(match["b"])]


def _hash_number(match: re.Match[str], _: _Place) -> list[str] | None:
    return ["number", *_number(match["n"])]


def _plain_number(match: re.Match[str], place: _Place) -> list[str] | None:
    words = _unowned_number(match, place)
    return [*words[:-1], words[-1] + "'s"] if match["owner"] else words


def _unowned_number(match: re.Match[str], _: _Place) -> list[str]:
    words = ["minus"] if match["minus"] else []
    if match["scale"]:
        return [*words, *_amount(match["n"], match["scale"])]
    return words + _year_like(match["n"]) if not match["minus"] else words + _number(match["n"])


def _exponent(match: re.Match[str], _: _Place) -> list[str] | None:
    power = {"²": ["squared"], "^2": ["squared"], "³": ["cubed"], "^3": ["cubed"]}.get(match["power"])
    if power is None:
        power = ["to", "the", *ordinal(int(match["power"].lstrip("^")))]
    base = match["base"]
    factor, base = (match["factor"] or "", base) if base.isalpha() else ("", (match["factor"] or "") + base)
    return (
        (_number(factor) if factor else []) + (_number(base) if base.isdecimal() else [base.upper()]) + power
    )


# --- words ---------------------------------------------------------------------------------------------------


def _phrase(match: re.Match[str], _: _Place) -> list[str] | None:
    return _split(known.PHRASES[match[0]])


def _letters(text: str) -> list[str]:
    return [c.upper() for c in text if c.isalpha() and c.isascii()]


def _dotted_letters(match: re.Match[str], _: _Place) -> list[str] | None:
    return _letters(match[0])


def _initial(match: re.Match[str], _: _Place) -> list[str] | None:
    return [match[0][0]]


def _abbreviation(match: re.Match[str], place: _Place) -> list[str] | None:
    name = match["name"].lower()
    following = place.text[match.end() :].lstrip()
    if name in ("st", "dr") and not following[:1].isupper() and place.before[:1].isupper():
        return ["street" if name == "st" else "drive"]
    if name in known.TITLES:
        return [known.TITLES[name]]
    if name == "no" and not following[:1].isdecimal():
        return None
    if (
        name
        in (
            "al",
            "in",
            "am",
            "min",
            "max",
            "ed",
            "sun",
            "sat",
            "mar",
            "dec",
            "mon",
            "wed",
            "co",
            "fig",
            "est",
            "temp",
            "sec",
        )
        and (
            not following
            or (following[:1].isupper() and name not in ("co", "fig", "sec"))
            or name in ("sun", "sat", "wed", "mar")
        )
        and match["name"].islower()
    ):
        return None
    return _split(known.WORDS[name])


def _undotted(match: re.Match[str], place: _Place) -> list[str] | None:
    name = match[0].lower()
    if match[0].isupper() and len(match[0]) < 5 and name not in ("mr", "mrs", "dr"):
        return None
    following = place.text[match.end() :].lstrip(" ")
    if name in ("ave", "sec", "max", "min", "misc", "dept"):
        return None
    if name in known.TITLES and not following[:1].isupper():
        return None
    return _split(known.TITLES.get(name) or known.WORDS[name])


_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def _roman(text: str) -> int | None:
    """The value of a Roman numeral below 400 in its usual form, else None."""
    if not re.fullmatch(r"C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})", text):
        return None
    total = 0
    for char, following in zip(text, text[1:] + " ", strict=True):
        value = _ROMAN_VALUES[char]
        total += -value if value < _ROMAN_VALUES.get(following, 0) else value
    return total


def _roman_numeral(match: re.Match[str], place: _Place) -> list[str] | None:
    value = _roman(match[0])
    before = place.before
    if value is None or place.shouted:
        return None
    if before.lower() in known.ROMAN_AFTER and before:
        # "In act I was moved": a pronoun goes on in small letters.
        if match[0] == "I" and re.match(r" [a-z]", place.text[match.end() :]):
            return None
        return cardinal(value)
    if before.lower() in known.REGNAL and before[:1].isupper() and match[0] != "I":
        return ["the", *ordinal(value)]
    if len(match[0]) > 1 and set(match[0]) <= set("IVX") and match[0] not in ("XX", "XXX"):
        return cardinal(value)
    return None


_CASES = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z']+|[A-Z]+")
_PRONOUNCEABLE = re.compile(r"(?:[^aeiouy]{0,2}[aeiouy]{1,2})+[^aeiouy]{0,2}")


def _word(word: str) -> list[str]:
    return [word]


def _capitals(word: str, place: _Place) -> list[str]:
    """Capitals are letters, an acronym said as a word, or a word shouted."""
    stem, plural = (word[:-1], True) if word.endswith("s") and len(word) > 2 else (word, False)
    if plural and (stem in known.SAID_AS_LETTERS or stem not in known.SAID_AS_WORDS):
        letters = _letters(stem)
        return [*letters[:-1], letters[-1] + "'s"]
    lower = word.lower()
    if word in known.SAID_AS_WORDS or stem in known.SAID_AS_WORDS:
        return [lower]
    listed = lexicon.lookup(lower) is not None
    if place.shouted and listed:
        return [lower]
    if word in ("US", "IT"):
        return _us_or_it(word, place)
    if word in known.SAID_AS_LETTERS:
        return _letters(word)
    if word in known.SHORT_WORDS:
        return [lower]
    if len(word) <= 3:
        return _letters(word)
    if listed or (len(word) > 4 and _PRONOUNCEABLE.fullmatch(lower)):
        return [lower]
    return _letters(word)


def _us_or_it(word: str, place: _Place) -> list[str]:
    if word == "US" or place.before.lower() in (
        "the",
        "in",
        "an",
        "our",
        "their",
        "my",
        "your",
        "for",
        "of",
        "corporate",
    ):
        return list(word)
    return ["it"]


def _word_rule(match: re.Match[str], place: _Place) -> list[str] | None:
    written = (
        match[0].strip("'") if not match[0].lower().startswith(("'t", "'em", "'cause", "'bout")) else match[0]
    )
    possessive = written[-2:].lower() == "'s"
    stem = written[:-2] if possessive else written
    if not plain_letters(stem):
        return _greek(stem)
    if (
        stem == "A"
        and place.before
        and not place.shouted
        and not re.match(r" ['\"“(]?[A-Z]", place.text[match.end() :])
    ):
        return ["A"]  # plan A, not Once Upon A Time
    if len(stem) == 1 and "B" <= stem <= "Z" and stem != "I":
        return [stem + "'s" if possessive else stem]
    if len(stem) > 1 and stem.isascii() and re.fullmatch(r"[A-Z]{2,}s?", stem):
        words = _capitals(stem, place)
        return [*words[:-1], words[-1] + "'s"] if possessive else words
    if stem.isascii() and re.search(r"[a-z][A-Z]", stem):
        parts = _CASES.findall(stem)
        if lexicon.lookup(stem.lower()) is None and len(parts) > 1:
            words = [
                w
                for part in parts
                for w in (_capitals(part, place) if part.isupper() and len(part) > 1 else [part.lower()])
            ]
            return [*words[:-1], words[-1] + "'s"] if possessive else words
    return [written.lower()]


def _greek(word: str) -> list[str] | None:
    name = known.LETTERS_OF_GREEK.get(word)
    return [name] if name else None


def _mixed(match: re.Match[str], place: _Place) -> list[str] | None:
    """Letters and digits in one: MP3, B2B, 3D, GPT4, A380."""
    words: list[str] = []
    for part in re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+", match[0]):
        if part[0].isdecimal():
            words += digits(part, "oh") if part[0] == "0" else _model_number(part)
        elif part.isupper() and part.isascii() and len(part) > 1:
            words += _capitals(part, place)
        elif len(part) <= 2:
            words += _letters(plain_letters(part))
        else:
            words += [part.lower()] if plain_letters(part) else []
    return words or None


def _model_number(text: str) -> list[str]:
    """747 -> seven forty seven, 100 -> one hundred, 4090 -> forty ninety."""
    if "." in text:
        return _number(text)
    n = int(text)
    if len(text) == 3 and n % 100:
        return [*cardinal(n // 100), *(["oh", *cardinal(n % 10)] if n % 100 < 10 else cardinal(n % 100))]
    if len(text) == 4 and n % 1000:
        return year(n)
    return cardinal(n) if len(text) < 5 else digits(text)


def _symbol(match: re.Match[str], _: _Place) -> list[str] | None:
    return _split(_SYMBOLS[match[0]]) or None


_SYMBOLS = {
    "&": "and", "+": "plus", "=": "equals", "@": "at", "%": "percent", "°": "degrees", "§": "section", "±": "plus or minus",
    "×": "times", "÷": "divided by", "≈": "approximately", "≠": "is not equal to", "≤": "is at most", "≥": "is at least",
    "→": "to", "¼": "one quarter", "½": "one half", "∞": "infinity", "√": "square root of", "$": "dollars", "€": "euros",
    "£": "pounds", "№": "number",
}  # fmt: skip


def _between(words: str) -> _Rule:
    def rule(_: re.Match[str], __: _Place) -> list[str] | None:
        return words.split()

    return rule


def _alternatives(words: dict[str, object] | frozenset[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


_SIGN = "(?P<sign>" + _alternatives(dict(known.CURRENCIES)) + ")"
_SCALE = r"(?:thousand|million|billion|trillion|bn|mn|tn|[kKmMbBT])(?!\w)"
_PER_UNIT = "(?:/(?P<per>" + _alternatives(dict(_PER)) + r")(?!\w))?"
_UNIT = "(?P<unit>" + _alternatives(dict(known.UNITS)) + r")(?![\w²³])"
_WORD_BEFORE = r"(?<![\w])"


def _compile(pattern: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(pattern, flags)


_RULES: list[tuple[re.Pattern[str], _Rule]] = [
    (_compile(_WORD_BEFORE + "(?:" + _alternatives(dict(known.PHRASES)) + r")(?![\w&+#])"), _phrase),
    (_compile(r"(?:https?|ftp)://[^\s<>\"“”]*[^\s<>\"“”.,;:!?)'\]]", re.I), _address),
    (_compile(r"www\.[^\s<>\"“”]*[^\s<>\"“”.,;:!?)'\]]", re.I), _address),
    (_compile(r"(?<![\w.])[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"), _address),
    (
        _compile(
            r"(?<![\w.@])(?:[a-z0-9\-]+\.)+(?:com|org|net|edu|gov|io|ai|co|uk|de|fr|app|dev|info|me|us|tv|ly)(?:/[^\s<>\"“”]*[\w/])?(?![\w])",
            re.I,
        ),
        _address,
    ),
    (_compile(r"(?<!\w)@\w+"), _address),
    (_compile(r"(?<!\w)#[A-Za-z]\w*"), _address),
    (_compile(_WORD_BEFORE + r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})" + _END), _iso_date),
    (_compile(_WORD_BEFORE + r"(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<year>\d{4}|\d{2})" + _END), _slash_date),
    (_compile(_WORD_BEFORE + r"(?P<a>\d{1,2})\.(?P<b>\d{1,2})\.(?P<year>\d{4})" + _END), _dot_date),
    (
        _compile(
            _WORD_BEFORE
            + _MONTH
            + r" (?P<day>\d{1,2})(?:st|nd|rd|th)?(?:\s?[–-]\s?(?P<last>\d{1,2})(?:st|nd|rd|th)?)?(?![\d:]|\.\d)(?:,? (?P<year>[12]\d{3}))?"
            + _END
        ),
        _month_day,
    ),
    (
        _compile(
            _WORD_BEFORE
            + r"(?P<day>\d{1,2})(?:st|nd|rd|th)? (?:of )?"
            + _MONTH
            + r"(?![a-z])(?:,? (?P<year>[12]\d{3}))?"
            + _END
        ),
        _day_month,
    ),
    (
        _compile(
            _WORD_BEFORE
            + r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:\s?(?P<half>[ap]\.m\.|[AP]\.M\.|[apAP][mM])(?!\w))?(?![\d:])"
        ),
        _time,
    ),
    (
        _compile(
            _WORD_BEFORE
            + r"(?:(?P<from>\d{1,2})\s?(?P<from_half>[ap]\.?m\.?)?\s?[–-]\s?)?(?P<hour>\d{1,2})\s?(?P<half>[ap]\.m\.|[AP]\.M\.|[apAP][mM])(?!\w)"
        ),
        _hour,
    ),
    (_compile(r"(?<![\w])(?:\+?1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}" + _END), _phone),
    (_compile(r"(?<!\w)1-\d{3}-[A-Z]{4,8}" + _END), _phone),
    (_compile(r"(?<!\w)\+\d{1,3}(?:[ -]\(?\d{1,5}\)?){2,6}" + _END), _phone),
    (_compile(_WORD_BEFORE + r"\d{3}-\d{4}" + _END), _phone),
    (_compile(_WORD_BEFORE + r"\d+(?:-\d+){2,}" + _END), _phone),
    (
        _compile(
            r"(?P<minus>"
            + _MINUS
            + ")"
            + _SIGN
            + rf"\s?(?P<amount>{_NUMBER})(?:\s?(?P<scale>{_SCALE}))?(?:\s?[–-]\s?[$£€¥]?(?P<upper>{_NUMBER})(?:\s?(?P<upper_scale>{_SCALE}))?)?"
            + _PER_UNIT
            + r"(?![\d])"
        ),
        _money,
    ),
    (
        _compile(
            rf"(?P<minus>{_MINUS})(?P<amount>{_NUMBER})(?:\s?(?P<scale>{_SCALE}))?\s?(?P<sign>[€£¥₹₩¢]|(?:USD|EUR|GBP|JPY|CAD|AUD|CHF|CNY|INR)(?!\w))"
        ),
        _money_after,
    ),
    (
        _compile(
            rf"(?<!\w)(?P<code>USD|EUR|GBP|JPY|CAD|AUD|CHF|CNY|INR)\s?(?P<amount>{_NUMBER})(?:\s?(?P<scale>{_SCALE}))?"
            + _END
        ),
        _money_code_before,
    ),
    (
        _compile(rf"(?P<minus>{_MINUS})(?P<amount>{_NUMBER})%?(?:\s?[–-]\s?(?P<upper>{_NUMBER}))?\s?%"),
        _percent,
    ),
    (_compile(_WORD_BEFORE + r"(?P<v>[vV])?(?P<groups>\d+(?:\.\d+){2,})" + _END), _version),
    (_compile(_WORD_BEFORE + r"(?P<v>[vV])(?P<groups>\d+(?:\.\d+)*)" + _END), _version),
    (_compile(_WORD_BEFORE + r"(?P<n>\d[\d,]*)(?:st|nd|rd|th)" + _END, re.I), _ordinal),
    (_compile(r"(?<!\w)'?(?P<n>(?:1[1-9]|20)\d0|\d0|100|1,?000)'?s" + _END), _decade),
    (_compile(_WORD_BEFORE + rf"(?P<a>{_NUMBER})(?P<rest>(?:\s?[x×]\s?{_NUMBER})+)" + _END), _times),
    (_compile(_WORD_BEFORE + rf"(?P<n>{_NUMBER})[x×](?![\w^²³])"), _fold_times),
    (
        _compile(
            _WORD_BEFORE
            + r"(?:(?P<whole>\d+)[ -])?(?P<top>\d+)/(?P<bottom>\d+)(?:ths|th|rds|nds)?(?:\s?"
            + _UNIT
            + r")?(?![\w/])"
        ),
        _fraction,
    ),
    (
        _compile(
            rf"(?P<minus>{_MINUS})(?<![\w])(?P<amount>{_NUMBER})(?:\s?[–-]\s?(?P<upper>{_NUMBER}))?[\s-]?(?!(?:in|m|s|h|K|g|l|L|V|W|J|pt|cc|MP|ha|hp|cal)\s)"
            + _UNIT
            + _PER_UNIT
        ),
        _measure,
    ),
    (
        _compile(
            rf"(?P<minus>{_MINUS})(?<![\w])(?P<amount>{_NUMBER})(?P<upper>(?!))?\s?(?P<unit>in|m|s|h|g|l|L|V|W|J|ha|hp|cal)(?=[\s.,;:!?)]|$)(?<!\d in)(?P<per>(?!))?"
        ),
        _measure,
    ),
    (_compile(_WORD_BEFORE + rf"(?P<a>{_NUMBER})\s?–\s?(?P<b>{_NUMBER})" + _END), _range),
    (_compile(_WORD_BEFORE + rf"(?P<a>{_NUMBER})-(?P<b>{_NUMBER})" + _END), _range),
    (_compile(_WORD_BEFORE + r"(?P<a>\d+):(?P<b>\d+)" + _END), _ratio),
    (_compile(_WORD_BEFORE + r"[pP]\.(?=\s?\d)"), _between("page")),
    (_compile(r"#\s?(?P<n>\d[\d,]*)" + _END), _hash_number),
    (_compile(r"(?:(?<!\w)(?P<factor>\d+)|(?<!\w))(?P<base>\d+|[a-zA-Z])(?P<power>²|³|\^\d+)"), _exponent),
    (
        _compile(
            r"(?P<minus>"
            + _MINUS
            + rf")(?<![\w])(?P<n>{_NUMBER})(?:\s?(?P<scale>(?:bn|mn)(?!\w)))?(?P<owner>'s(?!\w))?(?![\d]|[^\W\d_])"
        ),
        _plain_number,
    ),
    (_compile(_WORD_BEFORE + r"(?:[A-Za-z]\.){2,}(?:[A-Za-z](?!\w))?"), _dotted_letters),
    (_compile(_WORD_BEFORE + r"[A-Z]\.(?=\s?[A-Z][a-z]|\s?[A-Z]\.)"), _initial),
    (
        _compile(
            _WORD_BEFORE + "(?P<name>" + _alternatives({**dict(known.TITLES), **dict(known.WORDS)}) + r")\.",
            re.I,
        ),
        _abbreviation,
    ),
    (_compile(_WORD_BEFORE + "(?:" + _alternatives(known.WITHOUT_DOT) + r")(?![\w'.])", re.I), _undotted),
    (_compile(_WORD_BEFORE + r"[IVXLC]+" + r"(?![\w'])"), _roman_numeral),
    (_compile(r"(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]+(?:\.\d+)?"), _mixed),
    (_compile(r"(?<!\w)'?[^\W\d_]+(?:'[^\W\d_]+)*'?"), _word_rule),
    (_compile(r"[^\W\d_]+(?:'[^\W\d_]+)*"), _word_rule),
    (_compile(r"(?<=\w )<(?= \w)"), _between("is less than")),
    (_compile(r"(?<=\w )>(?= \w)"), _between("is greater than")),
    (_compile(r"~(?=\s?[\d$£€])"), _between("about")),
    (_compile(r"<(?=\s?[\d$£€])"), _between("less than")),
    (_compile(r">(?=\s?[\d$£€])"), _between("more than")),
    (_compile(_WORD_BEFORE + r"[pP]\.(?=\s?\d)"), _between("page")),
    (_compile(r"(?<=\d)\*(?=\d)|(?<=\d )\*(?= \d)"), _between("times")),
    (_compile(r"(?<=\d) [-–] (?=\d[^=\n]{0,12}=)"), _between("minus")),
    (_compile(r"(?<=[\dm]) [-–] (?=\d)"), _between("to")),
    (_compile(r"(?<=\d )/(?= \d)"), _between("divided by")),
    (_compile("[" + "".join(re.escape(symbol) for symbol in _SYMBOLS) + "]"), _symbol),
    (_compile(r"\d"), lambda match, _: digits(match[0]) or None),
]

_LINK = re.compile(r"!?\[(?P<label>[^\]\n]*)\]\((?P<target>[^)\s]*)\)")
_BULLET = re.compile(r"(?:^|(?<=\n))[ \t]*(?:[-*+•]|#{1,6}|>|\d{1,2}[.)](?= ))[ \t]+")
_RULE_LINE = re.compile(r"(?:^|(?<=\n))[ \t]*(?:[-*_=]{3,}|```\w*)[ \t]*(?=\n|$)")
_FAST_WORD = re.compile(r"[a-z]+(?![\w'.@&/+#-]|://)")
_DASHES = re.compile(r"\s*(?:—|–|-{2,}| -(?= ))\s*")
_DOTS = re.compile(r"…|\.{2,}|(?:\. ){2,}\.")
_MARKS = {"[": "(", "]": ")", "{": "(", "}": ")"}


def _is_shouted(text: str) -> bool:
    """Most letters of several words are capitals."""
    letters = [c for c in text if c.isalpha()]
    return (
        len(text.split()) >= 3
        and len(letters) >= 12
        and sum(c.isupper() for c in letters) > 0.7 * len(letters)
    )


class _Reader:
    """Reads one text from left to right and gathers tokens."""

    def __init__(self, original: str) -> None:
        self.original = original
        folded = fold(original)
        self.text, self.offsets, self.ends = folded.text, folded.starts, folded.ends
        self.shouted = _is_shouted(self.text)
        self.found: list[tuple[int, int, list[str]]] = []
        self.marks: list[str] = []
        self.skipped_ends: dict[int, int] = {}

    def read(self) -> list[Token]:
        position = 0
        while position < len(self.text):
            position = self._step(position)
        return [
            Token(
                self.original[start:end].rstrip(),
                start,
                start + len(self.original[start:end].rstrip()),
                tuple(words),
                tidy_marks(marks, last=i == len(self.found) - 1),
            )
            for i, ((start, end, words), marks) in enumerate(zip(self.found, self.marks, strict=True))
        ]

    def _say(self, start: int, end: int, words: list[str]) -> None:
        first, last = self.offsets[start], self.ends[end - 1]
        if self.found and first < self.found[-1][1]:
            # One written character gave two words (a fraction beside a letter): they share a token.
            first, _, earlier = self.found.pop()
            words = [*earlier, *words]
            self.marks.pop()
        self.found.append((first, last, words))
        self.marks.append("")

    def _mark(self, mark: str) -> None:
        if self.marks:
            self.marks[-1] += mark

    def _step(self, position: int) -> int:
        text = self.text
        if position in self.skipped_ends:
            return self.skipped_ends[position]
        if (
            (fast := _FAST_WORD.match(text, position)) is not None
            and (position == 0 or not text[position - 1].isalnum())
            and fast[0] not in known.WITHOUT_DOT
            and fast[0] not in known.PHRASES
        ):
            self._say(position, fast.end(), [fast[0]])
            return fast.end()
        if (spaces := re.compile(r"\s+").match(text, position)) is not None and not _DASHES.match(
            text, position
        ):
            self._space(spaces[0])
            return spaces.end()
        for skipped in (_RULE_LINE, _BULLET):
            if (match := skipped.match(text, position)) is not None and match.end() > position:
                return match.end()
        if (match := _LINK.match(text, position)) is not None:
            # Only the label is read; the target is stepped over when its place comes.
            self.skipped_ends[match.end("label")] = match.end()
            return match.start("label")
        return self._word_or_mark(position)

    def _space(self, spaces: str) -> None:
        if "\n" in spaces and self.marks and not set(self.marks[-1]) & set(".,!?;:—…"):
            self._mark("." if spaces.count("\n") > 1 else ",")
        self._mark(" ")

    def _word_or_mark(self, position: int) -> int:
        text = self.text
        if (match := _DASHES.match(text, position)) is not None and not self._is_minus(position, match):
            self._mark("— " if match[0][-1:].isspace() else "—")
            return match.end()
        if (match := _DOTS.match(text, position)) is not None:
            self._mark("…")
            return match.end()
        before = self.text_before()
        place = _Place(text, before, self.shouted)
        for pattern, rule in _RULES:
            match = pattern.match(text, position)
            if match is not None and match.end() > position and (words := rule(match, place)):
                self._say(position, match.end(), words)
                if match[0].endswith(".") and self._ends_sentence(match):
                    self._mark(".")
                return match.end()
        self._symbol(text[position], position)
        return position + 1

    def _is_minus(self, position: int, match: re.Match[str]) -> bool:
        """A spaced hyphen between two numbers is a minus; an en dash between numbers belongs to a range."""
        text = self.text
        return (
            position > 0
            and text[position - 1] in "0123456789m"
            and match[0].startswith(" ")
            and text[match.end() : match.end() + 1].isdigit()
            and "—" not in match[0]
        )

    def text_before(self) -> str:
        if not self.found or self.marks[-1].strip(" "):
            return ""
        start, end, _ = self.found[-1]
        return self.original[start:end].rstrip(". ")

    def _ends_sentence(self, match: re.Match[str]) -> bool:
        """The dot of an abbreviation also ends the sentence at the end of the text or before a capital."""
        rest = self.text[match.end() :].lstrip("\"')”")
        if not rest.strip():
            return True
        name = match[0].rstrip(".").lower()
        is_name_part = (name in known.TITLES and name not in ("jr", "sr", "st", "dr")) or len(name) == 1
        if name in ("st", "dr") and self.found[-1][2][0] in ("saint", "doctor"):
            is_name_part = True
        return (
            not is_name_part
            and name not in known.WORDS
            and re.match(r"\s+[A-Z][a-z]+ [a-z]", rest) is not None
        )

    def _symbol(self, char: str, position: int) -> None:
        char = _MARKS.get(char, char)
        if char == "-" and self.found and self.text[position + 1 : position + 2].isalnum():
            # A hyphen joins: the parts of a compound are said without a break.
            start, _, words = self.found[-1]
            self.found[-1] = (start, self.ends[position], words)
        elif char == "/" and self.found and self.text[position + 1 : position + 2].isalnum():
            self._mark(" ")
        elif char in PUNCTUATION:
            self._mark(char)
        elif char == "_":
            self._mark(" ")


def tidy_marks(marks: str, *, last: bool) -> str:
    """Marks and spaces without repeats: `!!!` is `!`, `. ,` is `.`; nothing after the last mark of a text."""
    kept: list[str] = []
    for mark in marks:
        previous = kept[-1] if kept else ""
        if mark == previous:
            continue
        if mark in ",;:" and any(m in ".!?…—,;:" for m in kept):
            continue
        if mark == "." and any(m in ".!?…" for m in kept):
            continue
        kept.append(mark)
    tidied = "".join(kept)
    if last:
        return tidied.rstrip(" (“")
    return tidied


def tokens(text: str) -> list[Token]:
    """Everything in `text` that is spoken, in order.

    Text of another script, emoji and ornaments give nothing; a text of nothing else gives an empty list.
    """
    return _Reader(text).read()


def spoken(text: str) -> str:
    """The words of `text` as one string, for people and tests: "$5" -> "five dollars"."""
    return " ".join(word for token in tokens(text) for word in token.spoken).replace(" ,", ",")


__all__ = ["PUNCTUATION", "Token", "ordinal_of", "spoken", "tokens"]
