"""The chunks of a WAV file, held against its length: a file that was cut off is told as such.

Decoders are kinder and play what there is. Of a consent nothing may be missing.
"""

from __future__ import annotations

import struct

from sayso.errors import CutOff, WrongSize

_STREAMED = (0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
"""Sizes that recorders leave which do not know theirs when they begin, give or take a head."""
_NEAR = 4096


def is_wav(file: bytes) -> bool:
    """Whether it begins as a WAV file does."""
    return len(file) > 44 and file[:4] in (b"RIFF", b"RF64") and file[8:12] == b"WAVE"


def check_whole(file: bytes) -> None:
    """Raise CutOff or WrongSize where the sound of a WAV file is not as long as its head says."""
    at = 12
    while at + 8 <= len(file):
        name, size = struct.unpack_from("<4sI", file, at)
        here = len(file) - at - 8
        if name == b"data":
            if any(abs(size - odd) <= _NEAR for odd in _STREAMED if odd) or size == 0:
                return
            if size > here:
                raise CutOff(
                    f"the file is cut off: its head promises {size:,} bytes of sound, {here:,} are there; "
                    "export it again"
                )
            _check_rest(file[at + 8 + size + size % 2 :])
            return
        at += 8 + size + size % 2
    raise CutOff("the file is cut off or damaged: no sound was found in it; export it again")


def _check_rest(rest: bytes) -> None:
    """What follows the sound must be further chunks, or a little padding."""
    if len(rest) < 8 or not rest.strip(b"\0"):
        return
    name, size = struct.unpack_from("<4sI", rest)
    if not name.isascii() or size > len(rest) - 8:
        raise WrongSize(
            f"the head of the file is wrong: {len(rest):,} bytes follow after the length that it gives for the "
            "sound; export it again"
        )
