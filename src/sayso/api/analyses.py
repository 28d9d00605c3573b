"""/api/v2/voices/{uuid}/analysis: what the analysis says of a voice's recordings, for programs and for people."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from sayso.api.answers import Answer
from sayso.api.auth import Signed
from sayso.api.examples import ANALYSIS_QUERY, answers
from sayso.api.incoming import Linked, Parts, identified
from sayso.errors import BadRequest
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


@router.get(
    "",
    summary="Read the analysis of a voice",
    openapi_extra={"parameters": ANALYSIS_QUERY},
    responses=answers("analysis"),
)
def read(caller: Signed, services: Parts, links: Linked, request: Request, voice_uuid: str) -> Response:
    """Of its newest build or dataset: the verdict, and for every recording its scores, its class, why, and
    what to do. With `format=html`, or `Accept: text/html`, the same as a page with plots and players; its sound is linked for an
    hour, or in the page with `sound=inside`."""
    view = analyses.get_analysis(services, caller, identified(voice_uuid, "voice"))
    if wants_page(request) and _wants_sound(request):
        return HTMLResponse(analyses.as_page_with_sound(services, view), headers=HEADERS)
    if wants_page(request):
        return HTMLResponse(analyses.as_page(view, links.to), headers=HEADERS)
    sound = {id_: links.to(key, f"{id_}.flac") for id_, key in view.audio_keys.items()}
    return Answer(success(analysis_item(view.voice, view.analysis, sound)))


def _wants_sound(request: Request) -> bool:
    """Whether the page is to hold its sound. Raises BadRequest."""
    asked = request.query_params.get("sound", "linked")
    if asked not in ("linked", "inside"):
        raise BadRequest(
            f"sound is {asked[:20]!r}, expected linked or inside", {"sound": "must be linked or inside"}
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
