"""get_analysis: what the newest analysis says of a voice's recordings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sayso.domain.account import Caller
from sayso.domain.analysis import Analysis
from sayso.domain.voice import Voice
from sayso.errors import NotFound
from sayso.pipeline.analysis.page import page
from sayso.services import Services
from sayso.storage import analyses, recordings, voices


@dataclass(frozen=True, slots=True)
class AnalysisView:
    """An analysis, and where its sound is."""

    voice: Voice
    analysis: Analysis
    audio_keys: dict[str, str]
    """Recording -> blob, for those that are still there."""


def get_analysis(services: Services, caller: Caller, voice_id: str) -> AnalysisView:
    """The newest analysis. Raises NotFound."""
    with services.db.read() as tx:
        voice = voices.find(tx, caller.account_id, voice_id)
        analysis = analyses.fetch(tx, voice.id)
        keys = recordings.audio_keys(tx, voice.id)
    if analysis is None:
        raise NotFound(
            "this voice has not been analysed: that happens when a dataset was fetched, and in every build"
        )
    return AnalysisView(voice, analysis, keys)


def as_page(view: AnalysisView, link: Callable[[str, str], str]) -> str:
    """The analysis as one HTML page; `link` makes an address of a blob and a name."""
    audio = {id_: link(key, f"{id_}.flac") for id_, key in view.audio_keys.items()}
    return page(view.analysis.report, audio, f"Recordings of {view.voice.name}", view.analysis.notes)
