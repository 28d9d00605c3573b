"""Rules for words: addresses, abbreviations, capitals, Roman numerals, mixtures of letters and digits, signs."""

from __future__ import annotations

import re
import unicodedata

from sayso.text.english import abbreviations as known
from sayso.text.english import lexicon
from sayso.text.english.fold import SUBSCRIPTS, plain_letters
from sayso.text.english.numbers import cardinal, digits, ordinal, written_number, year
from sayso.text.english.place import WORD_BEFORE, Place, Rules, alternatives, between
from sayso.text.english.web import BARE_ADDRESS, WEB_ADDRESS, spoken_address


def _address(match: re.Match[str], _: Place) -> list[str] | None:
    return spoken_address(match[0])


def _counted_hashtag(match: re.Match[str], _: Place) -> list[str] | None:
    return ["hashtag", *cardinal(int(match["n"])), *spoken_address(match["rest"])]


def _phrase(match: re.Match[str], _: Place) -> list[str] | None:
    words = known.PHRASES[match["phrase"]].split()
    return [*words[:-1], words[-1] + "'s"] if match["owner"] else words


def _letters(text: str) -> list[str]:
    return [c.upper() for c in text if c.isalpha() and c.isascii()]


def _dotted_letters(match: re.Match[str], _: Place) -> list[str] | None:
    return _letters(match[0])


def _initial(match: re.Match[str], _: Place) -> list[str] | None:
    return [match[0][0]]


def _abbreviation(match: re.Match[str], place: Place) -> list[str] | None:
    name = match["name"].lower()
    following = place.text[match.end() :].lstrip()
    if name == "ft" and following[:1].isupper():
        return ["fort"]
    is_named = place.before[:1].isupper() or place.before[:1].isdigit()
    if name in ("st", "dr") and not following[:1].isupper() and is_named:
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
    return known.WORDS[name].split()


def _undotted(match: re.Match[str], place: Place) -> list[str] | None:
    name = match[0].lower()
    if match[0].isupper() and len(match[0]) < 5 and name not in ("mr", "mrs", "dr"):
        return None
    following = place.text[match.end() :].lstrip(" ")
    if name in ("ave", "sec", "max", "min", "misc", "dept"):
        return None
    if name in known.TITLES and not following[:1].isupper():
        return None
    return (known.TITLES.get(name) or known.WORDS[name]).split()


_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def roman(text: str) -> int | None:
    """The value of a Roman numeral below 400 in its usual form, else None."""
    if not re.fullmatch(r"C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})", text):
        return None
    total = 0
    for char, following in zip(text, text[1:] + " ", strict=True):
        value = _ROMAN_VALUES[char]
        total += -value if value < _ROMAN_VALUES.get(following, 0) else value
    return total


def _roman_numeral(match: re.Match[str], place: Place) -> list[str] | None:
    value = roman(match[0])
    before = place.before
    if value is None or place.shouted:
        return None
    if before.lower() in known.ROMAN_AFTER and before:
        # "In act I was moved": a pronoun goes on in small letters.
        is_war = place.just_before(match).endswith("World War ")
        if not is_war and match[0] == "I" and re.match(r" [a-z]", place.text[match.end() :]):
            return None
        return cardinal(value)
    alone = match[0] == "I" and not re.match(r" of [A-Z]|[.,;:)]|$", place.text[match.end() :])
    if before.lower() in known.REGNAL and before[:1].isupper() and not alone:
        return ["the", *ordinal(value)]
    if len(match[0]) > 1 and set(match[0]) <= set("IVX") and match[0] not in ("XX", "XXX"):
        return cardinal(value)
    return None


def _roman_year(match: re.Match[str], _: Place) -> list[str] | None:
    hundreds = {"MCM": 1900, "MM": 2000, "MD": 1500, "MDC": 1600, "MDCC": 1700, "MDCCC": 1800}[
        match["hundreds"]
    ]
    rest = roman(match["rest"])
    return None if rest is None or rest > 99 or len(match[0]) < 4 else year(hundreds + rest)


_CASES = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z']+|[A-Z]+")
_PRONOUNCEABLE = re.compile(r"(?:[^aeiouy]{0,2}[aeiouy]{1,2})+[^aeiouy]{0,2}")


def _capitals(word: str, place: Place, following: str = "") -> list[str]:
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
        return _us_or_it(word, place, following)
    if word in known.SAID_AS_LETTERS:
        return _letters(word)
    if word in known.SHORT_WORDS:
        return [lower]
    if len(word) <= 3:
        return _letters(word)
    if listed or (len(word) > 4 and _PRONOUNCEABLE.fullmatch(lower)):
        return [lower]
    return _letters(word)


_COMPUTING = re.compile(
    r" (?:department|support|team|staff|infrastructure|manager|specialist|industry|sector|systems?|security|jobs?|budget|guy)\b"
)


