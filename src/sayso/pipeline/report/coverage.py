"""Which sounds of English the words of recordings hold, and which they lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sayso.text.english.phonemes import phonemize

SOUNDS = {
    "b": "big", "ʧ": "chin", "d": "day", "ð": "then", "f": "fun", "ɡ": "go", "h": "hot", "ʤ": "jam", "k": "cat",
    "l": "let", "m": "man", "n": "no", "ŋ": "sing", "p": "pen", "ɹ": "red", "s": "sun", "ʃ": "ship", "t": "ten",
    "θ": "thin", "v": "van", "w": "win", "j": "yes", "z": "zoo", "ʒ": "measure",
    "ɑ": "father", "æ": "cat", "ʌ": "cup", "ɔ": "law", "W": "now", "I": "my", "ɛ": "bed", "ɜ": "bird", "A": "say",
    "ɪ": "sit", "i": "see", "O": "go", "Y": "boy", "ʊ": "book", "u": "two", "ə": "about",
}  # fmt: skip
"""Each sound as the engine writes it, and a word that holds it."""

_FEW = 3


@dataclass(frozen=True, slots=True)
class Coverage:
    """Sounds are named by words that hold them."""

    sounds: int
    """How many there are in all."""
    heard: int
    """How many the recordings hold."""
    missing: tuple[str, ...]
    rare: tuple[str, ...]
    """Held less than three times."""
    questions: int
    """Texts that ask something."""


def coverage(texts: Iterable[str]) -> Coverage:
    """Of the words of recordings."""
    texts = list(texts)
    counts = Counter(symbol for text in texts for word in phonemize(text) for symbol in word.phonemes)
    return Coverage(
        sounds=len(SOUNDS),
        heard=sum(counts[sound] > 0 for sound in SOUNDS),
        missing=tuple(word for sound, word in SOUNDS.items() if counts[sound] == 0),
        rare=tuple(word for sound, word in SOUNDS.items() if 0 < counts[sound] < _FEW),
        questions=sum(text.rstrip().endswith("?") for text in texts),
    )
