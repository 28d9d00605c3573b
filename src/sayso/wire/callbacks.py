"""What is posted to a `callback_uri`: the documented payloads key by key, and the headers around them.

The headers are those of the Standard Webhooks specification, beside two of our own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from typing import Any

from sayso.domain.event import (
    BatchFinished,
    ClipFailed,
    ClipFinished,
    Event,
    FaultyRecording,
    VoiceFailed,
    VoiceFinished,
    VoiceTest,
)
from sayso.domain.timing import Times
from sayso.domain.voice import VoiceState
from sayso.wire.responses import batch_item, clip_item, timestamps

DELIVERY_HEADER = "X-Sayso-Delivery"
"""The same in every attempt, as `webhook-id` is: a receiver drops what it has seen."""
ATTEMPT_HEADER = "X-Sayso-Attempt"
"""1 in the first attempt."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
_SECRET_BYTES = 32
TEST = "test"
"""The status of a callback that somebody sent to see it arrive."""


def name(event: Event) -> str:
    """The status that `event` tells, in one word."""
    match event:
        case VoiceFinished() | ClipFinished() | BatchFinished():
            return VoiceState.FINISHED.value
        case VoiceFailed():
            return event.status.value
        case VoiceTest():
            return TEST
        case ClipFailed():
            return VoiceState.FAILED.value


def payload(event: Event) -> dict[str, Any]:
    """The JSON body that tells `event`. `id` is the uuid of the voice or the clip.

    The `url` of a clip comes later, see `with_links`.
    """
    match event:
        case VoiceFinished():
            return _voice(event.voice_id, name(event), ok=True)
        case VoiceFailed():
            return _voice(event.voice_id, name(event), ok=False, issue=event.issue, faulty=event.recordings)
        case VoiceTest():
            return _voice(event.voice_id, name(event), ok=True)
        case ClipFinished():
            return _clip(event.clip_id, event.project_id, [], event.times)
        case ClipFailed():
            return _clip(event.clip_id, event.project_id, [event.issue])
        case BatchFinished():
            clips = [clip_item(clip, "" if clip.audio_key is not None else None) for clip in event.clips]
            return {**batch_item(event.view), "clips": clips}


def _voice(
    voice_id: str,
    status: str,
    *,
    ok: bool,
    issue: str | None = None,
    faulty: Sequence[FaultyRecording] = (),
) -> dict[str, Any]:
    recordings = [recording_at_fault(recording) for recording in faulty]
    return {"id": voice_id, "ok": ok, "status": status, "issue": issue, "recordings": recordings}


def recording_at_fault(recording: FaultyRecording) -> dict[str, Any]:
    """One of the `recordings` of a dataset_issue."""
    return {
        "uuid": recording.id,
        "name": recording.name,
        # `text` in the recording itself, `transcript` here: so it is documented.
        "transcript": recording.text,
        "stoi_score": recording.stoi,
        "pesq_score": recording.pesq,
        "si_dr_score": recording.si_sdr_db,
        "resemble_sample_score": recording.score,
        "is_active": recording.is_active,
        "is_outlier": recording.is_outlier,
        "is_silent": recording.is_silent,
    }


def _clip(clip_id: str, project_id: str, issues: list[str], times: Times | None = None) -> dict[str, Any]:
    return {
        "id": clip_id,
        "project_id": project_id,
        "url": None,
        "audio_timestamps": timestamps(times),
        "issues": issues,
    }


def text(event: Event) -> str:
    """The body as it is kept."""
    return json.dumps(payload(event), allow_nan=False)


def with_links(body: str, urls: Sequence[str]) -> str:
    """The body of a clip's callback with the address of its sound, or of a batch's with one for each that has sound."""
    told = json.loads(body)
    if "clips" not in told:
        return json.dumps({**told, "url": urls[0]}, allow_nan=False)
    left = iter(urls)
    for clip in told["clips"]:
        if "audio_src" in clip:
            clip["audio_src"] = next(left)
    return json.dumps(told, allow_nan=False)


def headers(
    delivery_id: str, attempt: int, now_unix_s: int, body: bytes, secrets_: Sequence[str]
) -> dict[str, str]:
    """What goes with one attempt; signed with each of the secrets, for one of them may be on its way out."""
    signatures = (f"v1,{_signature(secret, delivery_id, now_unix_s, body)}" for secret in secrets_)
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(now_unix_s),
        "webhook-signature": " ".join(signatures),
        DELIVERY_HEADER: delivery_id,
        ATTEMPT_HEADER: str(attempt),
    }


def new_secret() -> str:
    """A random secret, as its owner pastes it into a receiver."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode("ascii")


def _signature(secret: str, delivery_id: str, now_unix_s: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{delivery_id}.{now_unix_s}.".encode("ascii") + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
