"""What phones record (M4A, 3GP, AAC, WebM), decoded by a program of its own: ffmpeg, within bounds.

The program is the one on PATH, or the one that comes with the optional extra `phone`. It runs as a process apart, on a
file whose name we chose, with one demuxer, few decoders and no protocol but that file: no list of parts and no address
inside the file can make it open anything else.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import struct
import sys
from pathlib import Path
from typing import IO

from sayso.audio.codec import MAX_RATE_HZ, MIN_RATE_HZ

REMEDY = (
    "to read what phones record, the operator installs sayso[phone] or the program ffmpeg; "
    "or send WAV, FLAC, OGG or MP3"
)
_CODECS = "aac,aac_latm,aac_fixed,alac,opus,libopus,vorbis,libvorbis,mp3,mp3float,flac,pcm_s16le,pcm_s16be,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb"


@functools.cache
def program() -> Path | None:
    """Where ffmpeg is; None where there is none."""
    if found := shutil.which("ffmpeg"):
        return Path(found).absolute()
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        return None
    import imageio_ffmpeg

    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe()).absolute()
    except RuntimeError:  # a platform for which none is shipped
        return None


def command(path: Path, demuxer: str, max_s: float, *, memory_bytes: int, cpu_s: int) -> list[str]:
    """A command that writes the first sound of `path` to its output, as a mono float32 WAV of at most `max_s`.

    It sets its own bounds before it becomes ffmpeg. `demuxer` is one of `kinds.PHONE`.
    """
    ffmpeg = program()
    assert ffmpeg is not None  # noqa: S101 - callers ask `program` first
    bounds = f"{memory_bytes},{cpu_s}"
    reading = [
        "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1",
        "-protocol_whitelist", "file", "-format_whitelist", _formats(demuxer), "-codec_whitelist", _CODECS,
        "-f", demuxer, "-i", f"file:{path}",
    ]  # fmt: skip
    writing = [
        "-map", "0:a:0", "-vn", "-sn", "-dn", "-t", f"{max_s:.3f}", "-ac", "1", "-map_metadata", "-1", "-bitexact",
        "-c:a", "pcm_f32le", "-f", "wav", "pipe:1",
    ]  # fmt: skip
    return [sys.executable, "-P", "-m", "sayso.pipeline.phone", bounds, str(ffmpeg), *reading, *writing]


def rate_of(pipe: IO[bytes]) -> int:
    """Read the head of what `command` writes; gives the rate in Hz. Raises EOFError where there is none."""
    if pipe.read(12)[8:] != b"WAVE":
        raise EOFError
    rate_hz = 0
    for _ in range(8):
        mark, size = struct.unpack("<4sI", pipe.read(8))
        if mark == b"data":
            break
        body = pipe.read(min(size, 1_024))
        if mark == b"fmt ":
            (rate_hz,) = struct.unpack_from("<I", body, 4)
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise EOFError
    return rate_hz


def _formats(demuxer: str) -> str:
    # A demuxer is known by all names of its family.
    return {"mov": "mov,mp4,m4a,3gp,3g2,mj2", "matroska": "matroska,webm"}.get(demuxer, demuxer)


def main() -> None:
    """Become the program of the command line, in bounds."""
    from sayso.pipeline.confine import confine

    memory_bytes, cpu_s = (int(part) for part in sys.argv[1].split(","))
    confine(memory_bytes=memory_bytes, cpu_s=cpu_s, file_bytes=0)
    os.nice(10)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - a program of ours, with arguments of ours


if __name__ == "__main__":
    main()
