"""What the outside is told through callbacks."""

from __future__ import annotations

from dataclasses import dataclass

from sayso.domain.voice import VoiceState


@dataclass(frozen=True, slots=True)
class VoiceFinished:
    """A build ended well: the voice speaks."""

    voice_id: str


@dataclass(frozen=True, slots=True)
class VoiceFailed:
    """A build ended without a voice."""

    voice_id: str
    status: VoiceState
    """FAILED, DATASET_ISSUE or CONSENT_FAILED."""
    issue: str
    """Why, for people."""


@dataclass(frozen=True, slots=True)
class ClipFinished:
    """An ordered clip can be heard."""

    clip_id: str
    project_id: str
    audio_url: str
    """Absolute; needs no header; expires after about an hour."""


@dataclass(frozen=True, slots=True)
class ClipFailed:
    """An ordered clip could not be made."""

    clip_id: str
    project_id: str
    issue: str
    """Why, for people."""


Event = VoiceFinished | VoiceFailed | ClipFinished | ClipFailed
