"""The two readings of a long recording: where to cut it, and the pieces. Its sound is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from sayso.audio.resample import StreamResampler
from sayso.audio.spans import Span
from sayso.audio.waveform import Samples, Waveform
from sayso.engines.base import Detector
from sayso.pipeline.dataset import cutting
from sayso.pipeline.dataset.crew import Crew

_HEARS_HZ = 16_000
_FRAME = 512
_BLOCK_FRAMES, _BEFORE_FRAMES = 1_875, 32
"""A minute that the detector sees at a time, and the second before, in which it finds its feet."""


def spans(blocks: Iterable[Samples], rate_hz: int, detector: Detector, crew: Crew) -> list[Span]:
    """Where to cut, out of a first reading in blocks (n,): the curves of a long recording are small, its sound is not.

    The detector is what takes the time. No minute needs another one's result, so the crew takes several at once.
    """

    def curves(part: tuple[Samples, Samples]) -> tuple[cutting.Curve, cutting.Curve]:
        before, block = part
        heard = detector.probabilities(Waveform(np.concatenate((before, block)), _HEARS_HZ))
        frames = np.pad(block, (0, -len(block) % _FRAME)).reshape(-1, _FRAME)
        rms = np.sqrt(np.square(frames, dtype=np.float64).mean(axis=1))
        levels_dbfs = 20.0 * np.log10(np.maximum(rms, 1e-6))
        return heard[len(before) // _FRAME :], levels_dbfs.astype(np.float32)

    found = list(crew.in_order(curves, _minutes(blocks, rate_hz)))
    if not found:
        return []
    speech, levels = zip(*found, strict=True)
    return cutting.cut_points(np.concatenate(speech), np.concatenate(levels))


def waves(blocks: Iterator[Samples], rate_hz: int, of: Sequence[Span]) -> Iterator[tuple[Span, Waveform]]:
    """The sound of each span, out of a second reading in blocks (n,)."""
    held: list[Samples] = []
    start = end = 0  # samples: what `held` covers
    for span in of:
        first, last = round(span.start_s * rate_hz), round(span.end_s * rate_hz)
        while end < last and (block := next(blocks, None)) is not None:
            held.append(block)
            end += len(block)
            while held and start + len(held[0]) <= first:
                start += len(held.pop(0))
        whole = np.concatenate(held) if held else np.zeros(0, np.float32)
        yield span, Waveform(whole[first - start : last - start].copy(), rate_hz)
        held = [whole[max(0, last - start) :]]
        start = end - len(held[0])
    for _ in blocks:
        """To their end, which is to be near: see `Sounds.blocks`."""


def _minutes(blocks: Iterable[Samples], rate_hz: int) -> Iterator[tuple[Samples, Samples]]:
    """The recording at 16 kHz, in blocks of whole frames (but for the last), each with the second before it."""
    resampler, size = StreamResampler(rate_hz, _HEARS_HZ), _BLOCK_FRAMES * _FRAME
    before = np.zeros(0, np.float32)
    left: list[Samples] = []
    count = 0
    for block in blocks:
        ready = resampler.push(block)
        left.append(ready)
        count += len(ready)
        while count >= size:
            whole = np.concatenate(left)
            yield before, whole[:size]
            before = whole[size - _BEFORE_FRAMES * _FRAME : size]
            left, count = [whole[size:]], count - size
    rest = np.concatenate([*left, resampler.push(np.zeros(0, np.float32), last=True)])
    if len(rest):
        yield before, rest
