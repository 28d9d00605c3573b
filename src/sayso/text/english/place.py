"""What every rule of the normaliser is given, and pieces of patterns that the rules share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule is asked: the folded text, and what was said just before."""

    text: str
    before: str
    """The spelling of the token before, as folded; empty at the start."""
    shouted: bool
    """The whole text is in capitals, so capitals mean nothing."""

    def just_before(self, match: re.Match[str]) -> str:
        """The 16 characters before a match; all of them would take longer the longer the text is."""
        return self.text[max(0, match.start() - 16) : match.start()]


Rule = Callable[[re.Match[str], Place], list[str] | None]
"""What is said for a match, or None (or nothing) when the rule does not apply after all."""

Rules = list[tuple[re.Pattern[str], Rule]]
"""Patterns with their rules, asked in order."""

WORD_BEFORE = r"(?<![\w])"
"""Not inside a word or number."""

END = r"(?![\w])"
"""Not before a letter or digit."""

NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<!\d')(?![4-7]'\d{3}\s?lbs?\b)[1-9]\d{0,2}(?:'\d{3})+(?!'?\d)(?:\.\d+)?"
    r"|\d+(?:\.\d+)?|\.\d+)"
)
"""Thousands set off by commas or (in Switzerland) apostrophes. 6'200 lb are feet and pounds, 0800'123'456 is a telephone's."""


def between(words: str) -> Rule:
    """A rule that says the same `words` whatever was matched."""

    def rule(_: re.Match[str], __: Place) -> list[str] | None:
        return words.split()

    return rule


def alternatives(words: Iterable[str]) -> str:
    """A pattern for any of `words`, longer ones first."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
