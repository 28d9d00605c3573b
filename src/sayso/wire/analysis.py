"""The analysis of a set as it is sent. All of this is our own, but for the list of rejected recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sayso.domain.analysis import Analysis, RecordingReport
from sayso.domain.event import faulty
from sayso.domain.voice import Voice
from sayso.wire.callbacks import recording_at_fault
from sayso.wire.responses import findings, metrics, stamp

Json = dict[str, Any]


def analysis_item(voice: Voice, analysis: Analysis, links: Mapping[str, str]) -> Json:
    """The verdict, the whole in figures, and every recording as it was; `links` to those that are still there."""
    report = analysis.report
    return {
        "voice_uuid": voice.id,
        "voice_name": voice.name,
        "status": voice.state.value,
        "build": analysis.build,
        "analysed_at": stamp(analysis.made_at),
        "outcome": report.outcome.value,
        "issue": report.issue,
        "remarks": list(report.remarks),
        "dataset_form": analysis.form,
        "dataset_remarks": list(analysis.notes),
        "totals": {name: _shortened(value) for name, value in asdict(report.totals).items()},
        "rejected": [recording_at_fault(faulty(one)) for one in report.rejected],
        "recordings": [_recording(one, links.get(one.id)) for one in report.recordings],
    }


def _recording(one: RecordingReport, audio_src: str | None) -> Json:
    return {
        "uuid": one.id,
        "name": one.name,
        "text": one.text or "",
        "duration": round(one.duration_s, 3),
        "sample_rate": one.rate_hz,
        "audio_src": audio_src,
        "metrics": metrics(one, is_active=one.is_active),
        "analysis": findings(one),
    }


def _shortened(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
