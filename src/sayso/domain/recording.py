"""A recording: audio, what is said in it, and whether a build may use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of a voice's speaker."""

    id: str
    voice_id: str
    name: str
    text: str | None
    """The transcript the uploader gave; a hint, training goes by what is heard."""
    emotion: str | None
    is_active: bool
    """Only active recordings are learnt from."""
    fill: bool
    audio_key: str
    """Blob of the decoded audio: FLAC, mono, 24 bit, at the rate it came in."""
    duration_s: float
    rate_hz: int
    created_at: datetime
    updated_at: datetime
    speech_s: float = 0.0
    """Seconds of it that are not silence."""
