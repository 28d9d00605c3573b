"""What the outside is told through callbacks."""

from __future__ import annotations

from dataclasses import dataclass

from sayso.domain.voice import VoiceState


@dataclass(frozen=True, slots=True)
class VoiceFinished:
    """A build ended well: the voice speaks."""

    voice_id: str


@dataclass(frozen=True, slots=True)
class FaultyRecording:
    """A recording that is at fault for a DATASET_ISSUE, with its scores."""

    id: str
    name: str
    text: str
    """Its transcript; empty where nothing is known."""
    stoi: float
    """0 to 1."""
    pesq: float
    """1 to 4.6."""
    si_sdr_db: float
    score: float
    """All in all, 0 to 1."""
    is_active: bool
    is_outlier: bool
    """Another speaker than in the rest."""
    is_silent: bool


@dataclass(frozen=True, slots=True)
class VoiceFailed:
    """A build ended without a voice, or could not begin."""

    voice_id: str
    status: VoiceState
    """FAILED, DATASET_ISSUE or CONSENT_FAILED."""
    issue: str
    """Why, for people."""
    recordings: tuple[FaultyRecording, ...] = ()
    """Those at fault; for DATASET_ISSUE only."""


@dataclass(frozen=True, slots=True)
class VoiceTest:
    """Nothing happened: the owner wants to see whether a callback arrives."""

    voice_id: str


@dataclass(frozen=True, slots=True)
class ClipFinished:
    """An ordered clip can be heard."""

    clip_id: str
    project_id: str
    audio_key: str
    """Blob of the sound. Each attempt to tell it signs a link of its own, good for an hour."""
    file_name: str


@dataclass(frozen=True, slots=True)
class ClipFailed:
    """An ordered clip could not be made."""

    clip_id: str
    project_id: str
    issue: str
    """Why, for people."""


Event = VoiceFinished | VoiceFailed | VoiceTest | ClipFinished | ClipFailed
