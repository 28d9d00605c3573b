"""Addresses of the web and of mail -> words: domains are read, punctuation is named."""

from __future__ import annotations

import re

from sayso.text.english import lexicon
from sayso.text.english.fold import plain_letters
from sayso.text.english.numbers import cardinal, digits
from sayso.text.english.wordset import wordset

_NAMES = {
    ".": "dot", "/": "slash", "-": "dash", "_": "underscore", "@": "at", "+": "plus", "?": "question mark", "=": "equals",
    "&": "and", "#": "hash", "%": "percent", ":": "colon", "~": "tilde",
}  # fmt: skip
_SPELLED = wordset("www html htm php http https ftp api faq pdf csv md bbc cnn nbc usr")
_SPELLED_AFTER_DOT = wordset("io ai uk us tv co edu de fr id me")
LONGEST_ADDRESS = 100
"""In characters; of a longer one only the host is said, for nobody would hear it out."""
_DOMAIN = r"(?:[a-z0-9\-]+\.)+(?:com|org|net|edu|gov|io|ai|co|uk|de|fr|app|dev|info|me|us|tv|ly)"
_SCHEME = r"(?:(?:https?|ftp)://|www\.)"
SILENT = "\ue001"
"""Stands for each character that is not said; folding leaves no such character in a text."""
_ANY = rf"[^\s<>\"“”{SILENT}]"
_LAST = rf"[^\s<>\"“”{SILENT}.,;:!?)'`\]]"
WEB_ADDRESS = re.compile(rf"{_SCHEME}{_ANY}*{_LAST}", re.I)
BARE_ADDRESS = re.compile(rf"(?<![\w.@]){_DOMAIN}(?:/{_ANY}*[\w/])?(?![\w])", re.I)
ADDRESS_WITH_PATH = re.compile(
    rf"(?P<host>{_SCHEME}[^\s<>\"“”{SILENT}/?#]{{0,253}}|(?<![\w.@-]){_DOMAIN}(?=/))[/?#]{_ANY}*{_LAST}", re.I
)
_PIECES = re.compile(r"[A-Z]?[a-z']+|[A-Z]+(?![a-z])|\d+|[./\-_@+?=&#%:~]")


def spoken_address(address: str) -> list[str]:
    """`https://www.example.com/a-b` -> W W W dot example dot com slash A dash B. The scheme is not said."""
    without_scheme = re.sub(r"^[a-z]+://", "", address, flags=re.IGNORECASE).rstrip("/")
    if without_scheme.startswith("#"):
        without_scheme = without_scheme[1:]
        return ["hashtag", *_words(without_scheme)]
    return _words(without_scheme)


def _words(text: str) -> list[str]:
    words: list[str] = []
    for piece in _PIECES.findall(text):
        if words[-1:] == ["dot"] and piece in _SPELLED_AFTER_DOT:
            words += [letter.upper() for letter in piece]
        elif piece in _NAMES:
            words += _NAMES[piece].split()
        elif piece[0].isdigit():
            words += cardinal(int(piece)) if len(piece) < 3 and piece[0] != "0" else digits(piece)
        else:
            words += _readable(piece.lower())
    return words


def _readable(piece: str) -> list[str]:
    letters = plain_letters(piece).replace("'", "")
    if not letters:
        return []
    listed = lexicon.lookup(letters) is not None
    if letters in _SPELLED or len(letters) == 1 or (len(letters) <= 3 and not listed):
        return [letter.upper() for letter in letters]
    if not listed and re.search(r"[aeiouy]", letters) is None:
        return [letter.upper() for letter in letters]
    return [letters]
