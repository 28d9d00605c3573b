"""Rules for figures: money, dates, times, telephone numbers, measures, fractions, plain numbers."""

from __future__ import annotations

import re

from sayso.text.english import abbreviations as known
from sayso.text.english import lexicon
from sayso.text.english.numbers import cardinal, digits, ordinal, plural_of, written_number, year, year_like
from sayso.text.english.place import END, NUMBER, WORD_BEFORE, Place, Rules, alternatives, between

_MONTH = (
    r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?\.?|July?\.?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)

_MINUS = r"(?:(?<![\w)])-(?=[\d.$£€]))?"
_MONTH_BY_PREFIX = {name[:3]: name for name in known.MONTHS}
_MONTH_NAMES = list(known.MONTHS)
_PER = {
    "month": "month", "mo": "month", "year": "year", "yr": "year", "day": "day", "hour": "hour", "hr": "hour", "h": "hour",
    "week": "week", "wk": "week", "person": "person", "kg": "kilogram", "lb": "pound", "night": "night", "user": "user",
    "unit": "unit", "minute": "minute", "min": "minute", "second": "second", "s": "second", "sec": "second", "gal": "gallon",
    "m²": "square meter", "m³": "cubic meter", "cm²": "square centimeter", "cm³": "cubic centimeter", "km²": "square kilometer",
    "l": "liter", "L": "liter", "dL": "deciliter", "dl": "deciliter", "ml": "milliliter", "mL": "milliliter",
    "sq ft": "square foot", "mile": "mile", "km": "kilometer", "month.": "month", "GB": "gigabyte",
}  # fmt: skip


def _is_one(text: str) -> bool:
    return text in ("1", "1.0", "1.00")


# --- money -----------------------------------------------------------------------------------------------


_ADJECTIVAL = r" (?:bills?|notes?|coins?|fees?|fines?|tips?|prizes?|budgets?|deals?|tickets?|bets?|loans?|checks?|rewards?|gifts?|discounts?|vouchers?|bonus)\b"
"""A sum before these is an adjective: a five dollar bill."""


def _money(match: re.Match[str], place: Place) -> list[str] | None:
    one, many, cent, cents = known.CURRENCIES[match["sign"]]
    amount, scale = match["amount"], match["scale"]
    upper, upper_scale = match["upper"], match["upper_scale"]
    words = ["minus"] if match["minus"] else []
    if upper:
        words += _amount(amount, scale)
        words += ["to", *_amount(upper, upper_scale), *many.split()]
    elif scale:
        words += [*_amount(amount, scale), *many.split()]
    else:
        words += _coins(amount, one, many, cent, cents)
        if re.match(_ADJECTIVAL, place.text[match.end() :]) and words[-1] == many.split()[-1]:
            words[-1] = one.split()[-1]
    per = match["per"]
    return [*words, "per", *_PER[per].split()] if per else words


def _amount(number: str, scale: str | None) -> list[str]:
    return written_number(number) + ([known.SCALES[scale]] if scale else [])


def _coins(amount: str, one: str, many: str, cent: str, cents: str) -> list[str]:
    whole, _, fraction = amount.replace(",", "").replace("'", "").partition(".")
    if len(fraction) not in (0, 2):
        return [*written_number(amount), *many.split()]
    units, hundredths = int(whole or 0), int(fraction or 0)
    words: list[str] = []
    if units or not hundredths:
        words += [*cardinal(units), *(one if units == 1 else many).split()]
    if hundredths:
        words += ["and"] if words else []
        words += [*cardinal(hundredths), cent if hundredths == 1 else cents]
    return words


def _money_after(match: re.Match[str], _: Place) -> list[str] | None:
    words = ["minus"] if match["minus"] else []
    amount, sign = match["amount"], match["sign"]
    if sign == "¢":
        return [*words, *written_number(amount), "cent" if _is_one(amount) else "cents"]
    if sign in known.CURRENCY_CODES:
        one, many = known.CURRENCY_CODES[sign]
    else:
        one, many = known.CURRENCIES[sign][:2]
        if not match["scale"]:
            # European writing: 5,50 € and 5.50 €.
            return words + _coins(amount, *known.CURRENCIES[sign])
    plural = match["scale"] or not _is_one(amount)
    return [*words, *_amount(amount, match["scale"]), *(many if plural else one).split()]


