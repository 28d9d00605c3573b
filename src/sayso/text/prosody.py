"""Words and numbers of SSML's `prosody` and `emphasis` -> a `Manner`."""

from __future__ import annotations

import re

from sayso.text.script import (
    FASTEST,
    HIGHEST_RATIO,
    LOUDEST_DB,
    LOWEST_RATIO,
    PLAIN,
    QUIETEST_DB,
    SLOWEST,
    Manner,
)

_RATES = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.25, "x-fast": 1.6}
_SEMITONES = {"x-low": -6.0, "low": -3.0, "medium": 0.0, "default": 0.0, "high": 3.0, "x-high": 6.0}
_GAINS_DB = {
    "silent": QUIETEST_DB, "x-soft": -12.0, "soft": -6.0, "medium": 0.0, "default": 0.0, "loud": 3.0, "x-loud": 6.0,
}  # fmt: skip
_EMPHASES = {
    "strong": Manner(rate=0.85, pitch_ratio=2 ** (2 / 12), gain_db=3.0),
    "moderate": Manner(rate=0.92, pitch_ratio=2 ** (1 / 12), gain_db=1.5),
    "none": PLAIN,
    "reduced": Manner(rate=1.1, pitch_ratio=2 ** (-1 / 12), gain_db=-2.0),
}
_NUMBER = r"(?P<sign>[+-]?)(?P<number>\d+(?:\.\d*)?|\.\d+)"
_PERCENT = re.compile(_NUMBER + r"\s*%")
_PLAIN_NUMBER = re.compile(_NUMBER)
_STEPS = re.compile(_NUMBER + r"\s*st", re.IGNORECASE)
_LEVEL = re.compile(_NUMBER + r"\s*dB", re.IGNORECASE)


def rate(text: str) -> float:
    """`slow`, `80%`, `-20%`, `1.2` -> times as fast. Raises ValueError with the expectation."""
    expected = "expected x-slow, slow, medium, fast, x-fast, or 25% to 400%"
    if text in _RATES:
        return _RATES[text]
    if (match := _PERCENT.fullmatch(text)) is not None:
        value = _ratio(match)
    elif (match := _PLAIN_NUMBER.fullmatch(text)) is not None and not match["sign"]:
        value = float(match["number"])
    else:
        raise ValueError(expected)
    return _between(value, SLOWEST, FASTEST, expected)


def pitch_ratio(text: str) -> float:
    """`high`, `+2st`, `-10%` -> ratio of frequencies. Raises ValueError with the expectation."""
    expected = "expected x-low, low, medium, high, x-high, -12st to +12st, or -50% to +100%"
    if text in _SEMITONES:
        return float(2 ** (_SEMITONES[text] / 12))
    if (match := _STEPS.fullmatch(text)) is not None:
        value = float(2 ** (_signed(match) / 12))
    elif (match := _PERCENT.fullmatch(text)) is not None:
        value = _ratio(match)
    else:
        raise ValueError(expected)
    return _between(value, LOWEST_RATIO, HIGHEST_RATIO, expected)


def gain_db(text: str) -> float:
    """`soft`, `-6dB`, `+3dB` -> decibels. Raises ValueError with the expectation."""
    expected = "expected silent, x-soft, soft, medium, loud, x-loud, or -96dB to +12dB"
    if text in _GAINS_DB:
        return _GAINS_DB[text]
    match = _LEVEL.fullmatch(text)
    if match is None:
        raise ValueError(expected)
    return _between(_signed(match), QUIETEST_DB, LOUDEST_DB, expected)


def emphasis(level: str) -> Manner:
    """`strong`, `moderate`, `none`, `reduced`. Raises ValueError with the expectation."""
    if level not in _EMPHASES:
        raise ValueError(f"expected {', '.join(_EMPHASES)}")
    return _EMPHASES[level]


def _signed(match: re.Match[str]) -> float:
    return float(match["sign"] + match["number"])


def _ratio(match: re.Match[str]) -> float:
    """With a sign a change of what is, without one a part of it."""
    return 1.0 + _signed(match) / 100 if match["sign"] else float(match["number"]) / 100


def _between(value: float, least: float, most: float, expected: str) -> float:
    # A little beyond: 12 semitones are an octave only but for rounding.
    if not least - 1e-9 <= value <= most + 1e-9:
        raise ValueError(expected)
    return value
