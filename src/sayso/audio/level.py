"""How loud a waveform is, and how to make it as loud as another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sayso.audio.waveform import Waveform

_KNEE = 0.85
FLOOR_DBFS = -120.0
"""What silence measures: never -inf, so that figures stay valid JSON."""


def rms_dbfs(wave: Waveform) -> float:
    """Root-mean-square level in dBFS, where 0.0 is a full-scale square wave.

    A full-scale sine is therefore -3.01 dBFS. Silence and an empty waveform are `FLOOR_DBFS`.
    """
    if len(wave.samples) == 0:
        return FLOOR_DBFS
    # float64: squares of quiet samples summed in float32 lose the last digits we compare.
    return _dbfs(float(np.sqrt(np.mean(np.square(wave.samples, dtype=np.float64)))))


def peak_dbfs(wave: Waveform) -> float:
    """Level of the largest sample in dBFS; a full-scale sample is 0.0, silence `FLOOR_DBFS`."""
    return _dbfs(_peak(wave))


def with_rms(wave: Waveform, target_dbfs: float, *, max_peak: float = 0.97) -> Waveform:
    """`wave` scaled to an RMS level of `target_dbfs`, or as near as its peak may rise to `max_peak`.

    Silence stays as it is.
    """
    peak = _peak(wave)
    if peak == 0.0:
        return wave
    gain = min(10.0 ** ((target_dbfs - rms_dbfs(wave)) / 20.0), max_peak / peak)
    return Waveform((wave.samples * gain).astype(np.float32), wave.rate_hz)


def gain_of(gain_db: float) -> float:
    """The factor of so many decibels; 0.0 where they mean silence (-90 dB and less)."""
    return 0.0 if gain_db <= -90.0 else float(10.0 ** (gain_db / 20.0))


def limited(samples: NDArray[np.floating]) -> NDArray[np.floating]:
    """`samples` bent softly above 0.85, so that none reaches full scale; quieter ones stay as they are."""
    size = np.abs(samples)
    if len(size) == 0 or size.max() <= _KNEE:
        return samples
    bent = _KNEE + (0.99 - _KNEE) * np.tanh((size - _KNEE) / (0.99 - _KNEE))
    return np.where(size > _KNEE, np.sign(samples) * bent, samples).astype(samples.dtype)


def _peak(wave: Waveform) -> float:
    # Without a copy: recordings may be hundreds of megabytes.
    return max(float(wave.samples.max()), -float(wave.samples.min())) if len(wave.samples) else 0.0


def _dbfs(amplitude: float) -> float:
    return max(FLOOR_DBFS, 20.0 * float(np.log10(max(amplitude, 1e-12))))
