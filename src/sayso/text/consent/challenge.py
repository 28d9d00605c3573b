"""A phrase that nobody can have recorded before: spoken beside the statement, it shows that the speaker is there now.

phrase = new_phrase(statement, secrets.SystemRandom())   # "4 7 1 9 2"
heard_in("Four, seven, 192. I am aware ...", phrase, statement)   # 1.0
"""

from __future__ import annotations

import random as chance
from typing import Literal

from sayso.errors import BadRequest
from sayso.text.consent.sound import alike
from sayso.text.consent.statement import Statement

DIGITS, WORDS = 5, 4
"""Lengths of a phrase: one of about 66,000, or of some ten million."""
SURE = 1.0
"""All of it was heard, in order."""
UNSURE = 0.75
"""One of it was not: a person may listen, or the speaker try another phrase."""

_SAME_WORD = 0.8
_MOST_WORDS = 400
_MOST_CHARACTERS = 8_000


def new_phrase(
    statement: Statement,
    random: chance.Random,
    *,
    kind: Literal["digits", "words"] = "digits",
    length: int | None = None,
) -> str:
    """Digits as figures or words of the statement's language, with spaces between; no two neighbours are alike.

    Raises BadRequest where the language has no words for it.
    """
    choices = [str(digit) for digit in range(10)] if kind == "digits" else list(statement.challenge_words)
    if len(choices) < 10 or (kind == "digits" and not statement.digits):
        raise BadRequest(
            f"there are no {kind} for a challenge in {statement.language}; use the other kind or language"
        )
    phrase: list[str] = []
    while len(phrase) < (length or (DIGITS if kind == "digits" else WORDS)):
        phrase.append(random.choice([choice for choice in choices if choice not in phrase[-1:]]))
    return " ".join(phrase)


def heard_in(heard: str, phrase: str, statement: Statement) -> float:
    """0 to 1: how much of `phrase` was heard in one go and in its order; compare with SURE.

    Digits may be heard as words or as figures, together or apart.
    """
    wanted = _items(phrase, statement)
    got = _items(heard[:_MOST_CHARACTERS], statement)[:_MOST_WORDS]
    if not wanted:
        return 0.0
    # Fewest changes that turn a stretch of `got` into `wanted`; before and after it anything may stand.
    row = [0] * (len(got) + 1)
    for i, want in enumerate(wanted, 1):
        diagonal, row[0] = row[0], i
        for j, word in enumerate(got, 1):
            change = diagonal + (not _is_same(want, word, statement))
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, change)
    return max(0.0, 1.0 - min(row) / len(wanted))


def _items(text: str, statement: Statement) -> list[str]:
    """The words of `text`, numbers digit by digit."""
    return [item for word in statement.words(text) for item in (word if word.isdecimal() else (word,))]


def _is_same(want: str, word: str, statement: Statement) -> bool:
    if want == word:
        return True
    if want.isdecimal():
        return bool(statement.digits) and word in statement.digits[int(want)]
    return alike(want, word) >= _SAME_WORD
