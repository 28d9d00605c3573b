"""A clip: text, voice, sound format, state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sayso.domain.timing import Times


class ClipState(StrEnum):
    """Where a clip is."""

    PENDING = "pending"
    FINISHED = "finished"
    FAILED = "failed"


class Container(StrEnum):
    """File formats we write."""

    WAV = "wav"
    MP3 = "mp3"
    FLAC = "flac"
    OGG = "ogg"
    """With Opus in it."""


class Precision(StrEnum):
    """Sample formats of a WAV file; a FLAC has 16 or 24 bits."""

    PCM_16 = "PCM_16"
    PCM_24 = "PCM_24"
    PCM_32 = "PCM_32"
    MULAW = "MULAW"


CLIP_RATES_HZ = (8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """How a clip is written to a file."""

    container: Container = Container.WAV
    precision: Precision = Precision.PCM_32
    """Ignored by MP3 and OGG."""
    rate_hz: int = 22_050

    def fitted(self) -> SoundFormat:
        """The nearest format that exists: MP3 and Opus have no sample format, FLAC has two, Opus few rates."""
        match self.container:
            case Container.WAV:
                return self
            case Container.MP3:
                return replace(self, precision=Precision.PCM_16)
            case Container.FLAC:
                is_fine = self.precision in (Precision.PCM_24, Precision.PCM_32)
                return replace(self, precision=Precision.PCM_24 if is_fine else Precision.PCM_16)
            case Container.OGG:
                rate_hz = min(rate for rate in (8_000, 16_000, 24_000, 48_000) if rate >= self.rate_hz)
                return replace(self, precision=Precision.PCM_16, rate_hz=rate_hz)


@dataclass(frozen=True, slots=True)
class Clip:
    """A piece of text said by a voice, kept in a project."""

    id: str
    project_id: str
    voice_id: str
    voice_name: str
    title: str | None
    body: str
    is_archived: bool
    sound: SoundFormat
    """As it was ordered last."""
    state: ClipState
    callback_uri: str | None
    audio_key: str | None
    """Blob of the encoded file; the old one serves while an update is made."""
    duration_s: float | None
    revision: int
    """Counts updates; an older revision that ends late is dropped."""
    issue: str | None
    created_at: datetime
    updated_at: datetime
    wants_times: bool = False
    """Whether the times of letters and sounds were asked for."""
    times: Times | None = None
    """Those of the present sound, if they were asked for."""
    uses_terms: bool = False
    """Whether the account's own words and sounds count in it."""
    batch_id: str | None = None
    audio_container: Container | None = None
    """What the present sound is in: until an update is made, and when that fails, it is not that of `sound`."""

    @property
    def file_name(self) -> str:
        """What its present sound is called."""
        return f"{self.id}.{(self.audio_container or self.sound.container).value}"
