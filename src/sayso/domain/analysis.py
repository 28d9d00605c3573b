"""What the analysis of recordings says: of each one, and of the set. All of it becomes JSON by `as_json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sayso.domain.quality import Grade, Harm, Reason
from sayso.domain.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a recording."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class RecordingReport:
    """One recording. Scores are None where there was no speech to measure."""

    id: str
    name: str
    text: str | None
    """What is said in it, as far as that is known."""
    grade: Grade
    reasons: tuple[Reason, ...]
    repairs: tuple[str, ...]
    """What was done on a copy, in sentences."""
    repaired_file: str | None
    """Name of the copy in the folder of the analysis (24-bit FLAC); None if there is none."""
    is_active: bool
    """Whether it may be learnt from: everything but rejected ones."""
    is_silent: bool
    is_outlier: bool
    """Another speaker's, or not of one speaker."""
    score: float
    """0 to 1; the wire's `resemble_sample_score`."""
    stoi: float | None
    pesq: float | None
    si_sdr_db: float | None
    score_after: float | None
    """Of the copy, where noise was taken out."""
    opinion_speech: float | None
    opinion_background: float | None
    opinion_overall: float | None
    """DNSMOS SIG, BAK and OVRL, about 1 to 5."""
    snr_db: float | None
    duration_s: float
    speech_s: float
    """Seconds in which somebody speaks."""
    trimmed_s: float
    """From the first word to the last."""
    level_dbfs: float | None
    """Of the speech."""
    peak_dbfs: float
    dc_offset: float
    flat_top_ratio: float
    """Part of the samples that are clipped."""
    rate_hz: int
    cutoff_hz: float
    """Highest frequency with sound in it."""
    is_upsampled: bool
    decay_s: float | None
    """How fast sound dies away; about 0.13 in a dry room, 0.3 in one that echoes."""
    words_per_minute: float | None
    """Of the text, in the time of speech."""
    agreement: float | None
    """Text against what is heard, 0 to 1."""
    speaker_similarity: float | None
    """Cosine to the mean of the speaker's other recordings."""
    other_speaker: tuple[Stretch, ...]
    """Stretches of a recording that are not of whoever speaks most in it."""
    looked_at_s: float | None = None
    """Seconds from its beginning that the rest is told of, where it was not the whole recording."""

    def as_json(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and finite numbers."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self), allow_nan=False))
        return plain


@dataclass(frozen=True, slots=True)
class Totals:
    """The set in figures."""

    recordings: int
    active: int
    good: int
    repaired: int
    look_at_it: int
    rejected: int
    duration_s: float
    speech_s: float
    """In all recordings, as far as they were looked at."""
    usable_s: float
    """In active ones, from the first word to the last."""
    needed_s: float
    mean_score: float | None
    """Of active recordings."""


@dataclass(frozen=True, slots=True)
class SetReport:
    """The whole analysis."""

    recordings: tuple[RecordingReport, ...]
    outcome: Outcome
    issue: str | None
    remarks: tuple[str, ...]
    totals: Totals

    @property
    def rejected(self) -> tuple[RecordingReport, ...]:
        """What a `dataset_issue` names: every recording of class rejected, and only those."""
        return tuple(recording for recording in self.recordings if recording.grade is Grade.REJECTED)

    def as_json(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and finite numbers."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self), allow_nan=False))
        return plain


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is kept of the newest analysis of a voice."""

    voice_id: str
    build: int
    """The build or the run of a dataset that made it."""
    report: SetReport
    form: str | None
    """Of the dataset that was fetched, A to F; None where there was none."""
    notes: tuple[str, ...]
    """What was noticed while the dataset was read: files that were left out, texts that do not fit."""
    made_at: datetime


def report_of(value: dict[str, Any]) -> SetReport:
    """The way back from `SetReport.as_json`."""
    return SetReport(
        recordings=tuple(recording_report_of(entry) for entry in value["recordings"]),
        outcome=Outcome(value["outcome"]),
        issue=value["issue"],
        remarks=tuple(value["remarks"]),
        totals=Totals(**value["totals"]),
    )


def recording_report_of(entry: dict[str, Any]) -> RecordingReport:
    """The way back from `RecordingReport.as_json`."""
    return RecordingReport(
        **{
            **entry,
            "grade": Grade(entry["grade"]),
            "reasons": tuple(
                Reason(Harm(reason["code"]), reason["sentence"], reason["remedy"])
                for reason in entry["reasons"]
            ),
            "repairs": tuple(entry["repairs"]),
            "other_speaker": tuple(Stretch(**stretch) for stretch in entry["other_speaker"]),
        }
    )
