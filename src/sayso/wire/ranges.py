"""The Range header of a request for a file."""

from __future__ import annotations

import re

Span = tuple[int | None, int | None]
"""(first, last) byte inclusive, (first, None) to the end, (None, n) the last n bytes."""

_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.ASCII | re.IGNORECASE)


def span_of(header: str | None) -> Span | None:
    """The part of a file that `header` asks for; None means all of it.

    What RFC 9110 lets a server ignore is ignored: other units, several ranges, malformed ones.
    """
    match = _ONE_RANGE.fullmatch(header or "")
    if match is None or not (match[1] or match[2]):
        return None
    first = int(match[1]) if match[1] else None
    last = int(match[2]) if match[2] else None
    if first is not None and last is not None and last < first:
        return None
    return first, last