def _money_code_before(match: re.Match[str], _: Place) -> list[str] | None:
    one, many = known.CURRENCY_CODES[match["code"]]
    plural = match["scale"] or not _is_one(match["amount"])
    return [*_amount(match["amount"], match["scale"]), *(many if plural else one).split()]


# --- dates and times ---------------------------------------------------------------------------------------


def _month_of(text: str) -> str:
    return _MONTH_BY_PREFIX[text.lower()[:3]]


def _month_day(match: re.Match[str], _: Place) -> list[str] | None:
    day = int(match["day"])
    if not 1 <= day <= 31:
        return None
    words = [_month_of(match["month"]), *ordinal(day)]
    if match["last"]:
        words += ["to", *ordinal(int(match["last"]))]
    return [*words, ",", *year(int(match["year"]))] if match["year"] else words


def _day_month(match: re.Match[str], place: Place) -> list[str] | None:
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


def _iso_date(match: re.Match[str], _: Place) -> list[str] | None:
    return _date(int(match["month"]), int(match["day"]), int(match["year"]))


def _slash_date(match: re.Match[str], _: Place) -> list[str] | None:
    first, second, in_year = int(match["a"]), int(match["b"]), int(match["year"])
    return _date(first, second, in_year) or _date(second, first, in_year)


def _dot_date(match: re.Match[str], _: Place) -> list[str] | None:
    first, second, in_year = int(match["a"]), int(match["b"]), int(match["year"])
    return _date(second, first, in_year) or _date(first, second, in_year)


def _half(text: str | None) -> list[str]:
    return [text[0].upper(), "M"] if text else []


def _time(match: re.Match[str], place: Place) -> list[str] | None:
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 24 or minute > 59:
        return None
    words = cardinal(hour)
    if minute:
        words += ["oh", *cardinal(minute)] if minute < 10 else cardinal(minute)
    elif not match["half"]:
        if place.text.startswith(" o'clock", match.end()):
            pass
        elif 1 <= hour <= 12:
            words.append("o'clock")
        else:
            words += ["hundred"] if hour else ["hundred", "hours"]
    if match["second"]:
        second = int(match["second"])
        words += ["and", *cardinal(second), "second" if second == 1 else "seconds"]
    return words + _half(match["half"])


def _hour(match: re.Match[str], _: Place) -> list[str] | None:
    words: list[str] = []
    if match["from"]:
        words = [*cardinal(int(match["from"])), *_half(match["from_half"]), "to"]
    return (
        [*words, *cardinal(int(match["hour"])), *_half(match["half"])] if int(match["hour"]) <= 12 else None
    )


# --- telephone numbers, versions, addresses ----------------------------------------------------------------


def _phone(match: re.Match[str], _: Place) -> list[str] | None:
    words: list[str] = []
    for i, group in enumerate(re.findall(r"\d+|[A-Z]+", match["number"])):
        if i:
            words.append(",")
        elif match["number"].startswith("+"):
            words.append("plus")
        if group == "800":
            words += ["eight", "hundred"]
        else:
            words += digits(group) if group.isdigit() else [group.lower()]
    if more := match["extension"]:
        words += ["extension", *(digits(more) if len(more) > 2 or more[0] == "0" else cardinal(int(more)))]
    return words


def _phone_number(pattern: str) -> re.Pattern[str]:
    """`pattern` with what may follow: x123, ext. 123."""
    more = r"(?:,?\s?(?:[xX]|[eE]xt\.?|[eE]xtension)\s?(?P<extension>\d{1,6}))?"
    return re.compile(rf"(?P<number>{pattern}){more}{END}")


def _version(match: re.Match[str], _: Place) -> list[str] | None:
    groups = match["groups"].split(".")
    words = ["version"] if match["v"] else []
    joint = "dot" if len(groups) == 4 else "point"
    for i, group in enumerate(groups):
        words += ([joint] if i else []) + (
            digits(group) if len(group) > 1 and group[0] == "0" else cardinal(int(group))
        )
    return words


