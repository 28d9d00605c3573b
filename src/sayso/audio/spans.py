"""Where sound starts and stops, by its level alone.

This tells loud from quiet and knows nothing of speech: a door that slams is loud. For speech among
other sounds see `engines/vad.py`, which gives the same spans.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sayso.audio.waveform import Waveform

_FRAME_S = 0.010
_QUIET_DB = 40.0
_FLOOR_DBFS = -120.0


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a waveform, `end_s` not included."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


def frame_levels_dbfs(wave: Waveform, frame_s: float = _FRAME_S) -> NDArray[np.float64]:
    """RMS level (frames,) in dBFS of consecutive frames of `frame_s`; the last may be shorter."""
    size = max(1, round(frame_s * wave.rate_hz))
    n = -(-len(wave.samples) // size)
    padded = np.pad(wave.samples.astype(np.float64), (0, n * size - len(wave.samples)))
    rms = np.sqrt(np.square(padded.reshape(n, size)).mean(axis=1))
    levels: NDArray[np.float64] = np.maximum(20.0 * np.log10(np.maximum(rms, 1e-12)), _FLOOR_DBFS)
    return levels


def loud_spans(wave: Waveform, *, below_peak_db: float = _QUIET_DB, bridge_s: float = 0.2) -> list[Span]:
    """Spans whose frames are at most `below_peak_db` below the loudest frame, in order, apart from each other.

    Gaps shorter than `bridge_s` are closed. Digital silence gives an empty list.
    """
    levels = frame_levels_dbfs(wave)
    if len(levels) == 0 or levels.max() <= _FLOOR_DBFS:
        return []
    loud = levels >= levels.max() - below_peak_db
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False])).astype(np.int8)))
    spans = [
        Span(start * _FRAME_S, min(end * _FRAME_S, wave.duration_s))
        for start, end in edges.reshape(-1, 2).tolist()
    ]
    return bridge(spans, bridge_s)


def bridge(spans: Iterable[Span], gap_s: float) -> list[Span]:
    """`spans` in order, those joined that lie less than `gap_s` apart."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.start_s - joined[-1].end_s < gap_s:
            joined[-1] = Span(joined[-1].start_s, max(joined[-1].end_s, span.end_s))
        else:
            joined.append(span)
    return joined


def trim(wave: Waveform, *, below_peak_db: float = _QUIET_DB, keep_s: float = 0.05) -> Waveform:
    """`wave` without the quiet at both ends, up to `keep_s` of it kept on each side."""
    spans = loud_spans(wave, below_peak_db=below_peak_db)
    if not spans:
        return wave
    return wave.cut(spans[0].start_s - keep_s, spans[-1].end_s + keep_s)


def join(wave: Waveform, spans: Sequence[Span], *, pause_s: float = 0.0) -> Waveform:
    """The `spans` of `wave` one after another, `pause_s` of digital silence between them."""
    pause = np.zeros(round(pause_s * wave.rate_hz), np.float32)
    parts: list[NDArray[np.float32]] = []
    for span in spans:
        if parts:
            parts.append(pause)
        parts.append(wave.cut(span.start_s, span.end_s).samples)
    return Waveform(np.concatenate(parts) if parts else np.zeros(0, np.float32), wave.rate_hz)