def _us_or_it(word: str, place: Place, following: str) -> list[str]:
    if word == "IT" and _COMPUTING.match(following):
        return list(word)
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


def _word_rule(match: re.Match[str], place: Place) -> list[str] | None:
    written = (
        match[0].strip("'") if not match[0].lower().startswith(("'t", "'em", "'cause", "'bout")) else match[0]
    )
    possessive = written[-2:].lower() == "'s"
    stem = written[:-2] if possessive else written
    if _GREEK.search(stem):
        # The end of a word of Greek is not asked about alone.
        is_end = place.text[: match.start()][-1:].isalpha()
        return None if is_end else _formula(stem) or None
    if not plain_letters(stem):
        return None
    if (
        stem == "A"
        and not possessive
        and place.before
        and not place.shouted
        and not re.match(r" ['\"“(]?[A-Z]", place.text[match.end() :])
    ):
        return ["A"]  # plan A, not Once Upon A Time
    if len(stem) == 1 and ("B" <= stem <= "Z" or (stem == "A" and possessive)) and stem != "I":
        return [stem + "'s" if possessive else stem]
    if len(stem) > 1 and stem.isascii() and re.fullmatch(r"[A-Z]{2,}s?", stem):
        words = _capitals(stem, place, place.text[match.end() : match.end() + 20])
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


_GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]+")
_PARTS = re.compile(rf"\d+(?:\.\d+)?|{_GREEK.pattern}|(?:(?!{_GREEK.pattern})[^\W\d_])+")


def _formula(text: str) -> list[str]:
    """Latin and Greek letters in one: Δx is delta X. Greek that is a word is not said."""
    words: list[str] = []
    for part in _PARTS.findall(text):
        if _GREEK.match(part):
            words += _greek(part)
        elif plain := plain_letters(part):
            words += _letters(plain) if len(part) <= 2 else [part.lower()]
    return words


def _greek(letters: str) -> list[str]:
    if len(letters) > known.MOST_LETTERS_OF_GREEK or not set(letters) <= known.LETTERS_OF_GREEK.keys():
        return []
    return [known.LETTERS_OF_GREEK[letter] for letter in letters]


_ELEMENT = re.compile("(?:" + alternatives(known.ELEMENTS) + ")")
_ELEMENTS = re.compile(rf"(?:{_ELEMENT.pattern})+")
_MOLECULE = re.compile(rf"(?=[A-Za-z]*\d+[A-Za-z]+\d)(?:{_ELEMENT.pattern}\d{{0,2}}){{2,}}")
"""With two counts at least: H2SO4. With one it may be a name as well: WIN32."""
_SUBSCRIPT = "[" + SUBSCRIPTS + "]"
_SUBSCRIBED = re.compile(rf"{_SUBSCRIPT}+(?:\.{_SUBSCRIPT}+)?|\d+(?:\.\d+)?|(?:(?!{_SUBSCRIPT})[^\W\d_])+")


def _subscribed(match: re.Match[str], _: Place) -> list[str] | None:
    """H₂SO₄ is spelled, x₁ is X one, log₂ is log two."""
    words: list[str] = []
    for part in _SUBSCRIBED.findall(match["formula"]):
        if not part[0].isalpha():
            words += written_number(unicodedata.normalize("NFKC", part))
        else:
            words += _letters(part) if _ELEMENTS.fullmatch(part) else _formula(part)
    return [*words[:-1], words[-1] + "'s"] if match["owner"] and words else words


