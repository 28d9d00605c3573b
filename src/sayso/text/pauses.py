"""How long pauses are, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_S = 10.0
"""The longest single pause that may be asked for."""
LONGEST_TOGETHER_S = 120.0
"""All pauses of a text."""
SENTENCE_S, PARAGRAPH_S = 0.3, 0.6

_STRENGTHS_S = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.2}
_TIME = re.compile(r"\+?(?P<number>\d+(?:\.\d*)?|\.\d+)\s*(?P<unit>ms|s|sec|seconds?|milliseconds?)", re.I)
_MARK = re.compile(
    r"\[\s*(?:pause|break)(?:[\s:=]+(?P<time>\+?(?:\d+(?:\.\d*)?|\.\d+)\s*(?:ms|s|sec|seconds?|milliseconds?)))?\s*\]",
    re.I,
)


class BadPause(ValueError):
    """A pause mark that asks for too much; `offset` is where it begins."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


def duration_s(text: str) -> float:
    """`500ms`, `0.5s` -> seconds. Raises ValueError with the expectation."""
    match = _TIME.fullmatch(text.strip())
    seconds = (
        None
        if match is None
        else float(match["number"]) / (1000 if match["unit"].lower().startswith("m") else 1)
    )
    if seconds is None or seconds > LONGEST_S:
        raise ValueError(f'expected a time from 0s to {LONGEST_S:.0f}s, such as "500ms" or "1.5s"')
    return seconds


def strength_s(name: str) -> float:
    """`weak`, `strong` -> seconds. Raises ValueError with the expectation."""
    if name not in _STRENGTHS_S:
        raise ValueError(f"expected {', '.join(_STRENGTHS_S)}")
    return _STRENGTHS_S[name]


def marked(text: str) -> Iterator[tuple[int, str | float]]:
    """`text` cut at its `[pause 0.5s]`: each piece of text, and each pause in seconds, with its offset.

    Raises BadPause for one that is too long. `[pause]` alone is as long as a medium break.
    """
    at = 0
    for match in _MARK.finditer(text):
        if match.start() > at:
            yield at, text[at : match.start()]
        try:
            seconds = duration_s(match["time"]) if match["time"] else _STRENGTHS_S["medium"]
        except ValueError as wrong:
            raise BadPause(f"{match[0]}: {wrong}", match.start()) from wrong
        yield match.start(), seconds
        at = match.end()
    if at < len(text):
        yield at, text[at:]
