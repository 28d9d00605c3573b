"""What a route takes from a request: the services, the caller's links, the body within its limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request

from sayso.api.answers import Links
from sayso.api.auth import Signed
from sayso.api.errors import UnsupportedType
from sayso.errors import BadRequest, NotFound, TooLarge
from sayso.services import Services
from sayso.wire.body import parse_object
from sayso.wire.fields import decode_flag
from sayso.wire.multipart import MAX_PARTS, MAX_TEXT_BYTES, FormReader, boundary_of

MAX_JSON_BYTES = 1024 * 1024
"""Of a request that carries text only."""
MAX_BATCH_BYTES = 16 * 1024 * 1024
"""Of a thousand texts."""


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _parts(request: Request) -> Services:
    # A coroutine, as all that waits for nothing: a plain function would cost a trip to a thread.
    return _services(request)


Parts = Annotated[Services, Depends(_parts)]


async def _links(request: Request) -> Links:
    return Links(_services(request), base_url(request), datetime.now(UTC))


Linked = Annotated[Links, Depends(_links)]

_HOST = re.compile(r"[A-Za-z0-9.\-_]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")


def base_url(request: Request) -> str:
    """The address this server is known by: as it was set, or else as the client called it."""
    if request.app.state.public_url:
        return str(request.app.state.public_url)
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        return _services(request).public_url
    return f"{request.scope['scheme']}://{host}"


def identified(text: str, noun: str) -> str:
    """`text` if it can be the uuid of anything. Raises NotFound, so that no odd byte reaches a database."""
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", text, re.ASCII):
        raise NotFound(f"this is not the uuid of a {noun}: the list of them shows yours")
    return text


def flag(request: Request, name: str) -> bool:
    """A switch in the query, off unless sent. Raises BadRequest."""
    return decode_flag(name, request.query_params.get(name) or "false")


async def _read(request: Request, limit: int) -> bytes:
    """The whole body. Raises TooLarge as soon as it is known."""
    fact = f"the body is larger than {limit:,} bytes: send less at once"
    if int(request.headers.get("content-length", "0") or 0) > limit:
        raise TooLarge(fact)
    held = bytearray()
    async for piece in request.stream():
        if len(held) + len(piece) > limit:
            raise TooLarge(fact)
        held += piece
    return bytes(held)


def _refuse_encoded(request: Request) -> None:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise UnsupportedType(f"a body with Content-Encoding {encoding} is not read; send it as it is")


async def _json_bytes(request: Request, limit: int) -> bytes:
    _refuse_encoded(request)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await _read(request, limit)
    # Without a body the type says nothing; without a type the body speaks for itself.
    if body and kind and kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedType(f"the body is {kind}; send JSON with Content-Type: application/json")
    return body


@dataclass(frozen=True, slots=True)
class JsonBody:
    """The raw bytes of a JSON body; parsed in the route's thread, for they may be many."""

    raw: bytes

    def fields(self) -> dict[str, Any]:
        """The object in it. Raises BadRequest."""
        return parse_object(self.raw)


async def _small(request: Request, _: Signed) -> JsonBody:
    return JsonBody(await _json_bytes(request, MAX_JSON_BYTES))


async def _large(request: Request, _: Signed) -> JsonBody:
    # A consent travels as base64, four characters for three bytes, with line breaks.
    limit = _services(request).limits.max_consent_bytes * 3 // 2 + MAX_JSON_BYTES
    return JsonBody(await _json_bytes(request, limit))


async def _batch(request: Request, _: Signed) -> JsonBody:
    return JsonBody(await _json_bytes(request, MAX_BATCH_BYTES))


BatchJson = Annotated[JsonBody, Depends(_batch)]
SmallJson = Annotated[JsonBody, Depends(_small)]
LargeJson = Annotated[JsonBody, Depends(_large)]


@dataclass(frozen=True, slots=True)
class Upload:
    """A form with a file in it."""

    fields: dict[str, str]
    file: bytes


async def _upload(request: Request, _: Signed) -> Upload:
    """Raises BadRequest, TooLarge and UnsupportedType."""
    _refuse_encoded(request)
    boundary = boundary_of(request.headers.getlist("content-type"))
    if boundary is None:
        raise UnsupportedType("a recording is sent as multipart/form-data with a part named file")
    file_limit = _services(request).limits.max_recording_bytes
    most = file_limit + MAX_PARTS * (MAX_TEXT_BYTES + 8_192)
    if int(request.headers.get("content-length", "0") or 0) > most:
        raise TooLarge(
            f"file is larger than {file_limit:,} bytes: cut it into shorter ones", {"file": "is too large"}
        )
    reader = FormReader(boundary, file_limit)
    seen = 0
    async for piece in request.stream():
        seen += len(piece)
        if seen > most:
            raise TooLarge(f"the body is larger than {most:,} bytes: cut the recording into shorter ones")
        reader.feed(piece)
    fields, file = reader.finish()
    if file is None:
        raise BadRequest("file is required: a part of the form with this name", {"file": "is required"})
    return Upload(fields, file)


Uploaded = Annotated[Upload, Depends(_upload)]