def _mixed(match: re.Match[str], place: Place) -> list[str] | None:
    """Letters and digits in one: MP3, B2B, 3D, GPT4, A380."""
    if _MOLECULE.fullmatch(match[0]):
        parts = re.findall(r"\d+|[A-Za-z]", match[0])
        return [
            word for part in parts for word in (cardinal(int(part)) if part.isdecimal() else [part.upper()])
        ]
    words: list[str] = []
    for part in _PARTS.findall(match[0]):
        if _GREEK.match(part):
            words += _greek(part)
        elif part[0].isdecimal():
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
        return written_number(text)
    n = int(text)
    if len(text) == 3 and n % 100:
        return [*cardinal(n // 100), *(["oh", *cardinal(n % 10)] if n % 100 < 10 else cardinal(n % 100))]
    if len(text) == 4 and n % 1000:
        return year(n)
    return cardinal(n) if len(text) < 5 else digits(text)


def _symbol(match: re.Match[str], place: Place) -> list[str] | None:
    if match[0] == "$" and re.match(r"[A-Z]{2,5}(?!\w)", place.text[match.end() :]):
        return None  # of a share: $AAPL
    if match[0] == "°":
        before, after = place.just_before(match).rstrip()[-1:], place.text[match.end() :].lstrip()[:1]
        if not any(c.isalnum() and c.isascii() for c in before + after):
            return None  # an eye of (°□°)
    return _SYMBOLS[match[0]].split() or None


_SYMBOLS = {
    "&": "and", "+": "plus", "=": "equals", "@": "at", "%": "percent", "°": "degrees", "§": "section", "±": "plus or minus",
    "×": "times", "÷": "divided by", "≈": "approximately", "≠": "is not equal to", "≤": "is at most", "≥": "is at least",
    "→": "to", "¼": "one quarter", "½": "one half", "∞": "infinity", "√": "square root of", "$": "dollars", "€": "euros",
    "£": "pounds", "¢": "cents", "№": "number",
}  # fmt: skip


FIRST: Rules = [
    (
        re.compile(
            WORD_BEFORE + "(?P<phrase>" + alternatives(known.PHRASES) + r")(?P<owner>'s(?!\w))?(?![\w&+#])"
        ),
        _phrase,
    ),
    (
        re.compile(
            rf"(?<!\w)(?P<formula>(?=[\w()]*{_SUBSCRIPT})[^\W_]+(?:\.(?={_SUBSCRIPT})[^\W_]+|\([^\W_]+\)[^\W_]*)*)"
            r"(?P<owner>'s(?!\w))?"
        ),
        _subscribed,
    ),
    (WEB_ADDRESS, _address),
    (re.compile(r"(?<![\w.])[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"), _address),
    (BARE_ADDRESS, _address),
    (re.compile(r"(?<!\w)@\w+"), _address),
    (re.compile(r"(?<!\w)#[A-Za-z]\w*"), _address),
    (re.compile(r"(?<!\w)#(?P<n>\d{1,3})(?P<rest>[A-Z][a-z]{2,}\w*)"), _counted_hashtag),
]
"""Asked before any figure: fixed forms and addresses."""

LAST: Rules = [
    (re.compile(WORD_BEFORE + r"(?:[A-Za-z]\.){2,}(?:[A-Za-z](?!\w))?"), _dotted_letters),
    (re.compile(WORD_BEFORE + r"[A-Z]\.(?=\s?[A-Z][a-z]|\s?[A-Z]\.)"), _initial),
    (
        re.compile(
            WORD_BEFORE + "(?P<name>" + alternatives({*known.TITLES, *known.WORDS}) + r")\.",
            re.I,
        ),
        _abbreviation,
    ),
    (re.compile(WORD_BEFORE + "(?:" + alternatives(known.WITHOUT_DOT) + r")(?![\w'.])", re.I), _undotted),
    (re.compile(WORD_BEFORE + r"(?P<hundreds>MCM|MM|MDC{0,3})(?P<rest>[IVXLC]+)(?![\w'])"), _roman_year),
    (re.compile(WORD_BEFORE + r"[IVXLC]+" + r"(?![\w'])"), _roman_numeral),
    (re.compile(r"(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]+(?:\.\d+)?"), _mixed),
    (re.compile(r"(?<!\w)'?[^\W\d_]+(?:'[^\W\d_]+)*'?"), _word_rule),
    (re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*"), _word_rule),
    (re.compile(r"!={1,2}(?=\s?[\w\"'(\[-])"), between("is not equal to")),
    (re.compile(r"(?<![=<>])={2,3}(?!=)"), between("equals")),
    (re.compile(r"<="), between("is at most")),
    (re.compile(r">="), between("is at least")),
    (re.compile(r"(?<=[\w)\]])[-=]>"), between("to")),
    (re.compile(r"&&"), between("and")),
    (re.compile(r"§§"), between("sections")),
    (re.compile(r"(?<=\d)\*\*(?=\d+(?![\d*]))"), between("to the power of")),
    (re.compile(r"(?<=\w )<(?= \w)"), between("is less than")),
    (re.compile(r"(?<=\w )>(?= \w)"), between("is greater than")),
    (re.compile(r"~(?=\s?[\d$£€])"), between("about")),
    (re.compile(r"<(?=\s?[\d$£€])"), between("less than")),
    (re.compile(r">(?=\s?[\d$£€])"), between("more than")),
    (re.compile(r"(?<=\d)\*(?=\d)|(?<=\d )\*(?= \d)"), between("times")),
    (re.compile(r"(?<=\d) [-–] (?=\d[^=\n]{0,12}=)"), between("minus")),
    (re.compile(r"(?<=[\dm]) [-–] (?=\d)"), between("to")),
    (re.compile(r"(?<=\d )/(?= \d)"), between("divided by")),
    (re.compile("[" + "".join(re.escape(symbol) for symbol in _SYMBOLS) + "]"), _symbol),
    (re.compile(r"\d"), lambda match, _: digits(match[0]) or None),
]
"""Asked when no figure fits."""
