"""/api/v2/voices/{uuid}/report: the measured evidence of a finished voice, for programs and for people."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from sayso.api.analyses import HEADERS, wants_page
from sayso.api.answers import Answer
from sayso.api.auth import Signed
from sayso.api.examples import PAGE_QUERY, answers
from sayso.api.incoming import Parts, identified
from sayso.usecases import reports
from sayso.wire.responses import success

router = APIRouter(prefix="/api/v2/voices/{voice_uuid}/report", tags=["Report (ours)"])


@router.get(
    "",
    summary="Read the report of a voice",
    openapi_extra={"parameters": PAGE_QUERY},
    responses=answers("report"),
)
def read(caller: Signed, services: Parts, request: Request, voice_uuid: str) -> Response:
    """Likeness with its anchors, misheard words, quality, way of speaking, steadiness, sounds of the recordings, advice; for a
    professional voice its training. `item` is signed like a consent receipt, with the key at `/api/v2/receipt_key`.
    With `format=html`, or `Accept: text/html`, the same as one page with players."""
    view = reports.get_report(services, caller, identified(voice_uuid, "voice"))
    if wants_page(request):
        return HTMLResponse(reports.as_page(view), headers=HEADERS)
    return Answer(success(json.loads(view.report.signed)))