def _internet_address(match: re.Match[str], _: Place) -> list[str] | None:
    words: list[str] = []
    for group in match["groups"].split("."):
        words += ["dot", *cardinal(int(group))] if words else cardinal(int(group))
    port = match["port"]
    return [*words, ",", "port", *(year(int(port)) if len(port) == 4 else cardinal(int(port)))]


def _named_signs(text: str) -> list[str]:
    """Each letter and digit by its name."""
    return [word for char in text for word in (digits(char) if char.isdigit() else [char.upper()])]


def _long_internet_address(match: re.Match[str], _: Place) -> list[str] | None:
    if not any(char.isdigit() for char in match[0]):
        return None
    words: list[str] = []
    for part in re.findall(r"\w+|:", match[0]):
        words += ["colon"] if part == ":" else _named_signs(part)
    return words


def _identifier(match: re.Match[str], _: Place) -> list[str] | None:
    words: list[str] = []
    for group in match[0].split("-"):
        words += [*([","] if words else []), *_named_signs(group)]
    return words


def _grouped(match: re.Match[str], _: Place) -> list[str] | None:
    """1.000.000,50: the marks the other way round."""
    return written_number(match[0].replace(".", "").replace(",", "."))


def _comma_measure(match: re.Match[str], _: Place) -> list[str] | None:
    # The comma of most of Europe: before a unit it is a decimal one, 1,5 kg.
    words = written_number(match["amount"].replace(",", "."))
    if match["sign"]:
        return [*words, "percent"]
    return [*words, known.SCALES[match["scale"]] if match["scale"] else known.unit(match["unit"])[1]]


# --- numbers -------------------------------------------------------------------------------------------------


def _percent(match: re.Match[str], _: Place) -> list[str] | None:
    words = ["minus"] if match["minus"] else []
    words += written_number(match["amount"])
    if match["upper"]:
        words += ["to", *written_number(match["upper"])]
    return [*words, "percent"]


def _measure(match: re.Match[str], _: Place) -> list[str] | None:
    singular, plural = known.unit(match["unit"])
    words = ["minus"] if match["minus"] else []
    words += written_number(match["amount"])
    if match["upper"]:
        words += ["to", *written_number(match["upper"])]
    one = _is_one(match["amount"]) and not match["upper"]
    words += (singular if one else plural).split()
    return [*words, "per", *_PER[match["per"]].split()] if match["per"] else words


def _fraction(match: re.Match[str], place: Place) -> list[str] | None:
    words = _fraction_alone(match, place)
    if words is None or match["unit"] is None:
        return words
    singular, plural = known.unit(match["unit"])
    return [*words, *plural.split()] if match["whole"] else [*words, "of", "a", *singular.split()]


def _fraction_alone(match: re.Match[str], _: Place) -> list[str] | None:
    return fraction(match["whole"], int(match["top"]), int(match["bottom"]))


def fraction(whole: str | None, top: int, bottom: int) -> list[str] | None:
    """1 and 3/4 -> one and three quarters; None where that is no number."""
    words = [*cardinal(int(whole)), "and"] if whole else []
    if top == bottom and not whole:
        return [*cardinal(top), *cardinal(bottom)]
    if not 0 < top < bottom or bottom > 100:
        return None if whole else [*cardinal(top), "over", *cardinal(bottom)]
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


def _ordinal(match: re.Match[str], _: Place) -> list[str] | None:
    words = ordinal(int(match["n"].replace(",", "").replace("'", "")))
    return [*words, "to", *ordinal(int(match["last"]))] if match["last"] else words


def _decade(match: re.Match[str], _: Place) -> list[str] | None:
    text = match["n"]
    if text in ("100", "1000", "1,000"):
        return ["hundreds" if text == "100" else "thousands"]
    words = year(int(text)) if len(text) == 4 else cardinal(int(text))
    return plural_of(words)


def _range(match: re.Match[str], place: Place) -> list[str] | None:
    first, second = match["a"], match["b"]
    if re.match(r"\s?=", place.text[match.end() :]):
        return [*written_number(first), "minus", *written_number(second)]
    if re.fullmatch(r"\d{4}", first) and re.fullmatch(r"\d{2}", second):
        return [*year_like(first), "to", *year_like(second)]
    return [*year_like(first), "to", *year_like(second)]


