"""A spoken consent: what was found out about it, and what follows from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sayso.errors import WrongState


class ConsentState(StrEnum):
    """Where a consent is. The values are also the words of the wire."""

    CHECKING = "checking"
    WAITING = "waiting_for_recordings"
    """Its words are right; whose voice it is can be said once there are recordings."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REVIEW = "review"
    """A person has to decide."""


class Verdict(StrEnum):
    """What the checks came to."""

    ACCEPTED = "accepted"
    REVIEW = "review"
    REFUSED = "refused"


class Ruling(StrEnum):
    """What a person decided."""

    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a consent is not simply accepted."""

    code: str
    """Lower-case words with underscores, the same for ever: programs read it."""
    verdict: Verdict
    """What this reason alone leads to; ACCEPTED for a remark."""
    sentence: str
    remedy: str
    is_approved: bool = False
    """A person's approval stands in for it: it is told, and counts no more."""

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()


NEVER_APPROVED = frozenset({"undecodable"})
"""What nobody can have heard, nobody can approve. All else a person may; a consent that could not even be read
has no sound that is kept, and is never up for a decision."""

ABOUT_RECORDINGS = frozenset(
    {
        # What the consent and the recordings have to do with each other.
        *("other_speaker", "unsure_speaker", "other_recordings", "two_speakers", "unsure_turns", "clipped"),
        # Beside these likeness is not known, or not to be relied upon.
        *("too_short", "too_long", "no_speech", "too_quiet", "not_checked"),
    }
)
"""What is open again when other recordings come than those that an approval covers."""

