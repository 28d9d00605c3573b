"""get_analysis: what the newest analysis says of a voice's recordings."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from sayso.audio.small import BITS_PER_S, small_mp3
from sayso.domain.account import Caller
from sayso.domain.analysis import Analysis
from sayso.domain.voice import Voice
from sayso.errors import NotFound
from sayso.pipeline.analysis.page import FOOT, Player, head, in_order, page, recording
from sayso.services import Services
from sayso.storage import analyses, recordings, voices

_log = logging.getLogger(__name__)

_GONE = Player(remark="There is no sound of it any more: the recording was deleted.")
_BROKEN = Player(remark="Its sound could not be read when this page was made: ask for the page again.")
_LINKED = "The sound is linked for an hour. To keep the page with its sound in it, ask without sound=linked."


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


def as_linked_page(view: AnalysisView, link: Callable[[str, str], str]) -> str:
    """The analysis as one HTML page; `link` makes an address of a blob and a name."""
    audio = {
        one.id: Player(link(key, f"{one.id}.flac")) if (key := view.audio_keys.get(one.id)) else _GONE
        for one in view.analysis.report.recordings
    }
    return page(view.analysis.report, audio, _title(view), view.analysis.notes, _LINKED)


def as_page(services: Services, view: AnalysisView) -> Iterator[str]:
    """The same with all sound in it, as MP3: a page to keep, that plays for ever.

    All that comes before the recordings is the first piece, at once; then one recording after the other, of which one is
    in memory at a time. After each ten seconds of sound there is a piece, "" where it is of nothing yet, so that others
    may have the processor. Sound that cannot be read costs its player, not the page. Nothing is raised.
    """
    report = view.analysis.report
    sound_s = sum(one.duration_s for one in report.recordings if one.id in view.audio_keys)
    about = (
        f"The sound is in this page, which has about {sound_s * BITS_PER_S / 8 * 4 / 3 / 1e6:.1f} MB of it: "
        f"{sound_s / 60.0:.1f} minutes as MP3 of {BITS_PER_S // 1000} kbit/s. It can be kept, and needs no connection."
    )
    yield head(report, _title(view), view.analysis.notes, about, may_link=False)
    for one in in_order(report):
        player = yield from _player(services, view, one.id)
        yield recording(one, player)
    yield FOOT


def _player(services: Services, view: AnalysisView, recording_id: str) -> Generator[str, None, Player]:
    key = view.audio_keys.get(recording_id)
    if key is None:
        return _GONE
    try:
        # A file of ours: no stranger's decoder is needed.
        making = small_mp3(services.blobs.read(key))
        while True:
            try:
                next(making)
            except StopIteration as end:
                sound = base64.b64encode(end.value).decode()
                return Player(f"data:audio/mpeg;base64,{sound}")
            yield ""
    except NotFound:
        return _GONE
    except Exception as broken:  # noqa: BLE001 - half the page is sent: whatever fails is said in it
        _log.warning("no sound of recording %s: %s: %s", recording_id, type(broken).__name__, broken)
        return _BROKEN


def _title(view: AnalysisView) -> str:
    return f"Recordings of {view.voice.name}"
