"""get_report: the measured evidence of the build that a voice speaks by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sayso.domain.account import Caller
from sayso.domain.report import KeptReport
from sayso.domain.voice import Voice
from sayso.errors import NotFound
from sayso.pipeline.report.page import page
from sayso.services import Services
from sayso.storage import reports, voices


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report and its voice."""

    voice: Voice
    report: KeptReport


def get_report(services: Services, caller: Caller, voice_id: str) -> ReportView:
    """The report. Raises NotFound."""
    with services.db.read() as tx:
        voice = voices.find(tx, caller.account_id, voice_id)
        report = reports.fetch(tx, voice.id)
    if report is None:
        raise NotFound(
            "this voice has no report: one is made by every build that finishes; ask for a build again"
        )
    return ReportView(voice, report)


def as_page(view: ReportView) -> str:
    """The report as one HTML page, sounds inside."""
    payload: dict[str, Any] = json.loads(view.report.signed)["payload"]
    return page(payload, view.report.sounds, f"The voice {view.voice.name}")
