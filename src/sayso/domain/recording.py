"""A recording: audio, what is said in it, whether a build may use it, and what the analysis says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sayso.domain.analysis import RecordingReport
from sayso.domain.quality import AGREES


class Origin(StrEnum):
    """How a recording came."""

    UPLOAD = "upload"
    DATASET = "dataset"
    """Out of what `dataset_url` led to; the next dataset takes its place."""


class TextSource(StrEnum):
    """Where a text comes from."""

    GIVEN = "given"
    HEARD = "heard"
    """By an ear of ours."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of a voice's speaker."""

    id: str
    voice_id: str
    name: str
    text: str | None
    """The transcript the uploader gave, or what was heard in a dataset; a hint, training goes by what is heard."""
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
    origin: Origin = Origin.UPLOAD
    agreement: float | None = None
    """How far a given text agrees with what is heard, 0 to 1; None where that is not known."""
    text_source: TextSource = TextSource.GIVEN
    analysis: RecordingReport | None = None
    """What the newest analysis says of it; None before the first."""

    @property
    def is_text_sure(self) -> bool:
        """Whether the text says what is heard: it may be learnt from without another hearing."""
        if self.text is None:
            return False
        return self.text_source is TextSource.HEARD or (self.agreement or 0.0) >= AGREES

    @property
    def is_outlier(self) -> bool:
        """Whether the analysis heard another speaker in it."""
        return self.analysis is not None and self.analysis.is_outlier
