"""What went wrong in a recording before it came to us: offset, clipping, a band that is cut off.

All of it is read off the signal; nothing knows of speech.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sayso.audio.waveform import Samples, Waveform

_NEAR = 0.005  # of the reach: samples so near to an extreme lie on it
_RUN = 3  # samples in a row that lie on an extreme: no smooth top does that below 4 kHz
_QUIET_PEAK = 1e-3
_BIN_HZ = 125.0
_FLOOR_DB = 70.0  # below the strongest bin: nothing but rounding and dither
_CLIFF_HZ = 500.0
_ACTIVE_DB = 30.0
_BLOCK = 4_096  # frames
_STRETCH = 1 << 20  # samples

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Band:
    """How far up a recording reaches."""

    cutoff_hz: float
    """Highest frequency that holds more than the floor."""
    cliff_db: float
    """Largest fall within 500 Hz, above 2 kHz and below 0.9 of the Nyquist frequency."""
    cliff_hz: float
    """Where it begins."""


def dc_offset(wave: Waveform) -> float:
    """Mean of the samples, full scale 1."""
    return float(np.mean(wave.samples, dtype=np.float64)) if len(wave.samples) else 0.0


def flat_top_ratio(wave: Waveform) -> float:
    """Part of the samples, 0 to 1, that lie in runs of three and more on the highest or the lowest value.

    Unclipped speech stays below 1e-5. Resampling and codecs round the tops, and hide them.
    """
    samples = wave.samples
    if len(samples) < _RUN:
        return 0.0
    highest, lowest = float(samples.max()), float(samples.min())
    # Half the range, not the peak: an offset must not move the line.
    reach = (highest - lowest) / 2.0
    if reach < _QUIET_PEAK:
        return 0.0
    count = 0
    for start in range(0, len(samples), _STRETCH):  # a run that is cut here is hardly missed
        part = samples[start : start + _STRETCH]
        for on in (part >= highest - _NEAR * reach, part <= lowest + _NEAR * reach):
            edges = np.flatnonzero(np.diff(np.concatenate(([False], on, [False])).astype(np.int8)))
            lengths = edges[1::2] - edges[::2]
            count += int(lengths[lengths >= _RUN].sum())
    return count / len(samples)


def top_density(wave: Waveform) -> float:
    """How crowded the highest tenth of the amplitudes is against the tenth below: below 0.5 in speech, far more when clipped."""
    size = np.abs(wave.samples)
    peak = float(size.max()) if len(size) else 0.0
    if peak < _QUIET_PEAK:
        return 0.0
    top = int(np.count_nonzero(size >= 0.9 * peak))
    below = int(np.count_nonzero(size >= 0.8 * peak)) - top
    return top / (below + 10.0)


def crest_db(wave: Waveform) -> float:
    """Peak over RMS in dB."""
    samples = wave.samples.astype(np.float64)
    if len(samples) == 0 or not samples.any():
        return 0.0
    return float(20.0 * np.log10(np.abs(samples).max() / np.sqrt(np.mean(samples**2))))


def band(wave: Waveform) -> Band:
    """Where the spectrum of the louder frames ends, and how steeply."""
    levels_db, bins_hz = spectrum_db(wave.samples, wave.rate_hz)
    if len(levels_db) == 0:
        return Band(0.0, 0.0, 0.0)
    above = np.flatnonzero(levels_db > levels_db.max() - _FLOOR_DB)
    step = max(1, round(_CLIFF_HZ / _BIN_HZ))
    fall = levels_db[:-step] - levels_db[step:]
    where = (bins_hz[:-step] > 2_000.0) & (bins_hz[step:] < 0.9 * wave.rate_hz / 2.0)
    if not where.any():
        return Band(float(bins_hz[above[-1]]), 0.0, 0.0)
    at = int(np.argmax(np.where(where, fall, -np.inf)))
    return Band(float(bins_hz[above[-1]]), float(fall[at]), float(bins_hz[at]))


def spectrum_db(samples: Samples, rate_hz: int) -> tuple[Floats, Floats]:
    """Mean power of the louder frames in dB, and the frequencies, in bins of about 125 Hz; empty for silence."""
    n_fft = round(rate_hz / _BIN_HZ / 2) * 2
    if len(samples) < n_fft:
        return np.zeros(0), np.zeros(0)
    # Side lobes below the floor, or noise would seem to reach further than it does.
    window = _blackman_harris(n_fft)
    views = np.lib.stride_tricks.sliding_window_view(samples, n_fft)[:: n_fft // 2]
    total = np.zeros(n_fft // 2 + 1)
    # Block by block, so that memory stays bounded however long the recording is.
    energy = np.concatenate(
        [np.square(views[i : i + _BLOCK]).mean(axis=1) for i in range(0, len(views), _BLOCK)]
    )
    loud = energy > energy.max() * 10.0 ** (-_ACTIVE_DB / 10.0)
    if energy.max() <= 1e-12:
        return np.zeros(0), np.zeros(0)
    chosen = np.flatnonzero(loud)
    for start in range(0, len(chosen), _BLOCK):
        block = scipy.fft.rfft(views[chosen[start : start + _BLOCK]] * window, axis=1)
        total += (block.real**2 + block.imag**2).sum(axis=0, dtype=np.float64)
    bins_hz = np.asarray(np.fft.rfftfreq(n_fft, 1.0 / rate_hz), np.float64)
    return np.asarray(10.0 * np.log10(total / len(chosen) + 1e-12)), bins_hz


def _blackman_harris(length: int) -> NDArray[np.float32]:
    """The four-term window of Harris (1978), periodic: its side lobes lie 92 dB down."""
    turn = 2.0 * np.pi * np.arange(length) / length
    terms = (0.35875, -0.48829, 0.14128, -0.01168)
    window = sum(a * np.cos(k * turn) for k, a in enumerate(terms))
    return np.asarray(window, np.float32)
