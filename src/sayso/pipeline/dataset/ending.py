"""Whether a recording ends where it says it does. Decoders take what is there and say nothing."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_MOST_CHUNKS = 64
_UNKNOWN_BYTES = 0x7FFF0000
_HARDLY_BYTES = 4_096

_LARGEST_PAGE_BYTES = 65_307
_PAGE_HEAD_BYTES = 27
_LAST_PAGE = 4

_TAG_HEAD_BYTES = 10
_FIRST_FRAME_BYTES = 256
_HAS_FRAMES, _HAS_BYTES = 1, 2


def is_cut_short(path: Path) -> bool:
    """Whether a WAV, OGG or MP3 file promises more than it holds. Of an MP3 without a Xing or Info head nobody can tell.

    What is written while it is recorded promises nothing in WAV: 0, or about the largest number.
    """
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        file.seek(0)
        if head.startswith(b"RIFF") and head[8:] == b"WAVE":
            return _wav(file, size_bytes)
        if head.startswith(b"OggS"):
            return _ogg(file, size_bytes)
        if head.startswith(b"ID3") or (head[:1] == b"\xff" and head[1:2] >= b"\xe0"):
            return _mp3(file, size_bytes)
    return False


def _wav(file: BinaryIO, size_bytes: int) -> bool:
    """The data chunk tells its size."""
    file.seek(12)
    for _ in range(_MOST_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8:
            return False
        told_bytes = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"data":
            missing = told_bytes - (size_bytes - file.tell())
            return told_bytes < _UNKNOWN_BYTES and missing > _HARDLY_BYTES
        file.seek(told_bytes + told_bytes % 2, 1)
    return False


def _ogg(file: BinaryIO, size_bytes: int) -> bool:
    """The last page is marked as such (RFC 3533, section 6), and is whole."""
    file.seek(max(0, size_bytes - 2 * _LARGEST_PAGE_BYTES))
    tail = file.read()
    start = tail.rfind(b"OggS")
    page = tail[start:]
    if start < 0 or len(page) < _PAGE_HEAD_BYTES:
        return True
    segments = page[26]
    whole_bytes = _PAGE_HEAD_BYTES + segments + sum(page[_PAGE_HEAD_BYTES : _PAGE_HEAD_BYTES + segments])
    return not page[5] & _LAST_PAGE or len(page) < whole_bytes


def _mp3(file: BinaryIO, size_bytes: int) -> bool:
    """Encoders put a first frame without sound, with the number of bytes behind it, where they know it at the end."""
    start = 0
    tag = file.read(_TAG_HEAD_BYTES)
    if tag.startswith(b"ID3") and len(tag) == _TAG_HEAD_BYTES:
        # Seven bits a byte.
        start = _TAG_HEAD_BYTES + sum((tag[9 - i] & 0x7F) << 7 * i for i in range(4))
    file.seek(start)
    frame = file.read(_FIRST_FRAME_BYTES)
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    flags = frame[at + 7] if 0 <= at < len(frame) - 16 else 0
    if not flags & _HAS_BYTES:
        return False
    field = at + (12 if flags & _HAS_FRAMES else 8)
    told_bytes = int.from_bytes(frame[field : field + 4], "big")
    return told_bytes - (size_bytes - start) > _HARDLY_BYTES
