"""When what is spoken: words, letters, sounds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """When a piece of text, or a sound, is spoken."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Times:
    """The times of all letters and sounds of a recording, in seconds from its start, in order."""

    letters: tuple[Mark, ...] = ()
    """Each character of the text, blanks and punctuation too."""
    sounds: tuple[Mark, ...] = ()
    """Each sound in IPA, stress with the vowel it belongs to; blanks and punctuation between words. Empty where
    the engine does not know them."""