CAUSES = frozenset({"noisy", "reverberant", "some_clipping", "telephone"})
"""Why another reason may be there; without one they count nothing."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What one round of checks found out."""

    reasons: tuple[Reason, ...]
    numbers: Mapping[str, Any]
    """Everything that was measured, JSON values; names carry units."""
    has_recordings: bool
    """Whether the speaker could be compared with anything."""

    @property
    def verdict(self) -> Verdict:
        """The worst that any reason leads to, whatever a person approved."""
        return _worst(self.reasons)

    @property
    def standing(self) -> tuple[Reason, ...]:
        """The reasons that no person's approval stands in for."""
        left = tuple(reason for reason in self.reasons if not reason.is_approved)
        return () if all(reason.code in CAUSES for reason in left) else left

    @property
    def state(self) -> ConsentState:
        """Where a consent with these findings is."""
        worst = _worst(self.standing)
        if worst is Verdict.ACCEPTED and not self.has_recordings:
            return ConsentState.WAITING
        return ConsentState(worst.value)

    @property
    def issue(self) -> str | None:
        """The reasons that count, for people; None when there are none."""
        worst = _worst(self.standing)
        if worst is Verdict.ACCEPTED:
            return None
        counting = [str(reason) for reason in self.standing if reason.verdict is worst]
        return " ".join(counting)

    def judged_by(self, decision: Decision | None, recordings: Sequence[str]) -> Findings:
        """These, found against `recordings` (their keys), with what a person's `decision` stands in for marked."""
        return replace(
            self,
            reasons=tuple(
                replace(
                    reason, is_approved=decision is not None and decision.stands_in_for(reason, recordings)
                )
                for reason in self.reasons
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """As it is kept and sent."""
        return {
            "reasons": [
                {
                    "code": r.code,
                    "verdict": r.verdict.value,
                    "sentence": r.sentence,
                    "remedy": r.remedy,
                    "is_approved": r.is_approved,
                }
                for r in self.reasons
            ],
            "numbers": dict(self.numbers),
            "has_recordings": self.has_recordings,
        }

    @staticmethod
    def from_json(kept: Mapping[str, Any]) -> Findings:
        """What `to_json` gave."""
        reasons = tuple(
            # Before 2026-11-29 none was marked.
            Reason(r["code"], Verdict(r["verdict"]), r["sentence"], r["remedy"], r.get("is_approved", False))
            for r in kept["reasons"]
        )
        return Findings(reasons, dict(kept["numbers"]), bool(kept["has_recordings"]))


def _worst(reasons: Sequence[Reason]) -> Verdict:
    verdicts = {reason.verdict for reason in reasons}
    for worst in (Verdict.REFUSED, Verdict.REVIEW):
        if worst in verdicts:
            return worst
    return Verdict.ACCEPTED


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a consent, whatever the checks came to."""

    ruling: Ruling
    by: str
    """Name and id of the token that decided."""
    why: str
    at: datetime
    recordings: tuple[str, ...]
    """Keys of the active recordings at that moment. An approval covers these and no others."""
    reasons: tuple[str, ...] = ()
    """Codes of what spoke against the consent at that moment: a person who approves, approves these."""

    def covers(self, recordings: Sequence[str]) -> bool:
        """Whether this approves a voice learnt from `recordings`, by their keys."""
        return self.ruling is Ruling.APPROVED and set(recordings) <= set(self.recordings)

    def stands_in_for(self, reason: Reason, recordings: Sequence[str]) -> bool:
        """Whether this approves of `reason`, found when the consent was held against `recordings`, by their keys.

        What was approved stays approved; what is about recordings, only for those that the person decided on.
        Of these any doubt is settled, and what is found about the speaker: fewer of them have another mean. But
        a refusal for other words than the person was told of is news.
        """
        if self.ruling is not Ruling.APPROVED or reason.code in NEVER_APPROVED:
            return False
        if self.covers(recordings):
            return (
                reason.verdict is not Verdict.REFUSED
                or reason.code in self.reasons
                or reason.code in ABOUT_RECORDINGS
            )
        return reason.code in self.reasons and reason.code not in ABOUT_RECORDINGS


class PhraseKind(StrEnum):
    """What a phrase is made of. The values are also the words of the wire."""

    DIGITS = "digits"
    """Five of them: quickly said, one of about 66,000."""
    WORDS = "words"
    """Four of them: one of some ten million."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A phrase that must be spoken beside the statement: a recording made before cannot hold it."""

    id: str
    language: str
    phrase: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """One attempt of a voice's speaker to consent. The newest one counts."""

    id: str
    account_id: str
    voice_id: str
    state: ConsentState
    audio_key: str | None
    """Blob of the sound as it was sent; None where nothing was that could be kept."""
    audio_sha256: str
    """Of the bytes as they were sent."""
    statement: str
    """What was to be said when it was sent, in the language of the voice. What it was held against in the end, by
    the language that was heard, is `statement` among the numbers of the findings."""
    created_at: datetime
    updated_at: datetime
    round: int = 0
    """How many rounds of checks were asked for; recordings that come or go ask for another."""
    challenge: str | None = None
    """The phrase to be spoken beside the statement, where one was asked for."""
    findings: Findings | None = None
    """Of the last round that ended with the recordings there still are."""
    checked_at: datetime | None = None
    decisions: tuple[Decision, ...] = ()
    """Of every person who decided, the oldest first: on record for good."""
    stopped_build: bool = False
    """A build waits for a person's decision."""
    is_refusal_told: bool = False
    """Its owner was told that it is refused; false again once it is not."""

    @property
    def decision(self) -> Decision | None:
        """The one that counts: the newest."""
        return self.decisions[-1] if self.decisions else None

    def asked_again(self, now: datetime) -> Consent:
        """Before another round of checks."""
        return replace(self, state=ConsentState.CHECKING, round=self.round + 1, updated_at=now)

    def settled(self, findings: Findings, recordings: Sequence[str], now: datetime) -> Consent:
        """After a round of checks against `recordings`, by their keys.

        A person's refusal stands whatever is measured; an approval stands in for what it approved, see
        `Decision.stands_in_for`.
        """
        judged = findings.judged_by(self.decision, recordings)
        state = judged.state
        if self.decision is not None and self.decision.ruling is Ruling.REFUSED:
            state = ConsentState.REFUSED
        elif state is ConsentState.WAITING and self.decision is not None and recordings:
            # What could not be compared, the person compared.
            state = ConsentState.ACCEPTED if self.decision.covers(recordings) else state
        return replace(
            self,
            state=state,
            findings=judged,
            checked_at=now,
            stopped_build=self.stopped_build and state is ConsentState.REVIEW,
            is_refusal_told=self.is_refusal_told and state is ConsentState.REFUSED,
            updated_at=now,
        )

    def decided(self, decision: Decision) -> Consent:
        """After a person's decision, which gets the reasons it is about, and from now on counts instead of the ones before.

        Raises WrongState where there is nothing to decide.
        """
        open_states = {ConsentState.REVIEW, ConsentState.REFUSED, ConsentState.ACCEPTED, ConsentState.WAITING}
        if self.state not in open_states or self.audio_key is None:
            raise WrongState(
                f"this consent is {self.state}: a person decides when the checks are through, "
                "and about a recording that was kept"
            )
        found = () if self.findings is None else self.findings.reasons
        unheard = [reason for reason in found if reason.code in NEVER_APPROVED]
        if unheard and decision.ruling is Ruling.APPROVED:
            raise WrongState(
                f"nobody can approve a consent that nobody can hear: {unheard[0]} Have the speaker send it again"
            )
        decision = replace(decision, reasons=tuple(reason.code for reason in found))
        if decision.ruling is Ruling.REFUSED:
            state = ConsentState.REFUSED
        elif not decision.recordings:
            state = ConsentState.WAITING
        else:
            state = ConsentState.ACCEPTED
        findings = None if self.findings is None else self.findings.judged_by(decision, decision.recordings)
        return replace(
            self,
            state=state,
            findings=findings,
            decisions=(*self.decisions, decision),
            stopped_build=False,
            is_refusal_told=False,
            updated_at=decision.at,
        )

    @property
    def issue(self) -> str | None:
        """Why it is not accepted, for people."""
        ruling = None if self.decision is None else self.decision.ruling
        found = None if self.findings is None else self.findings.issue
        if self.state is ConsentState.REFUSED and self.decision is not None and ruling is Ruling.REFUSED:
            return f"A person refused this consent: {self.decision.why}"
        if self.state is ConsentState.REVIEW:
            return f"A person has to decide about this consent. {found}"
        return found if self.state is ConsentState.REFUSED else None
