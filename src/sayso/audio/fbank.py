"""Log mel energies as Kaldi defines them: what encoders of speakers are trained on."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sayso.audio.waveform import Samples

Floats = NDArray[np.float32]

RATE_HZ = 16_000
FRAME, HOP = 400, 160
"""Samples of a frame, 25 ms, and from one to the next, 10 ms."""

_N_FFT = 512
_LOW_HZ = 20.0
_PRE_EMPHASIS = 0.97
_FLOOR = float(np.finfo(np.float32).eps)  # of an energy, before the logarithm
_BLOCK = 2_048  # frames at a time: memory stays the same however long the sound


def log_mels(samples: Samples, n_mels: int = 80) -> Floats:
    """Log energies (frames, n_mels) of `samples` (n,) at 16 kHz; whole frames only, so 0 of them below 25 ms."""
    if len(samples) < FRAME:
        return np.zeros((0, n_mels), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    window, bank = _window(), _bank(n_mels)
    found = np.empty((len(frames), n_mels), np.float32)
    for at in range(0, len(frames), _BLOCK):
        block = frames[at : at + _BLOCK]
        block = block - block.mean(axis=1, keepdims=True)
        before = np.concatenate((block[:, :1], block[:, :-1]), axis=1)
        spectrum = np.fft.rfft((block - _PRE_EMPHASIS * before) * window, _N_FFT, axis=1)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        found[at : at + _BLOCK] = np.log(np.maximum(power.astype(np.float32) @ bank, _FLOOR))
    return found


@functools.cache
def _window() -> Floats:
    """Povey's: a Hann window to the power of 0.85, which never quite reaches zero inside."""
    return (np.hanning(FRAME) ** 0.85).astype(np.float32)


@functools.lru_cache(maxsize=4)
def _bank(n_mels: int) -> Floats:
    """Triangles (257, n_mels), even on the mel scale itself rather than in Hz."""
    bins = _mel(np.fft.rfftfreq(_N_FFT, 1.0 / RATE_HZ))[:, None]
    edges = np.linspace(_mel(_LOW_HZ), _mel(RATE_HZ / 2.0), n_mels + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return np.maximum(0.0, triangles).astype(np.float32)


def _mel(hz: float | NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(1_127.0 * np.log1p(np.asarray(hz, np.float64) / 700.0))
