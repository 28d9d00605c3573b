"""Signed links to sound, and opening them: whoever has an unexpired link may listen, nobody else."""

from __future__ import annotations

import hashlib
import hmac
import mimetypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from sayso.errors import NotFound
from sayso.services import Services

_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac"}


@dataclass(frozen=True, slots=True)
class Media:
    """An opened sound file, or a part of it."""

    size: int
    """Bytes of the whole file."""
    content_type: str
    start: int
    """First byte that `chunks` holds."""
    end: int
    """One past the last byte that `chunks` holds."""
    chunks: Iterator[bytes]


def sign(services: Services, blob_key: str, file_name: str, now: datetime) -> str:
    """The path of a link that works for an hour: `/media/{expires}/{key}/{signature}/{file name}`."""
    expires = int(now.timestamp()) + services.limits.link_s
    name = file_name.replace("/", "_")
    signature = _signature(services.link_key, expires, blob_key, name)
    return f"/media/{expires}/{blob_key}/{signature}/{quote(name)}"


def open_media(
    services: Services,
    parts: Sequence[str],
    now: datetime,
    span: tuple[int | None, int | None] | None = None,
) -> Media:
    """What a link leads to. `parts`: expires, key, signature, file name (unquoted), as in the path.

    `span` is a byte range as HTTP means it: (first, last) inclusive, (first, None) to the end,
    (None, n) the last n. A span that holds no byte gives `start == end`, for the caller to answer 416.
    Raises NotFound when the link is malformed, forged, expired, or its file is gone.
    """
    gone = NotFound("this link is not valid or has expired: read the clip or recording again for a new one")
    if len(parts) != 4 or not parts[0].isascii() or not parts[0].isdigit() or len(parts[0]) > 12:
        raise gone
    expires, key, signature, name = int(parts[0]), parts[1], parts[2], parts[3]
    wanted = _signature(services.link_key, expires, key, name)
    if not hmac.compare_digest(wanted.encode(), signature.encode()) or now.timestamp() >= expires:
        raise gone
    size = services.blobs.size(key)
    start, end = _resolve(span, size)
    suffix = name.rpartition(".")[2].lower()
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Media(size, kind, start, end, services.blobs.open(key, start, end))


def read(services: Services, blob_key: str) -> bytes:
    """A whole sound file, for an answer that carries it. Raises NotFound."""
    return b"".join(services.blobs.open(blob_key, 0, services.blobs.size(blob_key)))


def _resolve(span: tuple[int | None, int | None] | None, size: int) -> tuple[int, int]:
    first, last = span if span is not None else (0, None)
    if first is None:
        return max(0, size - (last or 0)), size
    start = min(first, size)
    end = size if last is None else min(last + 1, size)
    return start, max(start, end)


def _signature(key: bytes, expires: int, blob_key: str, name: str) -> str:
    message = f"{expires}\n{blob_key}\n{name}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()
