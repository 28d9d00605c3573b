"""Mel power spectrograms as librosa and Whisper define them: Slaney's scale, area-normalised triangles."""

from __future__ import annotations

import functools
import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sayso.audio.waveform import Samples

Floats = NDArray[np.float32]

# Slaney's scale: linear up to 1 kHz, a factor of 6.4 every 27 mels above.
_LINEAR_HZ = 200.0 / 3.0
_BREAK_HZ = 1_000.0
_BREAK_MEL = _BREAK_HZ / _LINEAR_HZ
_LOG_STEP = math.log(6.4) / 27.0


def mel_power(
    samples: Samples, rate_hz: int, *, n_fft: int, hop: int, n_mels: int, pad: Literal["reflect", "constant"]
) -> Floats:
    """Power (n_mels, 1 + n // hop) of `samples` (n,): periodic Hann window of `n_fft`, frames centred on multiples of `hop`.

    `pad` says what lies beyond both ends; reflecting needs more than n_fft / 2 samples.
    """
    padded = np.pad(samples, n_fft // 2, mode=pad)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    window = np.hanning(n_fft + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(frames * window, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    mel: Floats = filterbank(rate_hz, n_fft, n_mels) @ power.T
    return mel


@functools.lru_cache(maxsize=8)
def filterbank(rate_hz: int, n_fft: int, n_mels: int) -> Floats:
    """Weights (n_mels, 1 + n_fft // 2) from 0 Hz to the Nyquist frequency; treat as read-only."""
    bins_hz = np.fft.rfftfreq(n_fft, 1.0 / rate_hz)
    edges_hz = _to_hz(np.linspace(0.0, _to_mel(rate_hz / 2.0), n_mels + 2))
    low, centre, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rising = (bins_hz - low) / (centre - low)
    falling = (high - bins_hz) / (high - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    # Equal area, so that white noise is flat.
    weights: Floats = (triangles * (2.0 / (high - low))).astype(np.float32)
    return weights


def _to_mel(hz: float) -> float:
    if hz < _BREAK_HZ:
        return hz / _LINEAR_HZ
    return _BREAK_MEL + math.log(hz / _BREAK_HZ) / _LOG_STEP


def _to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _LINEAR_HZ, above)
