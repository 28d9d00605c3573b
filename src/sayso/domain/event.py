"""What the outside is told through callbacks."""

from __future__ import annotations

from dataclasses import dataclass

from sayso.domain.analysis import RecordingReport
from sayso.domain.batch import BatchView
from sayso.domain.clip import Clip
from sayso.domain.timing import Times
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


STOI_OF_NOTHING, PESQ_OF_NOTHING, SI_SDR_DB_OF_NOTHING = 0.0, 1.0, -10.0
"""The scores that go out where there was no speech to measure: the lowest there are, as clients take numbers only."""


def faulty(report: RecordingReport) -> FaultyRecording:
    """What is told of a recording that the analysis rejected."""
    return FaultyRecording(
        id=report.id,
        name=report.name,
        text=report.text or "",
        stoi=STOI_OF_NOTHING if report.stoi is None else report.stoi,
        pesq=PESQ_OF_NOTHING if report.pesq is None else report.pesq,
        si_sdr_db=SI_SDR_DB_OF_NOTHING if report.si_sdr_db is None else report.si_sdr_db,
        score=report.score,
        is_active=report.is_active,
        is_outlier=report.is_outlier,
        is_silent=report.is_silent,
    )


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
    times: Times | None = None
    """Of its letters and sounds, if they were asked for."""


@dataclass(frozen=True, slots=True)
class ClipFailed:
    """An ordered clip could not be made."""

    clip_id: str
    project_id: str
    issue: str
    """Why, for people."""


@dataclass(frozen=True, slots=True)
class BatchFinished:
    """No clip of a batch waits any more."""

    view: BatchView
    clips: tuple[Clip, ...]
    """Those that are still there, in the order of the body; some may have failed."""


Event = VoiceFinished | VoiceFailed | VoiceTest | ClipFinished | ClipFailed | BatchFinished
