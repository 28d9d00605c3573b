"""One spelling for things written in many: Unicode forms, quotes, dashes, spaces; with the way back.

Folding changes lengths (ﬁ -> fi, e + accent -> é), so each folded character keeps the place of the
character it came from: what is spoken can always be pointed at in the text as it was written.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

_PLAIN = {
    "‘": "'", "’": "'", "‛": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'", "″": '"',
    "«": "“", "»": "”", "„": "“", "‟": "“", "‹": "“", "›": "”",
    "‐": "-", "‑": "-", "‒": "–", "―": "—", "−": "-", "⸺": "—",
    "…": "…", "⁄": "/", "²": "²", "³": "³", "™": " ", "®": " ", "©": " ", "·": " ", "•": " ",
    "\u2028": "\n", "\u2029": "\n", "\r": "\n", "\v": "\n", "\f": "\n", "\u0085": "\n",
    "№": "№", "℃": "°C", "℉": "°F",
    "¿": "", "¡": "", "µ": "μ", "£": "£", "¥": "¥", "º": "°", "。": ".", "、": ",",
}  # fmt: skip
_LIGATURES = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "th", "þ": "th", "ı": "i",
    "ħ": "h", "ŋ": "ng", "ŧ": "t", "ə": "a", "ĸ": "k", "ſ": "s", "ƒ": "f",
}  # fmt: skip


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER = re.compile(
    r"(?<=[^\W_])⁻[⁰¹²³⁴⁵⁶⁷⁸⁹]+|(?:(?<=[0-9])|(?<![^\W_].)(?<=[A-Za-z]))(?:[⁰⁴⁵⁶⁷⁸⁹]|[¹²³⁴⁵⁶⁷⁸⁹][⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
)
"""A power after its base. Elsewhere, and a ¹ alone, it is rather the number of a note; ² and ³ are read as they are."""
_MOST_MARKS = 32
"""Characters of a letter with its marks that are read: to put marks in order takes the square of their number."""
_NOTE = re.compile(r"(?<=(?<![\w.,])(?:1[5-9]|20)[0-9][0-9])(?:[¹⁴⁵⁶⁷⁸⁹]|[¹²³⁴⁵⁶⁷⁸⁹][⁰¹²³⁴⁵⁶⁷⁸⁹]+)(?!\w)")
"""After what looks like a year it is the number of a note, which is not said."""
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|hellip|[mn]dash|[lr][sd]quo|#39|#x27|#160);")
"""Of HTML, left over in a text that was copied."""
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
_FORM = re.compile(r"LATIN (?:[A-Z]+ )*?LETTER (?:[A-Z]+ )*?(?P<letter>[A-Z])(?: WITH .*)?")


@dataclass(frozen=True, slots=True)
class Folded:
    """Text in one spelling, with offsets into the original."""

    text: str
    starts: tuple[int, ...]
    """For each character of `text` the offset where the character it came from begins."""
    ends: tuple[int, ...]
    """And where that one ends, its combining marks included."""


def _clusters(text: str) -> list[tuple[int, str]]:
    """Base characters with the marks that follow them, each with its offset."""
    starts = [i for i, char in enumerate(text) if i == 0 or not unicodedata.combining(char)]
    return [(start, text[start:end]) for start, end in pairwise([*starts, len(text)])]


def _spelled(cluster: str) -> str:
    if cluster in _PLAIN:
        return _PLAIN[cluster]
    category = unicodedata.category(cluster[0])
    if category == "Nd":
        return str(unicodedata.decimal(cluster[0]))
    if category in ("Cf", "Cs", "Co", "Cn", "Mn", "Me", "Mc"):
        return ""
    if category in ("Zs", "Zl", "Zp", "Cc"):
        return "\n" if cluster == "\n" else " "
    if cluster in SUBSCRIPTS:
        # They tell a formula from a name: H₂SO₄ is no "so".
        return cluster
    if category == "No":
        # A vulgar fraction stands apart from the whole number before it: 2½ is not 21/2.
        folded = unicodedata.normalize("NFKC", cluster).replace("⁄", "/")
        return " " + folded if "/" in folded else folded
    if category in ("So", "Sk") and cluster not in ("°", "^"):
        # A unit in one character (㎏, ㎡), a letter in a circle.
        is_text = "\u3371" <= cluster <= "\u33df" or "\u24b6" <= cluster <= "\u24e9"
        plain = unicodedata.normalize("NFKC", cluster) if is_text else ""
        return plain if plain.isascii() and plain else " "
    return "".join(_PLAIN.get(c, c) for c in unicodedata.normalize("NFKC", cluster))


def _as_written(power: str) -> list[tuple[str, str]]:
    """Each character of a raised number with what is read for it: ⁻³ is ^-3."""
    plain = [(char, char.translate(_SUPERSCRIPTS)) for char in power]
    return [(plain[0][0], "^" + plain[0][1]), *plain[1:]]


def fold(text: str) -> Folded:
    """`text` with one spelling for quotes, dashes, spaces and letters; emoji and unseen characters dropped."""
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    written = {match.start(): _as_written(match[0]) for match in _POWER.finditer(text)}
    written |= {match.start(): [(match[0], "")] for match in _NOTE.finditer(text)}
    if "&" in text:
        written |= {
            match.start(): [(match[0], _spelled(html.unescape(match[0])))] for match in _ENTITY.finditer(text)
        }
    done = 0
    for start, cluster in _clusters(text):
        if start < done:
            continue
        done = start
        for part, meant in written.get(start) or [(cluster, _spelled(cluster[:_MOST_MARKS]))]:
            for char in meant:
                characters.append(char)
                starts.append(done)
                ends.append(done + len(part))
            done += len(part)
    return Folded("".join(characters), tuple(starts), tuple(ends))


def plain_letters(word: str) -> str:
    """`word` in lower case and the 26 letters; letters of other scripts vanish, apostrophes stay."""
    letters: list[str] = []
    for char in unicodedata.normalize("NFD", word.lower()):
        letters.append(char if char.isascii() else _LIGATURES.get(char) or _nearest(char))
    return "".join(c for c in "".join(letters) if "a" <= c <= "z" or c == "'")


@lru_cache(maxsize=1_024)
def _nearest(char: str) -> str:
    """The letter of the 26 that a letter of Latin is a form of, by its name: ɓ is a "B WITH HOOK"; else ""."""
    form = _FORM.fullmatch(unicodedata.name(char, ""))
    return form["letter"].lower() if form else ""
