"""STOI: how much of speech is understood beside a clean reference, after Taal et al. (2011).

Third-octave envelopes of both, 384 ms at a time; the score is their mean correlation. Blind to level,
and hardly moved by what happens above 4.3 kHz.
"""

from __future__ import annotations

import functools

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sayso.audio.resample import resample
from sayso.audio.waveform import Samples, Waveform

_RATE_HZ = 10_000
_FRAME, _HOP, _N_FFT = 256, 128, 512
_BANDS, _LOWEST_HZ = 15, 150.0
_SEGMENT = 30  # frames: 384 ms
_QUIET_DB = 40.0
_CLIP = 10.0 ** (15.0 / 20.0)
_TINY = np.finfo(np.float64).eps

Floats = NDArray[np.float64]


def stoi(reference: Waveform, degraded: Waveform) -> float | None:
    """About 0 (nothing understood) to 1 (all), of two waveforms in step and of one rate.

    Frames more than 40 dB below the loudest of the reference do not count. None where less than 0.4 s counts.
    """
    ref = resample(reference, _RATE_HZ).samples
    deg = resample(degraded, _RATE_HZ).samples
    n = min(len(ref), len(deg))
    if n < _FRAME:
        return None
    ref_frames, deg_frames = _frames(ref[:n]), _frames(deg[:n])
    levels = np.sqrt(np.square(ref_frames).sum(axis=1))
    if levels.max() <= _TINY:
        return None
    loud = levels > levels.max() * 10.0 ** (-_QUIET_DB / 20.0)
    x, y = (_bands(_joined(frames[loud])) for frames in (ref_frames, deg_frames))
    if len(x) < _SEGMENT:
        return None
    windows = np.lib.stride_tricks.sliding_window_view
    xs, ys = (windows(bands, _SEGMENT, axis=0) for bands in (x, y))
    gain = np.linalg.norm(xs, axis=-1, keepdims=True) / (np.linalg.norm(ys, axis=-1, keepdims=True) + _TINY)
    clipped = np.minimum(ys * gain, xs * (1.0 + _CLIP))
    return float(np.clip(np.mean(_correlation(xs, clipped)), 0.0, 1.0))


def _correlation(xs: Floats, ys: Floats) -> Floats:
    xs = xs - xs.mean(axis=-1, keepdims=True)
    ys = ys - ys.mean(axis=-1, keepdims=True)
    norms = np.linalg.norm(xs, axis=-1) * np.linalg.norm(ys, axis=-1)
    found: Floats = (xs * ys).sum(axis=-1) / (norms + _TINY)
    return found


def _frames(samples: Samples) -> Floats:
    window = np.hanning(_FRAME + 2)[1:-1]
    views = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), _FRAME)[::_HOP]
    return np.asarray(views * window)


def _joined(frames: Floats) -> Floats:
    """The windowed frames laid over each other: the signal without its quiet frames."""
    out = np.zeros((len(frames) + 1, _HOP))
    out[:-1] += frames[:, :_HOP]
    out[1:] += frames[:, _HOP:]
    return out.reshape(-1)


def _bands(samples: Floats) -> Floats:
    """Amplitude (frames, 15) in each third of an octave."""
    spectrum = scipy.fft.rfft(_frames(samples.astype(np.float32)), _N_FFT, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(np.sqrt(power @ _bank().T))


@functools.cache
def _bank() -> Floats:
    """Which bins (15, 257) belong to which band."""
    bins_hz = np.fft.rfftfreq(_N_FFT, 1.0 / _RATE_HZ)
    centres = _LOWEST_HZ * 2.0 ** (np.arange(_BANDS) / 3.0)
    low, high = (np.abs(bins_hz[None] - (centres * 2.0**side)[:, None]).argmin(1) for side in (-1 / 6, 1 / 6))
    index = np.arange(len(bins_hz))
    return np.asarray((index >= low[:, None]) & (index < high[:, None]), np.float64)
