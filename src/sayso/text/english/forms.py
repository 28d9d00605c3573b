"""Rules for forms between words and figures: heights, files, days, emergency numbers, years of an event, postal codes."""

from __future__ import annotations

import re

from sayso.text.english import abbreviations as known
from sayso.text.english.figures import fraction
from sayso.text.english.numbers import cardinal, digits, ordinal, written_number, year
from sayso.text.english.place import END, NUMBER, WORD_BEFORE, Place, Rules, alternatives, between
from sayso.text.english.web import spoken_address
from sayso.text.english.wording import roman
from sayso.text.english.wordset import wordset

_MONTH_NAMES = list(known.MONTHS)
_DATE_AFTER = wordset("on by until till since before after due from dated")
_CALLED = wordset("call called calling calls dial dialed dialing ring rang phone phoned text")
_NOT_EMERGENCIES = wordset("porsche flight room route boeing number page over about")
_DAYS = {
    "mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday", "weds": "wednesday", "thu": "thursday",
    "thur": "thursday", "thurs": "thursday", "fri": "friday", "sat": "saturday", "sun": "sunday",
}  # fmt: skip
_MONTHS = {**{name[:3]: name for name in _MONTH_NAMES}, "sept": "september"}
_FILES = wordset(
    "txt md py js ts jsx tsx json csv tsv pdf doc docx xls xlsx ppt pptx png jpg jpeg gif svg webp mp3 mp4 wav flac ogg avi mov "
    "mkv zip tar gz html htm css xml yaml yml toml ini log exe dll iso apk java cpp php rb rs ipynb sql env"
)
_STATES = {
    "AL": "alabama", "AK": "alaska", "AZ": "arizona", "AR": "arkansas", "CA": "california", "CO": "colorado",
    "CT": "connecticut", "DE": "delaware", "DC": "D C", "FL": "florida", "GA": "georgia", "HI": "hawaii", "ID": "idaho",
    "IL": "illinois", "IN": "indiana", "IA": "iowa", "KS": "kansas", "KY": "kentucky", "LA": "louisiana", "ME": "maine",
    "MD": "maryland", "MA": "massachusetts", "MI": "michigan", "MN": "minnesota", "MS": "mississippi", "MO": "missouri",
    "MT": "montana", "NE": "nebraska", "NV": "nevada", "NH": "new hampshire", "NJ": "new jersey", "NM": "new mexico",
    "NY": "new york", "NC": "north carolina", "ND": "north dakota", "OH": "ohio", "OK": "oklahoma", "OR": "oregon",
    "PA": "pennsylvania", "RI": "rhode island", "SC": "south carolina", "SD": "south dakota", "TN": "tennessee",
    "TX": "texas", "UT": "utah", "VT": "vermont", "VA": "virginia", "WA": "washington", "WV": "west virginia",
    "WI": "wisconsin", "WY": "wyoming",
}  # fmt: skip
_WINDS = {"N": "north", "S": "south", "E": "east", "W": "west"}


def _height(match: re.Match[str], _: Place) -> list[str] | None:
    return [*cardinal(int(match["feet"])), "foot", *written_number(match["inches"])]


def _board(match: re.Match[str], _: Place) -> list[str] | None:
    first, second = int(match["first"]), int(match["second"])
    return [
        *cardinal(first),
        "foot" if first == 1 else "feet",
        "by",
        *cardinal(second),
        "foot" if second == 1 else "feet",
    ]


def _feet(match: re.Match[str], _: Place) -> list[str] | None:
    return [*cardinal(int(match["n"])), "foot" if match["n"] == "1" else "feet"]


def _inches(match: re.Match[str], place: Place) -> list[str] | None:
    # A quotation that ends with a number looks the same: then one is open.
    if place.text.count('"', 0, match.start()) % 2:
        return None
    follows = re.match(r" ?[a-z]", place.text[match.end() :]) is not None
    return [*written_number(match["n"]), "inch" if follows or match["n"] == "1" else "inches"]


_NO_NOUN = re.compile(
    r" (?:and|or|to|of|in|on|at|is|was|by|from|for|with|than|x|thick|long|wide|deep|high|tall|across|apart)\b"
)


