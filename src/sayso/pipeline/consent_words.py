"""Are the words of a consent right? They are heard, held against the statement, and heard again without noise if need be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from sayso.audio.waveform import Waveform
from sayso.engines.base import Ear, Heard
from sayso.text.consent import doubt, names
from sayso.text.consent.match import Match, match
from sayso.text.consent.names import Confirmed, Reading
from sayso.text.consent.sound import names_alike
from sayso.text.consent.statement import Statement, Statements


@dataclass(frozen=True, slots=True)
class Asked:
    """What the consent is held against."""

    company: str
    """Who may be named; empty: anybody."""
    platforms: tuple[str, ...]
    """Any of these names will do."""
    statements: Statements
    language: str
    """In which the voice speaks: the sentence that was asked for."""
    phrase: str | None = None
    """Spoken beside the statement, where the server asked for one."""
    mark_confidence: float | None = None
    """How surely the consent carries our watermark, 0 to 1, if that was looked for. The server does: its network
    is there already, and half of this process would be it."""


@dataclass(frozen=True, slots=True)
class Words:
    """One hearing and what it comes to."""

    heard: Heard
    found: Match | None
    """None: there is no statement in the language that was heard."""
    named: tuple[Reading, ...] = ()
    """Expected names that were taken for said, though others were written."""
    knowing: str | None = None
    """What was heard with the expected names in mind; None: that was not asked."""

    @property
    def are_right(self) -> bool:
        """Nothing speaks against them."""
        return self.found is not None and not self.found.reasons


LEFT_DB = 12.0
"""By so much noise is lowered for the second hearing. All of it takes words along."""

SURE_WORD = 0.8
"""A word of which the first hearing is so sure was said."""

_FINAL = frozenset({"words_question", "words_asked", "words_uncertain", "words_too_many", "words_mixed"})
"""What another hearing cannot make good. Nor can it where a word turned the sense."""


_UNCLEAR_NAMES = frozenset({"company_unclear", "platform_unclear"})


def hear(wave: Waveform, asked: Asked, ear: Ear) -> Words:
    """The words of `wave`, judged."""

    def expected(language: str, words: Sequence[str]) -> list[tuple[int, int, str]]:
        statement = asked.statements.get(language)
        if statement is None:
            return []
        return names.readings(statement, words, company=asked.company, platforms=asked.platforms)

    rivals = partial(doubt.rivals, asked.statements)
    heard = ear.hear(wave, rivals=rivals, names=expected)
    return judged(
        heard, asked, heard_knowing(wave, heard, asked, ear) if hangs_on_names(heard, asked) else None
    )


def hangs_on_names(heard: Heard, asked: Asked) -> bool:
    """Whether a hearing with the names in mind could make `heard` better."""
    statement = asked.statements.get(heard.language)
    if statement is None or not heard.names:
        return False
    least = _settled(heard, statement, asked, _nothing)[0]
    if not least.reasons:
        return False
    return _settled(heard, statement, asked, lambda _: True)[0].verdict != least.verdict


def heard_knowing(wave: Waveform, heard: Heard, asked: Asked, ear: Ear) -> str:
    """What is heard with the expected names in mind, in the language of `heard`."""
    statement = asked.statements[heard.language]
    before = names.in_mind(statement, company=asked.company, platforms=asked.platforms)
    return ear.hear(wave, heard.language, before=before).text


def judged(heard: Heard, asked: Asked, knowing: str | None = None) -> Words:
    """What was heard, and what was heard `knowing` the names, held against the statement of its language."""
    statement = asked.statements.get(heard.language)
    if statement is None:
        return Words(heard, None)
    confirmed: Confirmed = _nothing
    if knowing is not None:
        confirmed = names.written_in(
            knowing,
            [word.text for word in heard.words],
            statement,
            company=asked.company,
            platforms=asked.platforms,
        )
    found, named = _settled(heard, statement, asked, confirmed)
    return Words(heard, doubt.weighed(found, _margins(heard)), named, knowing)


def _nothing(_: Reading) -> bool:
    """No hearing with the names in mind."""
    return False


def _settled(
    heard: Heard, statement: Statement, asked: Asked, confirmed: Confirmed
) -> tuple[Match, tuple[Reading, ...]]:
    """What was heard, with those expected names that may have been said."""
    phrase = asked.phrase or ""
    found = match(heard.text, statement, company=asked.company, platforms=asked.platforms, phrase=phrase)
    readings = [Reading(one.start, one.end, one.text, one.nats, one.unusual_nats) for one in heard.names]
    if not found.reasons or not readings:
        return found, ()
    return names.settled(
        found,
        [word.text for word in heard.words],
        readings,
        statement,
        company=asked.company,
        platforms=asked.platforms,
        phrase=phrase,
        confirmed=confirmed,
    )


def may_be_misheard(words: Words) -> bool:
    """Whether another hearing could tell more: nothing was heard that turns the sense of the statement."""
    found = words.found
    if found is None:
        return True
    return bool(found.reasons) and not found.negations and _FINAL.isdisjoint(found.reasons)


def agreed(first: Words, second: Words, asked: Asked) -> Words:
    """What both hearings come to: where all of the second is right, and the first heard nothing else surely, a person.

    Of the sense it accepts nothing by itself: too few near misses were heard that way yet (docs/lab/consent.md). But
    where nothing but names was unclear in the first, those may be clear in the second.
    """
    if second.found is None or not second.are_right:
        return first
    if first.found is not None and set(first.found.reasons) <= _UNCLEAR_NAMES:
        return second
    if _sure_of_more(first, asked):
        return first
    return replace(second, found=replace(second.found, reasons=("words_unclear",)))


def _sure_of_more(words: Words, asked: Asked) -> bool:
    """Whether words that nothing explains were heard clearly: noise may make them up, but it is not sure of them."""
    statement = asked.statements.get(words.heard.language)
    if statement is None or words.found is None:
        return False
    extra = set(words.found.extra)
    return any(
        word.confidence >= SURE_WORD and not extra.isdisjoint(statement.words(word.text))
        for word in words.heard.words
    )


def quieter(wave: Waveform, cleaned: Waveform, most_db: float = LEFT_DB) -> Waveform:
    """`wave` with its noise lowered by at most `most_db`, by means of what is left of it without any."""
    n = min(len(wave.samples), len(cleaned.samples))
    left = np.float32(10.0 ** (-most_db / 20.0))
    return Waveform(left * wave.samples[:n] + (1 - left) * cleaned.samples[:n], wave.rate_hz)


def told(words: Words) -> dict[str, Any]:
    """Every number of a hearing."""
    heard, found = words.heard, words.found
    numbers: dict[str, Any] = {
        "words_heard": heard.text,
        "language": heard.language,
        "language_confidence": round(heard.language_confidence, 3),
        "word_confidence": round(_mean([word.confidence for word in heard.words]), 3),
    }
    if found is None:
        return numbers
    numbers |= {
        "coverage": round(found.coverage, 3),
        "company_heard": found.company_heard,
        "company_similarity": _rounded(found.company_similarity),
        "platform_heard": found.platform_heard,
        "platform_similarity": _rounded(found.platform_similarity),
        "negations": list(found.negations),
        "missing": list(found.missing),
        "extra": list(found.extra),
    }
    if words.named:
        # Names that were written otherwise, and how much less likely the expected ones were.
        numbers["names_weighed"] = [
            {
                "heard": " ".join(word.text for word in heard.words[one.start : one.end]),
                "expected": one.text,
                "nats": round(one.nats, 1),
                "by_sound_nats": round(one.nats - one.unusual_nats, 1),
            }
            for one in words.named
        ]
    if words.knowing is not None:
        numbers["words_heard_knowing_names"] = words.knowing
    if heard.rivals:
        # How much less likely the likeliest word was that would turn the sense.
        rival, margin = min(_margins(heard), key=lambda weighed: weighed[1])
        numbers |= {"nearest_rival": rival, "nearest_rival_nats": round(margin, 1)}
    return numbers


def statement_of(words: Words, asked: Asked) -> str | None:
    """The sentence that a hearing was held against: in the language that was heard, with the names that hold now.

    Where any company may be named, it is the one that was heard. None where there is no such statement.
    """
    statement = asked.statements.get(words.heard.language)
    if statement is None or words.found is None:
        return None
    heard = statement.words(words.found.platform_heard)
    platform = max(asked.platforms, key=lambda name: names_alike(heard, statement.words(name)))
    return statement.sentence(asked.company or words.found.company_heard, platform)


def _margins(heard: Heard) -> list[tuple[str, float]]:
    return [(one.text, one.nats) for one in heard.rivals]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
