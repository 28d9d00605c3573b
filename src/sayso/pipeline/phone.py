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
import sys
from pathlib import Path

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


def command(
    path: Path, demuxer: str, rate_hz: int, max_s: float, *, memory_bytes: int, cpu_s: int
) -> list[str]:
    """A command that writes the sound of `path` to its output: mono float32 at `rate_hz`, at most `max_s` of it.

    It sets its own bounds before it becomes ffmpeg.
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
        "-map", "0:a:0", "-vn", "-sn", "-dn", "-t", f"{max_s:.3f}", "-ac", "1", "-ar", str(rate_hz),
        "-c:a", "pcm_f32le", "-f", "f32le", "pipe:1",
    ]  # fmt: skip
    return [sys.executable, "-P", "-m", "sayso.pipeline.phone", bounds, str(ffmpeg), *reading, *writing]


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