def _part_of_an_inch(match: re.Match[str], place: Place) -> list[str] | None:
    words = fraction(match["whole"], int(match["top"]), int(match["bottom"]))
    if words is None or place.text.count('"', 0, match.start()) % 2:
        return None
    rest = place.text[match.end() :]
    if re.match(r" [a-z]", rest) and not _NO_NOUN.match(rest):
        return [*words, "inch"]  # a three quarters inch pipe
    return [*words, "inches"] if match["whole"] else [*words, "of", "an", "inch"]


def _angle(match: re.Match[str], _: Place) -> list[str] | None:
    words = [*cardinal(int(match["degrees"])), "degrees", *cardinal(int(match["minutes"])), "minutes"]
    if match["seconds"]:
        words += [*written_number(match["seconds"]), "seconds"]
    return [*words, _WINDS[match["wind"]]] if match["wind"] else words


def _day_of_year(match: re.Match[str], place: Place) -> list[str] | None:
    month, day = int(match["month"]), int(match["day"])
    if place.before.lower() not in _DATE_AFTER or not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return [_MONTH_NAMES[month - 1], *ordinal(day)]


def _month(match: re.Match[str], _: Place) -> list[str] | None:
    return [_MONTHS[match["month"].lower()]]


def _instant(match: re.Match[str], _: Place) -> list[str] | None:
    month, day = int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    words = [_MONTH_NAMES[month - 1], *ordinal(day), ",", *year(int(match["year"])), ","]
    return words + _clock(match["hour"], match["minute"])


def _clock(hour: str, minute: str) -> list[str]:
    minutes = int(minute)
    if not minutes:
        return (
            [*cardinal(int(hour)), "o'clock"] if 1 <= int(hour) <= 12 else [*cardinal(int(hour)), "hundred"]
        )
    return [*cardinal(int(hour)), *(["oh"] if minutes < 10 else []), *cardinal(minutes)]


def _hour_and_minutes(match: re.Match[str], _: Place) -> list[str] | None:
    return _clock(match["hour"], match["minute"]) if int(match["hour"]) <= 24 else None


def _month_of_year(match: re.Match[str], _: Place) -> list[str] | None:
    month, in_year = int(match["month"]), int(match["year"])
    # 2003-04 and 2003-09 are rather two years.
    return [_MONTH_NAMES[month - 1], *year(in_year)] if month <= in_year % 100 else None


def _millions(match: re.Match[str], _: Place) -> list[str] | None:
    return [*written_number(match["amount"]), "million"]


def _time_span(match: re.Match[str], _: Place) -> list[str] | None:
    if (
        max(int(match["hour"]), int(match["to_hour"])) > 24
        or max(int(match["minute"]), int(match["to_minute"])) > 59
    ):
        return None
    half = [match["half"][0].upper(), "M"] if match["half"] else []
    return [
        *_clock(match["hour"], match["minute"]),
        "to",
        *_clock(match["to_hour"], match["to_minute"]),
        *half,
    ]


def _named_money(match: re.Match[str], _: Place) -> list[str] | None:
    return [
        *written_number(match["amount"]),
        *([match["scale"].lower()] if match["scale"] else []),
        match["name"].lower(),
    ]


def _pressure(match: re.Match[str], _: Place) -> list[str] | None:
    top, bottom = cardinal(int(match["top"])), cardinal(int(match["bottom"]))
    return [*top, "over", *bottom, *(["millimeters", "of", "mercury"] if match["unit"] else [])]


def _word_number(match: re.Match[str], _: Place) -> list[str] | None:
    return [*digits(match["digits"]), ",", match["word"].lower()]


_STREETS = {
    "Ave": "avenue",
    "Blvd": "boulevard",
    "Rd": "road",
    "Ln": "lane",
    "Pkwy": "parkway",
    "St": "street",
    "Dr": "drive",
}


def _street(match: re.Match[str], place: Place) -> list[str] | None:
    is_named = place.before[:1].isupper() or re.match(r"\d+(?:st|nd|rd|th)$", place.before) is not None
    return [_STREETS[match[0]]] if is_named else None