def _times(match: re.Match[str], place: Place) -> list[str] | None:
    words = year_like(match["a"])
    # A room is four by five, a sum is four times five.
    joint = "times" if re.match(r"\s?=", place.text[match.end() :]) else "by"
    for side in re.findall(NUMBER, match["rest"]):
        words += [joint, *year_like(side)]
    return words


def _fold_times(match: re.Match[str], place: Place) -> list[str] | None:
    before, after = place.just_before(match), place.text[match.end() :]
    if match[0].endswith("x") and (
        re.search(r"(?:(?<!\w)\w|\))\s?=\s?$", before) or re.match(r"\s?[+=]\s?\d", after)
    ):
        return [*written_number(match["n"]), "X"]  # of an equation
    return [*written_number(match["n"]), "times"]


_HAS_VERSIONS = frozenset(
    ("usb", "hdmi", "bluetooth", "displayport", "php", "python", "version", "versions", "v")
)
"""Words before numbers that are no scores."""


def _out_of(match: re.Match[str], place: Place) -> list[str] | None:
    if place.before.lower() in _HAS_VERSIONS:
        return None
    return [*written_number(match["n"]), "out", "of", *cardinal(int(match["most"]))]


def _spaced_degrees(match: re.Match[str], _: Place) -> list[str] | None:
    one, many = known.unit("°" + match["scale"])
    words = ["minus"] if match["minus"] else []
    return [*words, *written_number(match["n"]), *(one if _is_one(match["n"]) else many).split()]


def _number_per(match: re.Match[str], _: Place) -> list[str] | None:
    return [*written_number(match["n"]), "per", *_PER[match["per"]].split()]


def _ratio(match: re.Match[str], _: Place) -> list[str] | None:
    return [*written_number(match["a"]), "to", *written_number(match["b"])]


def _hash_number(match: re.Match[str], _: Place) -> list[str] | None:
    return ["number", *written_number(match["n"])]


def _plain_number(match: re.Match[str], place: Place) -> list[str] | None:
    words = _unowned_number(match, place)
    return [*words[:-1], words[-1] + "'s"] if match["owner"] else words


def _unowned_number(match: re.Match[str], _: Place) -> list[str]:
    words = ["minus"] if match["minus"] else []
    if match["scale"]:
        return [*words, *_amount(match["n"], match["scale"])]
    return words + year_like(match["n"]) if not match["minus"] else words + written_number(match["n"])


def _exponent(match: re.Match[str], _: Place) -> list[str] | None:
    power = {"²": ["squared"], "^2": ["squared"], "³": ["cubed"], "^3": ["cubed"]}.get(match["power"])
    if power is None:
        power = _raised(match["power"])
    base = match["base"]
    factor, base = (match["factor"] or "", base) if base.isalpha() else ("", (match["factor"] or "") + base)
    return (
        (written_number(factor) if factor else [])
        + (written_number(base) if base.isdecimal() else [base.upper()])
        + power
    )


def _raised(power: str) -> list[str]:
    """^4 -> to the fourth, ^-3 -> to the minus three."""
    n = int(power.lstrip("^"))
    return ["to", "the", *(["minus", *cardinal(-n)] if n < 0 else ordinal(n))]


def _lettered_power(match: re.Match[str], _: Place) -> list[str] | None:
    base = match["base"]
    return [*(cardinal(int(base)) if base.isdigit() else [base.upper()]), "to", "the", match["power"].upper()]


def _times_ten(match: re.Match[str], _: Place) -> list[str] | None:
    power = {"²": ["squared"], "³": ["cubed"]}.get(match["power"]) or _raised(match["power"])
    return [*written_number(match["amount"]), "times", "ten", *power]


