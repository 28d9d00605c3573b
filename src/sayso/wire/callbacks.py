"""What is posted to a `callback_uri`: the documented payloads, key by key."""

from __future__ import annotations

from typing import Any

from sayso.domain.event import ClipFailed, ClipFinished, Event, VoiceFailed, VoiceFinished
from sayso.domain.voice import VoiceState
from sayso.wire.responses import no_timestamps


def payload(event: Event) -> dict[str, Any]:
    """The JSON body that tells `event`. `id` is the uuid of the voice or the clip."""
    match event:
        case VoiceFinished():
            return _voice(event.voice_id, VoiceState.FINISHED, ok=True, issue=None)
        case VoiceFailed():
            return _voice(event.voice_id, event.status, ok=False, issue=event.issue)
        case ClipFinished():
            return _clip(event.clip_id, event.project_id, event.audio_url, [])
        case ClipFailed():
            return _clip(event.clip_id, event.project_id, None, [event.issue])


def _voice(voice_id: str, status: VoiceState, *, ok: bool, issue: str | None) -> dict[str, Any]:
    # `recordings` will hold the faulty ones of a dataset_issue; all payloads have the same five keys.
    return {"id": voice_id, "ok": ok, "status": status.value, "issue": issue, "recordings": []}


def _clip(clip_id: str, project_id: str, url: str | None, issues: list[str]) -> dict[str, Any]:
    return {
        "id": clip_id,
        "project_id": project_id,
        "url": url,
        "audio_timestamps": no_timestamps(),
        "issues": issues,
    }