def _owner_rank(match: re.Match[str], place: Place) -> list[str] | None:
    value = roman(match["number"])
    if value is None or place.before.lower() not in known.REGNAL:
        return None
    words = ordinal(value)
    return ["the", *words[:-1], words[-1] + "'s"]


def _two_years(match: re.Match[str], _: Place) -> list[str] | None:
    first, second = int(match["first"]), int(match["second"])
    return [*year(first), "to", *cardinal(second)] if second == (first + 1) % 100 else None


def _span(match: re.Match[str], _: Place) -> list[str] | None:
    first, last = match["first"].lower(), match["last"].lower()
    names = _DAYS if first in _DAYS else _MONTHS
    return [names[first], "to", names[last]] if first in names and last in names else None


def _day(match: re.Match[str], _: Place) -> list[str] | None:
    return [_DAYS[match["day"].lower()]]


def _short_year(match: re.Match[str], _: Place) -> list[str] | None:
    return ["oh", *digits(match["n"][1])] if match["n"][0] == "0" else cardinal(int(match["n"]))


def _race(match: re.Match[str], _: Place) -> list[str] | None:
    times = [*cardinal(int(match["times"])), "by"] if match["times"] else []
    return [*times, *written_number(match["n"]), "meter"]


def _saint(_: re.Match[str], place: Place) -> list[str] | None:
    return None if place.before[:1].isupper() or place.before[:1].isdigit() else ["saint"]


def _comma_money(match: re.Match[str], _: Place) -> list[str] | None:
    euros, cents = int(match["euros"].replace(".", "")), int(match["cents"])
    words = [*cardinal(euros), "euro" if euros == 1 else "euros"]
    return [*words, "and", *cardinal(cents), "cent" if cents == 1 else "cents"] if cents else words


def _shares(match: re.Match[str], _: Place) -> list[str] | None:
    first, second = int(match["first"]), int(match["second"])
    return [*cardinal(first), *cardinal(second)] if first + second == 100 else None


def _emergency(match: re.Match[str], place: Place) -> list[str] | None:
    before = place.before.lower()
    if before in _CALLED or (match[0] == "911" and before not in _NOT_EMERGENCIES):
        return digits(match[0])
    return None


def _groups(match: re.Match[str], _: Place) -> list[str] | None:
    words: list[str] = []
    for i, group in enumerate(match[0].split()):
        words += [",", *digits(group)] if i else digits(group)
    return words


def _spaced(match: re.Match[str], _: Place) -> list[str] | None:
    return cardinal(int(match[0].replace(" ", "")))


def _scientific(match: re.Match[str], _: Place) -> list[str] | None:
    power = int(match["power"])
    sign = ["minus"] if power < 0 else []
    return [*written_number(match["base"]), "times", "ten", "to", "the", *sign, *ordinal(abs(power))]


def _short_scale(match: re.Match[str], _: Place) -> list[str] | None:
    scale = {"M": "million", "B": "billion"}.get(match["scale"].upper(), "K")
    return [*written_number(match["amount"]), scale]


def _spelled_file(match: re.Match[str], _: Place) -> list[str] | None:
    return spoken_address(match[0])


def _rupees(match: re.Match[str], _: Place) -> list[str] | None:
    return [*written_number(match["amount"]), "rupee" if match["amount"] == "1" else "rupees"]


def _hours(match: re.Match[str], _: Place) -> list[str] | None:
    hours, minutes = int(match["hours"]), int(match["minutes"])
    return [
        *cardinal(hours), "hour" if hours == 1 else "hours",
        *cardinal(minutes), "minute" if minutes == 1 else "minutes",
    ]  # fmt: skip


def _state(match: re.Match[str], _: Place) -> list[str] | None:
    words = [*_STATES[match["state"]].split(), *digits(match["zip"])]
    return [*words, ",", *digits(match["more"])] if match["more"] else words


_DAY = "(?:" + alternatives(_DAYS).replace("\\", "") + ")"
_NAME = "(?:" + alternatives({*_DAYS, *_MONTHS}) + ")"


