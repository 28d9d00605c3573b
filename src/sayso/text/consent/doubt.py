"""How sure is the recogniser? What means the opposite and sounds nearly the same is weighed against what it heard.

"I am unaware" is written as "I am aware" now and then, above all in a flat voice or a bad room: the sentence is
likelier. Asked for both, the recogniser knows better: for an honest "aware" it finds "unaware" thousands of times
less likely, for a misheard one hardly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sayso.text.consent.match import Match
from sayso.text.consent.reasons import in_order
from sayso.text.consent.statement import Statement

LEAST_MARGIN = 5.0
"""Nats: below this the rival may have been said, and a person has to listen."""


def rivals(
    statements: Mapping[str, Statement], language: str, words: Sequence[str]
) -> list[tuple[int, int, str]]:
    """(start, end, text) for each place in `words` where `text` would turn the sense; none without a statement."""
    statement = statements.get(language)
    if statement is None:
        return []
    folded = [statement.words(word) for word in words]
    found: list[tuple[int, int, str]] = []
    for said, rival in statement.rivals:
        for start in range(len(words)):
            heard: tuple[str, ...] = ()
            end = start
            while end < len(words) and len(heard) < len(said):
                heard += folded[end]
                end += 1
            if heard == said and folded[start]:
                found.append((start, end, rival))
    return found[:_MOST]


_MOST = 24
"""Each costs a tenth of a second."""


def weighed(found: Match, margins: Sequence[tuple[str, float]]) -> Match:
    """`found`, with the reason "words_uncertain" if a rival is nearly as likely as what was heard."""
    near = [rival for rival, margin in margins if margin < LEAST_MARGIN]
    if not near:
        return found
    return replace(found, reasons=in_order([*found.reasons, "words_uncertain"]))
