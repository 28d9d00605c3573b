"""get_analysis: what the newest analysis says of a voice's recordings."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from sayso.audio import codec
from sayso.domain.account import Caller
from sayso.domain.analysis import Analysis
from sayso.domain.voice import Voice
from sayso.errors import NotFound
from sayso.pipeline.analysis.page import page
from sayso.services import Services
from sayso.storage import analyses, recordings, voices

_MOST_INSIDE_S = 1_800.0
_INSIDE_HZ = 24_000


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


def as_page_with_sound(services: Services, view: AnalysisView) -> str:
    """The same with the sound in it, as MP3: a page to keep, that plays for ever. What is rejected comes first, until
    `_MOST_INSIDE_S` are in; the rest has no player, and the page says so."""
    audio: dict[str, str] = {}
    left_s = _MOST_INSIDE_S
    notes = view.analysis.notes
    for report in sorted(view.analysis.report.recordings, key=lambda one: one.is_active):
        key = view.audio_keys.get(report.id)
        if key is None:
            continue
        if report.duration_s > left_s:
            notes = (
                *notes,
                f"Only {_MOST_INSIDE_S / 60.0:.0f} minutes of sound are in this page; the rest is not.",
            )
            break
        left_s -= report.duration_s
        # A file of ours: no stranger's decoder is needed.
        wave = codec.decode(services.blobs.read(key))
        file = codec.encode(wave, container="mp3", rate_hz=_INSIDE_HZ)
        audio[report.id] = f"data:audio/mpeg;base64,{base64.b64encode(file).decode()}"
    return page(view.analysis.report, audio, f"Recordings of {view.voice.name}", notes)