def _raised_unit(match: re.Match[str], place: Place) -> list[str] | None:
    """5 cm^2 -> square centimeters, 100 cm^-1 -> per centimeter, 9.8 m s^-2 -> per second squared; after a number."""
    letters, power, factor = match["letters"], match["power"], match["factor"]
    # 3m^2 is rather of algebra; 3cm^2 is not.
    is_measure = len(letters) > 1 if factor else place.before[:1].isdigit()
    if not is_measure or letters not in known.UNITS or power.lstrip("^-") not in _OF_UNIT:
        return None
    words = written_number(factor) if factor else []
    raised, after = _OF_UNIT[power.lstrip("^-")]
    unit = letters + raised if letters + raised in known.UNITS else letters
    singular, plural = known.unit(unit)
    rest = after.split() if unit == letters else []
    if power.startswith("^-"):
        return [*words, "per", *singular.split(), *rest]
    return [*words, *(singular if _is_one(factor or place.before) else plural).split(), *rest]


_OF_UNIT = {"1": ("", ""), "2": ("²", "squared"), "3": ("³", "cubed")}
"""Powers of units: the sign that a unit of its own has, and what is said after any other unit."""


def _power(match: re.Match[str], place: Place) -> list[str] | None:
    """mc² -> M C squared; cm² -> square centimeters; sin² -> sin squared."""
    letters, factor = match["letters"], match["factor"]
    if not factor and letters + match["power"] in known.UNITS:
        return known.unit(letters + match["power"])[
            place.before.lower() not in ("per", "a", "each", "one")
        ].split()
    if (measure := _raised_unit(match, place)) is not None:
        return measure
    power = {"²": ["squared"], "^2": ["squared"], "³": ["cubed"], "^3": ["cubed"]}.get(match["power"])
    if power is None:
        power = _raised(match["power"])
    words = written_number(factor) if factor else []
    if len(letters) > 2 and not factor and lexicon.lookup(letters.lower()):
        return [letters.lower(), *power]
    return [*words, *(known.LETTERS_OF_GREEK.get(letter, letter.upper()) for letter in letters), *power]


_SIGN = "(?P<sign>" + alternatives(known.CURRENCIES) + ")"
_SCALE = r"(?:thousand|million|billion|trillion|bn|mn|tn|[kKmMbBT])(?!\w)"
_PER_UNIT = "(?:/(?P<per>" + alternatives(_PER) + r")(?!\w))?"
_UNIT = "(?P<unit>" + alternatives(known.UNITS) + r")(?![\w²³^])"


