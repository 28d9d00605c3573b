"""How large is the page of an analysis with its sound in it, and how long does it take?

    python benchmarks/page.py --speech DIR [--minutes 25] [--json FILE]

The recordings below DIR, one after another until there are so many minutes, are kept as the platform keeps them (24-bit FLAC)
and made into players one at a time, as the page does; what is around them, some kilobytes, is left out. Beside MP3 of
32 kbit/s, which is what the page has, stand other rates and Opus.
"""

from __future__ import annotations

import io
import resource
import time
from collections.abc import Callable
from pathlib import Path

import soundfile

import common
from sayso.audio import codec
from sayso.audio.resample import resample
from sayso.audio.small import small_mp3
from sayso.audio.waveform import Waveform
from sayso.errors import SaysoError

_SOUND = frozenset({".flac", ".mp3", ".ogg", ".wav"})
_BASE64 = 4 / 3
_MOST_HZ = 24_000


def kept(speech: Path, minutes: float) -> tuple[list[bytes], float]:
    """Recordings as FLAC, and their seconds in all."""
    files: list[bytes] = []
    total_s = 0.0
    for path in sorted(path for path in speech.rglob("*") if path.suffix in _SOUND):
        if "noise" in path.parts:
            continue
        try:
            wave = codec.decode(path.read_bytes())
        except SaysoError:
            continue
        files.append(codec.encode_flac(wave))
        total_s += wave.duration_s
        if total_s >= 60.0 * minutes:
            break
    return files, total_s


def page_mp3(flac: bytes) -> int:
    """Bytes of the MP3 that the page has."""
    making = small_mp3(flac)
    while True:
        try:
            next(making)
        except StopIteration as end:
            return len(end.value)


def other(form: str, subtype: str, level: float, mode: str | None = None) -> Callable[[bytes], int]:
    """The same by another format."""

    def make(flac: bytes) -> int:
        wave: Waveform = codec.decode(flac)
        wave = wave if wave.rate_hz <= _MOST_HZ else resample(wave, _MOST_HZ)
        file = io.BytesIO()
        options = {} if mode is None else {"bitrate_mode": mode}
        soundfile.write(
            file, wave.samples, wave.rate_hz, format=form, subtype=subtype, compression_level=level, **options
        )
        return len(file.getvalue())

    return make


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=True)
    parser.add_argument("--minutes", type=float, default=25.0)
    options = parser.parse_args()
    report = common.Report("page", options)
    files, total_s = kept(options.speech, options.minutes)
    ways: dict[str, Callable[[bytes], int]] = {
        "MP3, 32 kbit/s, constant (the page)": page_mp3,
        "MP3, 48 kbit/s, constant": other("MP3", "MPEG_LAYER_III", 0.75, "CONSTANT"),
        "MP3, 64 kbit/s, constant (as clips)": other("MP3", "MPEG_LAYER_III", 0.6, "CONSTANT"),
        "MP3, variable, 0.85": other("MP3", "MPEG_LAYER_III", 0.85, "VARIABLE"),
        "Opus, 0.9": other("OGG", "OPUS", 0.9),
    }
    rows = []
    for name, make in ways.items():
        cpu = time.process_time()
        size = sum(map(make, files))
        cpu = time.process_time() - cpu
        rows.append(
            {
                "format": name,
                "recordings": len(files),
                "minutes": total_s / 60,
                "kbit/s": size * 8 / total_s / 1e3,
                "MB in the page": size * _BASE64 / 1e6,
                "CPU s": cpu,
                "times real time": total_s / cpu,
            }
        )
    report.table("A page with its sound in it", rows)
    report.keep("peak MB of this process", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
    report.close()


if __name__ == "__main__":
    main()
