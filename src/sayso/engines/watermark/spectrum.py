"""The front end of the watermark: short spectra up to 2 kHz, and the way back to samples.

The network was trained at 32 kHz on windows of 2,048 samples, 320 apart. In time these are 64 ms and 10 ms,
and what it sees are the multiples of 15.625 Hz: the same spectra can be had at every rate where both are
whole numbers of samples. So nothing has to be resampled.
"""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor

N_BINS = 128
"""Frequencies from 0 to 1,984 Hz: all that the network sees and changes."""
FRAMES_PER_S = 100

_TRAINED_RATE_HZ = 32_000
# The network's unit of level: 0 is -180 dB, 1 is 15 dB, of magnitudes at 32 kHz.
_FLOOR, _FLOOR_DB, _RANGE_DB = 1e-9, -180.0, 195.0


def fits(rate_hz: int) -> bool:
    """Whether window and hop are whole numbers of samples at `rate_hz`, and 2 kHz lie well below half of it."""
    return rate_hz % 1_000 == 0 and rate_hz >= 8_000


def window_size(rate_hz: int) -> int:
    """Samples of a window: 64 ms."""
    return rate_hz * 64 // 1_000


def hop_size(rate_hz: int) -> int:
    """Samples from one window to the next: 10 ms."""
    return rate_hz // FRAMES_PER_S


def spectra(samples: Tensor, rate_hz: int) -> Tensor:
    """(n,) -> complex (T, 128), of the windows that lie within the samples; n is at least one window."""
    frames = samples.unfold(0, window_size(rate_hz), hop_size(rate_hz))
    spectrum: Tensor = torch.fft.rfft(frames * _window(rate_hz))[:, :N_BINS]
    return spectrum


def levels(spectrum: Tensor, rate_hz: int) -> Tensor:
    """Levels (T, 128) in the network's unit."""
    magnitudes = spectrum.abs() * (_TRAINED_RATE_HZ / rate_hz)
    return (20.0 * torch.log10(magnitudes.clamp_(min=_FLOOR)) - _FLOOR_DB) / _RANGE_DB


def decibels(difference: float) -> float:
    """A difference of levels in decibels."""
    return difference * _RANGE_DB


def gains(change: Tensor) -> Tensor:
    """Changes of level -> factors of magnitude."""
    return torch.exp(change * (_RANGE_DB * math.log(10.0) / 20.0))


def samples_of(spectrum: Tensor, n: int, rate_hz: int) -> Tensor:
    """(T, 128) -> (n,): the reverse of `spectra`, but that the first and the last 64 ms fade in and out."""
    size, hop = window_size(rate_hz), hop_size(rate_hz)
    frames = torch.fft.irfft(spectrum, n=size) * _synthesis_window(rate_hz)
    # Each window is cut into hops, and the first hops of all are added at once, then the second ones.
    per_window = -(-size // hop)
    hops = torch.nn.functional.pad(frames, (0, per_window * hop - size)).view(-1, per_window, hop)
    count = len(hops)
    out = frames.new_zeros(max(count + per_window - 1, -(-n // hop)), hop)
    for i in range(per_window):
        out[i : i + count] += hops[:, i]
    samples: Tensor = out.view(-1)[:n]
    return samples


@functools.lru_cache(maxsize=16)
def _window(rate_hz: int) -> Tensor:
    with torch.inference_mode(False):
        return torch.hann_window(window_size(rate_hz))


@functools.lru_cache(maxsize=16)
def _synthesis_window(rate_hz: int) -> Tensor:
    # Squared Hann windows a hop apart add up to 3/8 of the hops in a window.
    with torch.inference_mode(False):
        return _window(rate_hz) * (hop_size(rate_hz) / (0.375 * window_size(rate_hz)))