RULES: Rules = [
    (
        re.compile(
            r"(?<!\w)(?P<degrees>\d{1,3})°\s?(?P<minutes>\d{1,2})'(?:\s?(?P<seconds>\d{1,2}(?:\.\d+)?)\")?"
            r"(?:\s?(?P<wind>[NSEW])(?!\w))?"
        ),
        _angle,
    ),
    (
        re.compile(r"(?<![\w/.])(?:(?P<whole>\d{1,3})[ -])?(?P<top>\d{1,2})/(?P<bottom>\d{1,3})\"(?!\w)"),
        _part_of_an_inch,
    ),
    (re.compile(r"(?<!\w)(?P<first>\d{1,3})'\s?[x×]\s?(?P<second>\d{1,3})'"), _board),
    (re.compile(r"(?<!\w)(?P<feet>\d{1,2})'\s?(?P<inches>\d{1,2}(?:\.\d)?)(?:\"|'')"), _height),
    (re.compile(r"(?<![\w'])(?P<n>\d{1,3})'(?=\s(?:tall|high|wide|long|deep|x|by)\b|\s?[x×])"), _feet),
    (re.compile(r"(?<![\w'\"])(?P<n>\d{1,3}(?:\.\d+)?)\"(?!\w)"), _inches),
    (re.compile(WORD_BEFORE + r"(?P<month>\d{1,2})/(?P<day>\d{1,2})(?![\w/])"), _day_of_year),
    (
        re.compile(
            WORD_BEFORE
            + r"(?P<year>[12]\d{3})-(?P<month>\d{2})-(?P<day>\d{2})T(?P<hour>\d{2}):(?P<minute>\d{2})(?::\d{2}(?:\.\d+)?)?Z?"
            + END
        ),
        _instant,
    ),
    (
        re.compile(
            WORD_BEFORE
            + r"(?P<hour>\d{1,2}):(?P<minute>\d{2})\s?[–-]\s?(?P<to_hour>\d{1,2}):(?P<to_minute>\d{2})"
            + r"(?:\s?(?P<half>[ap]\.m\.|[ap]m)(?!\w))?(?![\d:])",
            re.I,
        ),
        _time_span,
    ),
    (re.compile(WORD_BEFORE + r"(?P<month>Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?= [12]\d{3}(?!\d))"), _month),
    (
        re.compile(
            rf"(?<!\w)[$£€](?P<amount>{NUMBER}) ?(?P<scale>thousand|million|billion|trillion)? (?P<name>dollars|pounds|euros)" + END
        ),
        _named_money,
    ),
    (re.compile(WORD_BEFORE + r"(?P<top>\d{2,3})/(?P<bottom>\d{2,3})\s?(?P<unit>mmHg)"), _pressure),
    (re.compile(r"(?<![\w-])(?P<digits>\d{3})-(?P<word>[A-Z]{4})" + END), _word_number),
    (re.compile(r"(?<=\w )(?:Ave|Blvd|Rd|Ln|Pkwy|St|Dr)(?=$|,|;|\s(?!\s*[A-Z]))(?!\.)"), _street),
    (re.compile(WORD_BEFORE + r"(?P<number>[IVX]{2,})'s" + END), _owner_rank),
    (re.compile(WORD_BEFORE + r"[Aa]\s?[–-]\s?[Zz]" + END), between("A to Z")),
    (re.compile(WORD_BEFORE + r"(?P<first>(?:19|20)\d\d)/(?P<second>\d\d)" + END), _two_years),
    (
        re.compile(WORD_BEFORE + rf"(?P<first>{_NAME})\.?\s?[–-]\s?(?P<last>{_NAME})\.?(?!\w)", re.I),
        _span,
    ),
    (
        re.compile(
            WORD_BEFORE
            + rf"(?=[A-Z])(?P<day>{_DAY})(?=,? (?:\d|at \d|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))",
            re.I,
        ),
        _day,
    ),
    (re.compile(r"(?<![\w$£€.,:/+-])(?:911|999|112|411|311|988)(?![\w%/-]|[.,:]\d)"), _emergency),
    (re.compile(r"(?<![\w.,+$£€-])0\d{2,4}(?: \d{3,4}){1,3}" + END), _groups),
    (re.compile(r"(?<![\w.,+$£€-])\d{4}(?: \d{4}){2,4}" + END), _groups),
    (re.compile(r"(?<![\w.,+-])[1-9]\d{0,2}(?: \d{3})* 000" + END), _spaced),
    (re.compile(WORD_BEFORE + r"(?P<base>\d+(?:\.\d+)?)[eE](?P<power>[+-]?\d{1,3})" + END), _scientific),
    (re.compile(WORD_BEFORE + r"(?P<amount>\d+\.\d+)\s?(?P<scale>[kKMB])" + END), _short_scale),
    (re.compile(WORD_BEFORE + r"(?!3M)(?P<amount>\d+)(?P<scale>M)" + END), _short_scale),
    (re.compile(WORD_BEFORE + r"(?P<hours>\d{1,3})\s?h\s?(?P<minutes>\d{1,2})\s?m(?:in)?" + END), _hours),
    (re.compile(WORD_BEFORE + r"(?P<hour>\d{1,2})h(?P<minute>[0-5]\d)" + END), _hour_and_minutes),
    (re.compile(r"(?<![\w-])(?P<year>(?:19|20)\d\d)-(?P<month>0[1-9])(?![\w-])"), _month_of_year),
    (
        re.compile(
            WORD_BEFORE
            + r"(?P<amount>\d+(?:\.\d+)?)m(?= (?:people|users|views|viewers|followers|subscribers|customers|downloads|jobs|votes|copies)\b)"
        ),
        _millions,
    ),
    (re.compile(r"(?<!\w)[Nn]°\s?(?=\d)"), between("number")),
    (re.compile(rf"(?<!\w)Rs\.?\s?(?P<amount>{NUMBER})" + END), _rupees),
    (
        re.compile(
            rf"(?<!\w)(?P<state>{'|'.join(_STATES)}) (?P<zip>\d{{5}})(?:-(?P<more>\d{{4}}))?" + END
        ),
        _state,
    ),
    (
        re.compile(
            r"(?<![\w@/.])[A-Za-z][\w-]*(?:\.[\w-]+)*\.(?:" + alternatives(_FILES) + r")(?![\w/]|\.\w)",
            re.I,
        ),
        _spelled_file,
    ),
    (re.compile(r"(?<![\w/<])(?:[.]{0,2}(?:/[\w.-]*\w){2,}|~(?:/[\w.-]*\w)+)/?"), _spelled_file),
    (re.compile(r"(?<![\w'])'(?P<n>\d\d)(?![\w'])"), _short_year),
    (
        re.compile(
            WORD_BEFORE
            + r"(?:(?P<times>\d{1,2})\s?[x×]\s?)?(?P<n>\d{2,5})\s?m(?= (?:race|dash|sprint|relay|hurdles|freestyle|run|pool|final)\b)"
        ),
        _race,
    ),
    (re.compile(r"(?<!\w)St(?= [A-Z][a-z])"), _saint),
    (re.compile(r"€\s?(?P<euros>\d{1,3}(?:\.\d{3})*|\d+),(?P<cents>\d\d)(?!\d)"), _comma_money),
    (re.compile(r"(?<![\w.,])(?P<euros>\d{1,3}(?:\.\d{3})*|\d+),(?P<cents>\d\d)\s?€"), _comma_money),
    (re.compile(WORD_BEFORE + r"(?P<first>\d{2})/(?P<second>\d{2})(?![\w/])"), _shares),
    (re.compile(r"(?<!\w)[Rr]ev\.\s?(?=\d)"), between("revision")),
    (re.compile(r"(?<!\w)[Vv]er\.\s?(?=\d)"), between("version")),
    (re.compile(r"(?<!\w)c(?:a|irca)?\.\s?(?=\d{3,4}(?!\d))"), between("circa")),
    (re.compile(r"(?<!\w)b\.\s?(?=[12]\d{3}(?!\d))"), between("born")),
    (re.compile(r"(?<!\w)d\.\s?(?=[12]\d{3}(?!\d))"), between("died")),
    (re.compile(r"(?<!\w)[Cc]h\.\s?(?=\d|[IVXLC]+(?!\w))"), between("chapter")),
]  # fmt: skip
"""Asked before the other figures."""
