"""How much of a room is in a recording: how fast sound dies away, and how deep speech is modulated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform

_RATE_HZ = 16_000
_FRAME, _HOP = 256, 128  # 16 ms, 8 ms
_EDGES_HZ = (300.0, 600.0, 1_200.0, 2_400.0, 4_800.0)
_SLOPE_FRAMES = 10  # 80 ms
_LEAST_FALL_DB = 8.0
_FASTEST = 0.15  # this part of the falls is as fast as the room allows

_FEWEST = 8

LONGEST_S = 0.6
"""A slower decay than this is not told apart."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Room:
    """What is known of the room."""

    decay_s: float
    """Time in which sound falls by 60 dB, as far as one hears it: at most what the room's is, about 0.15 in a dry one."""
    slow_decay_s: float
    """The same of the median fall: speech and room together."""
    modulation_db: float
    """Modulation at 3 to 10 Hz, the pace of syllables, over that at 15 to 50 Hz."""
    depth_db: float
    """How far the levels of the bands move: between their tenth and ninetieth part."""


def room(wave: Waveform) -> Room | None:
    """Measure `wave` of any rate. None where it is shorter than 0.5 s.

    Where hardly any fall is steep enough to be seen, the decay is `LONGEST_S`: a hall, or noise that covers it all.
    """
    samples = resample(wave, _RATE_HZ).samples
    if len(samples) < _RATE_HZ // 2:
        return None
    levels = _levels_db(samples.astype(np.float64))
    falls = np.concatenate([_falls_db_s(band) for band in levels])
    slowest = 60.0 / LONGEST_S
    fast, median = np.quantile(falls, (1.0 - _FASTEST, 0.5)) if len(falls) >= _FEWEST else (slowest, slowest)
    depth = float(np.mean(np.quantile(levels, 0.9, axis=1) - np.quantile(levels, 0.1, axis=1)))
    return Room(60.0 / float(fast), 60.0 / float(median), _modulation_db(levels), depth)


def _levels_db(samples: Floats) -> Floats:
    """Level (bands, frames) of each octave, nothing below 60 dB under the loudest."""
    window = np.hanning(_FRAME + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_HOP]
    spectrum = scipy.fft.rfft(frames * window, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    bins_hz = np.fft.rfftfreq(_FRAME, 1.0 / _RATE_HZ)
    edges = np.searchsorted(bins_hz, _EDGES_HZ)
    bands = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1).T
    peak = bands.max(axis=1, keepdims=True) + 1e-12
    return np.asarray(10.0 * np.log10(np.maximum(bands / peak, 1e-6)))


def _falls_db_s(levels: Floats) -> Floats:
    """Steepness in dB/s of every stretch of 80 ms in which the level falls steadily."""
    if len(levels) < _SLOPE_FRAMES:
        return np.zeros(0)
    views = np.lib.stride_tricks.sliding_window_view(levels, _SLOPE_FRAMES)
    t = np.arange(_SLOPE_FRAMES) - (_SLOPE_FRAMES - 1) / 2.0
    slope = views @ t / float(t @ t)
    centred = views - views.mean(axis=1, keepdims=True)
    error = np.square(centred - slope[:, None] * t).sum(axis=1)
    fit = 1.0 - error / np.maximum(np.square(centred).sum(axis=1), 1e-9)
    steady = (slope * _SLOPE_FRAMES < -_LEAST_FALL_DB) & (fit > 0.9) & (views.min(axis=1) > -55.0)
    return np.asarray(-slope[steady] * _RATE_HZ / _HOP)


def _modulation_db(levels: Floats) -> float:
    amplitude = 10.0 ** (levels / 20.0)
    amplitude = amplitude - amplitude.mean(axis=1, keepdims=True)
    power = np.square(np.abs(scipy.fft.rfft(amplitude * np.hanning(amplitude.shape[1]), axis=1)))
    hz = np.fft.rfftfreq(amplitude.shape[1], _HOP / _RATE_HZ)
    slow = power[:, (hz >= 3.0) & (hz < 10.0)].sum()
    fast = power[:, (hz >= 15.0) & (hz < 50.0)].sum()
    return float(10.0 * np.log10((slow + 1e-12) / (fast + 1e-12)))
