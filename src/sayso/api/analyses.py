"""/api/v2/voices/{uuid}/analysis: what the analysis says of a voice's recordings, for programs and for people."""

from __future__ import annotations

from anyio import to_thread
from anyio.lowlevel import RunVar
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from sayso.api.answers import Answer, Links
from sayso.api.auth import Signed
from sayso.api.examples import ANALYSIS_SOUND, PAGE_QUERY, answers
from sayso.api.incoming import Linked, Parts, identified
from sayso.api.speaking import LiveSpeech
from sayso.api.turns import Turns
from sayso.domain.account import Caller
from sayso.errors import BadRequest
from sayso.services import Services
from sayso.usecases import analyses
from sayso.wire.analysis import analysis_item
from sayso.wire.responses import success

router = APIRouter(prefix="/api/v2/voices/{voice_uuid}/analysis", tags=["Analysis (ours)"])

HEADERS = {
    # Its links are secrets of an hour.
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
    "vary": "accept",
}


MAX_MAKING = 1
"""Pages with their sound for which a thread is encoding at once: hours of sound shall not take the processor from speech."""
MAX_PAGES = 8
"""Requests for such pages at once: those that encode, wait for their turn, or are being read."""

_turns: RunVar[Turns] = RunVar("sayso_page_turns")


@router.get(
    "",
    summary="Read the analysis of a voice",
    openapi_extra={"parameters": [*PAGE_QUERY, ANALYSIS_SOUND]},
    responses=answers("analysis"),
)
async def read(caller: Signed, services: Parts, links: Linked, request: Request, voice_uuid: str) -> Response:
    """Of its newest build or dataset: the verdict, and for every recording its scores, its class, why, and
    what to do. With `format=html`, or `Accept: text/html`, the same as one page with plots and players that needs nothing else:
    all sound is in it, as MP3, about 0.32 MB a minute, sent while it is made. With `sound=linked` it is a quick page, whose
    sound is linked for an hour."""
    voice_id = identified(voice_uuid, "voice")
    if wants_page(request) and _holds_sound(request):
        return await _page_to_keep(services, caller, voice_id)
    return await to_thread.run_sync(lambda: _at_once(services, caller, links, voice_id, wants_page(request)))


def _at_once(services: Services, caller: Caller, links: Links, voice_id: str, is_page: bool) -> Response:
    view = analyses.get_analysis(services, caller, voice_id)
    if is_page:
        return HTMLResponse(analyses.as_linked_page(view, links.to), headers=HEADERS)
    sound = {id_: links.to(key, f"{id_}.flac") for id_, key in view.audio_keys.items()}
    return Answer(success(analysis_item(view.voice, view.analysis, sound)))


async def _page_to_keep(services: Services, caller: Caller, voice_id: str) -> LiveSpeech:
    """The page with its sound in it: a place until it is sent, a turn for each piece. Raises Throttled."""
    place = _queue().enter(caller.account_id)
    try:
        view = await to_thread.run_sync(lambda: analyses.get_analysis(services, caller, voice_id))
        pieces = (piece.encode() for piece in analyses.as_page(services, view))
        # Without a turn: what can be read at once is sent at once, whoever else is being served.
        page = LiveSpeech(await to_thread.run_sync(lambda: next(pieces)), pieces, "text/html; charset=utf-8")
    except BaseException:
        place.leave()
        raise
    page.headers.update(HEADERS)
    page.place = place
    return page


def _queue() -> Turns:
    """Of this event loop: tests start several."""
    try:
        return _turns.get()
    except LookupError:
        made = Turns(MAX_MAKING, MAX_PAGES, "pages with sound")
        _turns.set(made)
        return made


def _holds_sound(request: Request) -> bool:
    """Whether the page is to hold its sound. Raises BadRequest."""
    asked = request.query_params.get("sound", "inside")
    if asked not in ("linked", "inside"):
        raise BadRequest(
            f"sound is {asked[:20]!r}, expected inside or linked", {"sound": "must be inside or linked"}
        )
    return asked == "inside"


def wants_page(request: Request) -> bool:
    """Whether people ask, by `format` or `Accept`. Raises BadRequest."""
    asked = request.query_params.get("format")
    if asked is None:
        return request.headers.get("accept", "").strip().lower().startswith("text/html")
    if asked not in ("html", "json"):
        raise BadRequest(
            f"format is {asked[:20]!r}, expected html or json", {"format": "must be html or json"}
        )
    return asked == "html"
