"""Consents as they are sent. All of this is our own; the API we are compatible with has no such thing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sayso.domain.consent import Challenge, Consent, Decision, PhraseKind
from sayso.domain.voice import Voice
from sayso.errors import BadRequest
from sayso.wire.responses import stamp

Json = dict[str, Any]


def consent_item(
    voice: Voice,
    sentence: str,
    attempts: Sequence[Consent],
    audio_src: str | None,
    receipt_builds: Sequence[int],
) -> Json:
    """The consent that counts, what is to be said, and all attempts."""
    current = next((attempt for attempt in attempts if attempt.id == voice.consent_id), None)
    return {
        "voice_uuid": voice.id,
        "voice_name": voice.name,
        "consent_status": None if current is None else current.state.value,
        "statement": sentence,
        "audio_src": audio_src,
        "has_receipt": bool(receipt_builds),
        "receipt_builds": list(receipt_builds),
        "current": None if current is None else attempt_item(current),
        "attempts": [attempt_item(attempt) for attempt in attempts],
    }


def attempt_item(consent: Consent) -> Json:
    """One attempt: what was found out about it, and what people decided: the decision that counts, and all there were."""
    findings = consent.findings
    decisions = [_decision_item(decision) for decision in consent.decisions]
    told = {"reasons": [], "numbers": {}} if findings is None else findings.to_json()
    return {
        "uuid": consent.id,
        "voice_uuid": consent.voice_id,
        "status": consent.state.value,
        "verdict": None if findings is None else findings.verdict.value,
        "issue": consent.issue,
        "reasons": told["reasons"],
        "numbers": told["numbers"],
        "statement": consent.statement,
        "phrase": consent.challenge,
        "sha256": consent.audio_sha256,
        "decision": decisions[-1] if decisions else None,
        "decisions": decisions,
        "created_at": stamp(consent.created_at),
        "checked_at": None if consent.checked_at is None else stamp(consent.checked_at),
    }


def _decision_item(decision: Decision) -> Json:
    return {
        "decision": decision.ruling.value,
        "by": decision.by,
        "why": decision.why,
        "at": stamp(decision.at),
        "reasons": list(decision.reasons),
    }


def decode_build(text: str) -> int:
    """The number of a build, as it stands in a query. Raises BadRequest."""
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise BadRequest(
            f"build is {text[:40]!r}: expected the number of a build, such as 1",
            {"build": "must be a number"},
        )
    return int(text)


def challenge_item(challenge: Challenge, kind: PhraseKind, sentence: str, life_s: float) -> Json:
    """A phrase, and what it is spoken beside."""
    return {
        "uuid": challenge.id,
        "language": challenge.language,
        "kind": kind.value,
        "phrase": challenge.phrase,
        "statement": sentence,
        "valid_for_seconds": round(life_s),
        "created_at": stamp(challenge.created_at),
    }
