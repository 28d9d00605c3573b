"""/media: sound behind signed links, without a token, whole or in ranges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from sayso.api.answers import Answer
from sayso.api.incoming import Parts
from sayso.usecases.media import open_media
from sayso.wire.ranges import span_of
from sayso.wire.responses import failure

router = APIRouter()


@router.api_route("/media/{link:path}", methods=["GET", "HEAD"], include_in_schema=False)
def media(services: Parts, request: Request, link: str) -> Response:
    """The link's signature is the permission; it names the file and the hour it expires."""
    span = span_of(request.headers.get("range"))
    opened = open_media(services, link.split("/"), datetime.now(UTC), span)
    headers = {
        "accept-ranges": "bytes",
        # A link is a secret of an hour: no shared cache may keep what it leads to.
        "cache-control": "private, max-age=3600",
        "x-content-type-options": "nosniff",
    }
    if span is not None and opened.start >= opened.end:
        _close(opened.chunks)
        headers["content-range"] = f"bytes */{opened.size}"
        message = (
            f"the range lies outside the file, which has bytes 0 to {opened.size - 1}: ask for some of these"
        )
        return Answer(failure(message), HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers)
    status = HTTPStatus.OK
    if span is not None:
        status = HTTPStatus.PARTIAL_CONTENT
        headers["content-range"] = f"bytes {opened.start}-{opened.end - 1}/{opened.size}"
    headers["content-length"] = str(opened.end - opened.start)
    if request.method == "HEAD":
        _close(opened.chunks)
        return Response(None, status, headers, opened.content_type)
    return StreamingResponse(opened.chunks, status, headers, opened.content_type)


def _close(chunks: Iterator[bytes]) -> None:
    """Let go of a file that nobody reads."""
    close = getattr(chunks, "close", None)
    if close is not None:
        close()
