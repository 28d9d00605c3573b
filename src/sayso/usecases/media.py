"""Signed links to sound, and opening them: whoever has an unexpired link may listen, nobody else."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sayso.domain import link
from sayso.services import Services

_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "ogg": "audio/ogg"}


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
    return link.sign(services.link_key, blob_key, file_name, now, services.limits.link_s)


def read(services: Services, blob_key: str) -> bytes:
    """A whole sound file, for an answer that carries it. Raises NotFound."""
    return b"".join(services.blobs.open(blob_key))


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
    key, name = link.check(services.link_key, list(parts), now)
    size = services.blobs.size(key)
    start, end = _resolve(span, size)
    suffix = name.rpartition(".")[2].lower()
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Media(size, kind, start, end, services.blobs.open(key, start, end))


def _resolve(span: tuple[int | None, int | None] | None, size: int) -> tuple[int, int]:
    first, last = span if span is not None else (0, None)
    if first is None:
        return max(0, size - (last or 0)), size
    start = min(first, size)
    end = size if last is None else min(last + 1, size)
    return start, max(start, end)
