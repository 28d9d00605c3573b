"""How far apart two recordings of the same speech are, for golden sound by tolerance."""

import numpy as np
from numpy.typing import NDArray

from sayso.audio.mel import mel_power
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform

Floats = NDArray[np.float32]

_FLOOR_DB = -60.0
_COMMON_HZ = 16_000
"""Spectra are compared at the lower of two rates, this one at most."""
_BAND = 24
"""Frames of 12.5 ms that the two may be apart, beside their difference in length."""


def log_mel(wave: Waveform, rate_hz: int = _COMMON_HZ) -> Floats:
    """(64, frames) of 12.5 ms, in dB below the loudest point, -60 at least."""
    samples = resample(wave, rate_hz).samples
    power = mel_power(samples, rate_hz, n_fft=1_024, hop=rate_hz // 80, n_mels=64, pad="constant")
    decibels = 10 * np.log10(np.maximum(power, 1e-12))
    floored: Floats = np.maximum(decibels - decibels.max(), _FLOOR_DB).astype(np.float32)
    return floored


def distance_db(one: Waveform, other: Waveform) -> float:
    """Mean absolute difference of the spectra, frame by frame."""
    rate_hz = min(one.rate_hz, other.rate_hz, _COMMON_HZ)
    a, b = log_mel(one, rate_hz), log_mel(other, rate_hz)
    frames = min(a.shape[-1], b.shape[-1])
    return float(np.abs(a[..., :frames] - b[..., :frames]).mean())


def warped_distance_db(one: Floats, other: Floats) -> float:
    """The same of two `log_mel`, where a sound may last a frame longer: along the cheapest way through both."""
    a, b = one.T, other.T
    n, m = len(a), len(b)
    band = _BAND + abs(n - m)
    # Summed cost and length of the way to each pair of frames.
    total, steps = np.full((n + 1, m + 1), np.inf), np.zeros((n + 1, m + 1), int)
    total[0, 0] = 0.0
    for i in range(1, n + 1):
        low, high = max(1, i - band), min(m, i + band)
        cost = np.abs(b[low - 1 : high] - a[i - 1]).mean(1)
        for j in range(low, high + 1):
            before = min((i - 1, j - 1), (i - 1, j), (i, j - 1), key=lambda at: total[at])
            total[i, j], steps[i, j] = total[before] + cost[j - low], steps[before] + 1
    return float(total[n, m] / steps[n, m])
