"""The head of a WAV file whose end is not known yet.

Players and both SDKs read it: the Python SDK drops exactly 44 bytes, the Node SDK looks for cue
points at byte 36 when it has asked for them and must find the whole head in the first chunk.
"""

from __future__ import annotations

import struct

from sayso.domain.clip import Precision

_UNKNOWN = 0xFFFF_FFFF
"""The size of something endless; what players expect of a live stream."""

_TAG_AND_BYTES = {
    Precision.PCM_16: (1, 2),
    Precision.PCM_24: (1, 3),
    Precision.PCM_32: (1, 4),
    Precision.MULAW: (7, 1),
}


def live_head(precision: Precision, rate_hz: int, *, timed: bool) -> bytes:
    """The head of a mono stream: 44 bytes, or 68 with an empty list of time stamps when `timed`.

    `fmt ` is 16 bytes long for MULAW too, where the standard asks for more: 44 must stay 44.
    """
    tag, width = _TAG_AND_BYTES[precision]
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, 1, rate_hz, rate_hz * width, width, 8 * width)
    stamps = _no_stamps() if timed else b""
    head = struct.pack("<4sI4s", b"RIFF", _UNKNOWN, b"WAVE")
    return head + fmt + stamps + struct.pack("<4sI", b"data", _UNKNOWN)


def _no_stamps() -> bytes:
    # Zero points: without the two chunks the Node SDK loses the sound (it waits for them for ever).
    cue = struct.pack("<4sII", b"cue ", 4, 0)
    return cue + struct.pack("<4sI4s", b"LIST", 4, b"adtl")
