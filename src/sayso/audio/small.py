"""A kept recording as a small MP3, in blocks: for a page that holds a player for each of many."""

from __future__ import annotations

import io
from collections.abc import Generator

import numpy as np
import soundfile

from sayso.audio.resample import StreamResampler
from sayso.errors import BadAudio

BITS_PER_S = 32_000
"""Of the file. Mono speech of up to 12 kHz that one can judge; a minute is 0.24 MB, in base64 0.32 MB."""
# libsndfile maps 0..1 linearly onto LAME's bit rates, which at these rates are 160 down to 8 kbit/s.
_LEVEL = 0.85
_RATES_HZ = (16_000, 22_050, 24_000)
_BLOCK_S = 10.0


def small_mp3(flac: bytes) -> Generator[None, None, bytes]:
    """The file `flac`, mono, as MP3 at its own rate or the next that will do, at most 24 kHz.

    Yields after each ten seconds of it, so that others may have the processor; the MP3 is what it returns. Only a block is
    in memory beside the two files. A file of ours: nothing is judged in it. Raises BadAudio where it is damaged.
    """
    made = io.BytesIO()
    try:
        with soundfile.SoundFile(io.BytesIO(flac)) as source:
            rate_hz = int(source.samplerate)
            to_hz = next((one for one in _RATES_HZ if one >= rate_hz), _RATES_HZ[-1])
            resampler = StreamResampler(rate_hz, to_hz)
            with soundfile.SoundFile(
                made,
                "w",
                samplerate=to_hz,
                channels=1,
                format="MP3",
                subtype="MPEG_LAYER_III",
                bitrate_mode="CONSTANT",
                compression_level=_LEVEL,
            ) as sink:
                left = source.frames
                while left > 0:
                    block = source.read(min(left, round(_BLOCK_S * rate_hz)), dtype="float32")
                    if len(block) == 0:
                        raise BadAudio("the kept recording is cut short; upload it again")
                    left -= len(block)
                    sink.write(np.clip(resampler.push(block, last=left == 0), -1.0, 1.0))
                    yield
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        raise BadAudio("the kept recording is damaged; upload it again") from error
    return made.getvalue()
