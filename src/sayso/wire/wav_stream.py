"""The head of a WAV file that is sent while it is spoken, with or without the times of letters and sounds in it.

Players and both SDKs read it: the Python SDK drops exactly 44 bytes, the Node SDK looks for cue
points at byte 36 when it has asked for them and must find the whole head in the first chunk.
"""

from __future__ import annotations

import struct

from sayso.domain.clip import Precision
from sayso.domain.timing import Mark, Times

_UNKNOWN = 0xFFFF_FFFF
"""The size of something endless; what players expect of a live stream."""

_TAG_AND_BYTES = {
    Precision.PCM_16: (1, 2),
    Precision.PCM_24: (1, 3),
    Precision.PCM_32: (1, 4),
    Precision.MULAW: (7, 1),
}


def live_head(
    precision: Precision, rate_hz: int, times: Times | None = None, data_bytes: int | None = None
) -> bytes:
    """The head of a mono stream: 44 bytes, or more with `times`, even if those are none.

    `data_bytes` is the size of the sound where it is known. `fmt ` is 16 bytes long for MULAW too, where the
    standard asks for more: 44 must stay 44.
    """
    tag, width = _TAG_AND_BYTES[precision]
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, 1, rate_hz, rate_hz * width, width, 8 * width)
    stamps = b"" if times is None else _stamps(times, rate_hz)
    size = _UNKNOWN if data_bytes is None else 4 + len(fmt) + len(stamps) + 8 + data_bytes
    head = struct.pack("<4sI4s", b"RIFF", size, b"WAVE")
    return head + fmt + stamps + struct.pack("<4sI", b"data", _UNKNOWN if data_bytes is None else data_bytes)


def _stamps(times: Times, rate_hz: int) -> bytes:
    """A cue point for each letter and sound, and a label with its length and text. Both chunks are there without any
    point too: the Node SDK waits for them for ever."""
    marks = [(b"grph", mark) for mark in times.letters] + [(b"phon", mark) for mark in times.sounds]
    points = b"".join(
        struct.pack("<II4sIII", number, number, b"data", 0, 0, round(mark.start_s * rate_hz))
        for number, (_, mark) in enumerate(marks, 1)
    )
    labels = b"".join(_label(number, kind, mark, rate_hz) for number, (kind, mark) in enumerate(marks, 1))
    cue = struct.pack("<4sII", b"cue ", 4 + len(points), len(marks)) + points
    return cue + struct.pack("<4sI4s", b"LIST", 4 + len(labels), b"adtl") + labels


def _label(number: int, kind: bytes, mark: Mark, rate_hz: int) -> bytes:
    text = mark.text.encode("utf-8") + b"\0"
    length = max(0, round(mark.end_s * rate_hz) - round(mark.start_s * rate_hz))
    label = struct.pack("<4sIII4s8x", b"ltxt", 20 + len(text), number, length, kind) + text
    return label + b"\0" * (len(text) % 2)