RULES: Rules = [
    (
        re.compile(WORD_BEFORE + r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}" + END, re.I),
        _identifier,
    ),
    (
        re.compile(
            r"(?<![\w:])(?=[0-9a-f:]*::|(?:[0-9a-f]+:){7})(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.I
        ),
        _long_internet_address,
    ),
    (re.compile(WORD_BEFORE + r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})" + END), _iso_date),
    (
        re.compile(WORD_BEFORE + r"(?P<year>(?:19|20)\d\d)/(?P<month>\d{1,2})/(?P<day>\d{1,2})" + END),
        _iso_date,
    ),
    (re.compile(WORD_BEFORE + r"(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<year>\d{4}|\d{2})" + END), _slash_date),
    (re.compile(r"(?<![\w-])(?P<a>\d{1,2})-(?P<b>\d{1,2})-(?P<year>(?:19|20)\d\d)(?![\w-])"), _slash_date),
    (re.compile(WORD_BEFORE + r"(?P<a>\d{1,2})\.(?P<b>\d{1,2})\.(?P<year>\d{4})" + END), _dot_date),
    (
        re.compile(
            WORD_BEFORE
            + _MONTH
            + r" (?P<day>\d{1,2})(?:st|nd|rd|th)?(?:\s?[–-]\s?(?P<last>\d{1,2})(?:st|nd|rd|th)?)?(?![\d:]|\.\d)(?:,? (?P<year>[12]\d{3}))?"
            + END
        ),
        _month_day,
    ),
    (
        re.compile(
            WORD_BEFORE
            + r"(?P<day>\d{1,2})(?:st|nd|rd|th)? (?:of )?"
            + _MONTH
            + r"(?![a-z])(?:,? (?P<year>[12]\d{3}))?"
            + END
        ),
        _day_month,
    ),
    (
        re.compile(
            WORD_BEFORE
            + r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:\s?(?P<half>[ap]\.m\.|[AP]\.M\.|[apAP][mM])(?!\w))?(?![\d:])"
        ),
        _time,
    ),
    (
        re.compile(
            WORD_BEFORE
            + r"(?:(?P<from>\d{1,2})\s?(?P<from_half>[ap]\.?m\.?)?\s?[–-]\s?)?(?P<hour>\d{1,2})\s?(?P<half>[ap]\.m\.|[AP]\.M\.|[apAP][mM])(?!\w)"
        ),
        _hour,
    ),
    (_phone_number(r"(?<![\w])(?:\+?1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}"), _phone),
    (_phone_number(r"(?<!\w)1-\d{3}-[A-Z]{4,8}"), _phone),
    (_phone_number(r"(?<!\w)\+\d{1,3}(?:[ -]\(?\d{1,8}\)?){2,6}"), _phone),
    (_phone_number(r"(?<!\w)\+\d{9,15}"), _phone),
    (_phone_number(r"(?<!\w)\+\d{1,3}\s?\(0\)\s?\d{1,5}(?:[ -]?\d{2,8}){1,3}"), _phone),
    (_phone_number(r"\(0\d{1,4}\)(?:[ -]?\d{2,8}){1,3}"), _phone),
    (_phone_number(WORD_BEFORE + r"\d{3}-\d{4}"), _phone),
    (_phone_number(WORD_BEFORE + r"\d+(?:-\d+){2,}"), _phone),
    (
        re.compile(
            r"(?P<minus>"
            + _MINUS
            + ")"
            + _SIGN
            + rf"\s?(?P<amount>{NUMBER})(?:\s?(?P<scale>{_SCALE}))?(?:\s?[–-]\s?[$£€¥]?(?P<upper>{NUMBER})(?:\s?(?P<upper_scale>{_SCALE}))?)?"
            + _PER_UNIT
            + r"(?![\d])"
        ),
        _money,
    ),
    (
        re.compile(
            rf"(?P<minus>{_MINUS})(?P<amount>{NUMBER})(?:\s?(?P<scale>{_SCALE}))?\s?(?P<sign>[€£¥₹₩¢]|(?:USD|EUR|GBP|JPY|CAD|AUD|CHF|CNY|INR)(?!\w))"
        ),
        _money_after,
    ),
    (
        re.compile(
            rf"(?<!\w)(?P<code>USD|EUR|GBP|JPY|CAD|AUD|CHF|CNY|INR)\s?(?P<amount>{NUMBER})(?:\s?(?P<scale>{_SCALE}))?"
            + END
        ),
        _money_code_before,
    ),
    (
        re.compile(rf"(?P<minus>{_MINUS})(?P<amount>{NUMBER})%?(?:\s?[–-]\s?(?P<upper>{NUMBER}))?\s?%"),
        _percent,
    ),
    (
        re.compile(WORD_BEFORE + r"(?P<groups>\d{1,3}(?:\.\d{1,3}){3}):(?P<port>\d{1,5})" + END),
        _internet_address,
    ),
    (
        re.compile(
            r"(?<![\w.,])(?P<amount>\d+,\d{1,2})(?:\s?(?P<sign>%)|\s?(?P<scale>million|billion|trillion)(?!\w)"
            r"|\s?(?!(?:in|s|h|K|V|W|J|pt|cc|MP|ha|hp|cal)(?!\w))" + _UNIT + ")"
        ),
        _comma_measure,
    ),
    (re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?:\.\d{3})?\.\d{3}\.000(?:,\d\d?)?(?![\w]|[.,]\d)"), _grouped),
    (re.compile(WORD_BEFORE + r"(?P<v>[vV])?(?P<groups>\d+(?:\.\d+){2,})" + END), _version),
    (re.compile(WORD_BEFORE + r"(?P<v>[vV])(?P<groups>\d+(?:\.\d+)*)" + END), _version),
    (
        re.compile(
            WORD_BEFORE
            + r"(?P<n>\d[\d,]*|[1-9]\d{0,2}(?:'\d{3})+)(?:st|nd|rd|th)(?:\s?[–-]\s?(?P<last>\d+)(?:st|nd|rd|th))?"
            + END,
            re.I,
        ),
        _ordinal,
    ),
    (re.compile(r"(?<!\w)'?(?P<n>(?:1[1-9]|20)\d0|\d0|100|1,?000)'?s" + END), _decade),
    (re.compile(WORD_BEFORE + rf"(?P<amount>{NUMBER})\s?[x×*]\s?10(?P<power>²|³|\^-?\d+)"), _times_ten),
    (re.compile(WORD_BEFORE + rf"(?P<a>{NUMBER})(?P<rest>(?:\s?[x×]\s?{NUMBER})+)(?![\w^])"), _times),
    (re.compile(WORD_BEFORE + rf"(?P<n>{NUMBER})[x×](?![\w^²³])"), _fold_times),
    (re.compile(rf"(?P<minus>{_MINUS})(?<!\w)(?P<n>{NUMBER})\s?° (?P<scale>[CF])(?!\w)"), _spaced_degrees),
    (
        re.compile(
            r"(?<![\w/.])(?P<n>\d+\.\d+|\d+(?=/\d+ stars))/(?P<most>5|10|20|100)(?![\w/]|\.\d|\s?(?:mg|ml|mm|g|mcg)\b)"
        ),
        _out_of,
    ),
    (
        re.compile(
            WORD_BEFORE
            + rf"(?P<n>{NUMBER})/(?P<per>min|hr|hour|day|week|month|year|yr|sec|night|person)(?![\w/])"
        ),
        _number_per,
    ),
    (
        re.compile(
            WORD_BEFORE
            + r"(?<!\d/)(?:(?P<whole>\d+)[ -])?(?P<top>\d+)/(?P<bottom>\d+)(?:ths|th|rds|nds)?(?:\s?"
            + _UNIT
            + r")?(?![\w/])"
        ),
        _fraction,
    ),
    (
        re.compile(
            rf"(?P<minus>{_MINUS})(?<![\w])(?P<amount>{NUMBER})(?:\s?[–-]\s?(?P<upper>{NUMBER}))?[\s-]?(?!(?:in|m|s|h|K|g|l|L|V|W|J|pt|cc|MP|ha|hp|cal)\s|in-(?!lb)\w)"
            + _UNIT
            + _PER_UNIT
        ),
        _measure,
    ),
    (
        re.compile(
            rf"(?P<minus>{_MINUS})(?<![\w])(?P<amount>{NUMBER})(?P<upper>(?!))?\s?(?P<unit>in|m|s|h|g|l|L|V|W|J|ha|hp|cal)(?=[\s.,;:!?)]|$)(?<!\d in)(?P<per>(?!))?"
        ),
        _measure,
    ),
    (re.compile(WORD_BEFORE + rf"(?P<a>{NUMBER})\s?–\s?(?P<b>{NUMBER})" + END), _range),
    (re.compile(WORD_BEFORE + rf"(?P<a>{NUMBER})-(?P<b>{NUMBER})" + END), _range),
    (re.compile(WORD_BEFORE + r"(?P<a>\d+):(?P<b>\d+)" + END), _ratio),
    (re.compile(WORD_BEFORE + r"[pP]\.(?=\s?\d)"), between("page")),
    (re.compile(r"#\s?(?P<n>[1-9]\d{0,2}(?:'\d{3})+|\d[\d,]*)" + END), _hash_number),
    (
        re.compile(
            r"(?<![^\W²³])(?P<factor>\d+(?:\.\d+)?)?(?P<letters>[a-zA-Z"
            + "".join(known.LETTERS_OF_GREEK)
            + r"]{1,4})(?P<power>²|³|\^-?\d+)"
        ),
        _power,
    ),
    (re.compile(r"(?<![\w^])(?P<base>[A-Za-z]|\d+)\^(?P<power>[A-Za-z])(?![\w^])"), _lettered_power),
    (
        re.compile(r"(?:(?<!\w)(?P<factor>\d+)|(?<!\w))(?P<base>\d+|[a-zA-Z])(?P<power>²|³|\^-?\d+)"),
        _exponent,
    ),
    (
        re.compile(
            r"(?P<minus>"
            + _MINUS
            + rf")(?<![\w])(?P<n>{NUMBER})(?:\s?(?P<scale>(?:bn|mn)(?!\w)))?(?P<owner>'s(?!\w))?(?![\d]|[^\W\d_])"
        ),
        _plain_number,
    ),
]
"""In the order they are asked; the special before the general."""
