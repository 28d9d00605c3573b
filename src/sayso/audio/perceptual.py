"""How much of a difference between two recordings one hears: two disturbances, after the idea of PESQ.

Written from the published descriptions (Beerends, Hekstra, Rix, Hollier 2002; Zwicker's loudness,
Terhardt's threshold in quiet): both signals become loudness on the Bark scale, what differs is weighed,
and what was added weighs more than what is missing. It shares no code and no table with the reference
implementation of ITU-T P.862, does not align in time, and its numbers are its own: `score` maps them to
the wide-band scale by constants that were fitted to it. See docs/decisions on what that is worth.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from sayso.audio.resample import resample
from sayso.audio.waveform import Samples, Waveform

RATE_HZ = 16_000
LOWEST, HIGHEST = 1.04, 4.64
"""Ends of the wide-band scale of P.862.2."""

_N_FFT, _HOP = 512, 256
_BANDS = 48
_LISTENING_DB_SPL = 79.0
_AUDIBLE_DB_SPL = 35.0  # frames below it carry no speech
_GAMMA = 0.23
_GAIN_RANGE = (3e-4, 5.0)
_COLOUR_RANGE = (0.01, 100.0)
_DEAD_ZONE = 0.25
_WORST, _WORST_ADDED = 25.0, 45.0  # of a frame: a bang is not minded without end
_SPLIT = 20  # frames of a split second: 320 ms

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What is heard of a difference; both 0 for equal signals."""

    all: float
    """Of all differences."""
    added: float
    """Of what the degraded signal has and the reference lacks."""


def disturbance(reference: Waveform, degraded: Waveform) -> Disturbance | None:
    """Compare two waveforms in step and of one rate. None where the reference holds nothing audible."""
    ref, deg = (_levelled(resample(wave, RATE_HZ).samples) for wave in (reference, degraded))
    if ref is None or deg is None:
        return None
    n = min(len(ref), len(deg))
    if n < _N_FFT:
        return None
    x, y = _bark_power(ref[:n]), _bark_power(deg[:n])
    active = x.sum(axis=1) > 10.0 ** (_AUDIBLE_DB_SPL / 10.0)
    if not active.any():
        return None
    # A colour that stays is hardly minded: the reference takes it on, within limits.
    colour = (_mean_audible(y[active]) + 1e3) / (_mean_audible(x[active]) + 1e3)
    x = x * np.clip(colour, *_COLOUR_RANGE)
    y = y * _gains(x, y)[:, None]
    return _compare(x, y)


def score(heard: Disturbance) -> float:
    """`heard` on the wide-band PESQ scale, 1.04 to 4.64; higher is better."""
    return wide_band(4.5 - impairment(heard))


def impairment(heard: Disturbance) -> float:
    """What `heard` takes off the best raw score of 4.5: 0 to about 5."""
    return float(_WEIGHTS[0] * heard.all ** _WEIGHTS[2] + _WEIGHTS[1] * heard.added ** _WEIGHTS[3])


def wide_band(raw: float) -> float:
    """A raw score of P.862, 4.5 at most, on the scale of P.862.2 by its published formula."""
    return float(np.clip(0.999 + 4.0 / (1.0 + np.exp(-1.3669 * raw + 3.8224)), LOWEST, HIGHEST))


_WEIGHTS = (0.334, 0.021, 0.702, 1.163)


def _compare(x: Floats, y: Floats) -> Disturbance:
    loud_x, loud_y = _loudness(x), _loudness(y)
    difference = loud_y - loud_x
    dead = _DEAD_ZONE * np.minimum(loud_x, loud_y)
    heard = np.sign(difference) * np.maximum(np.abs(difference) - dead, 0.0)
    asymmetry = ((y + 50.0) / (x + 50.0)) ** 1.2
    asymmetry = np.where(asymmetry < 3.0, 0.0, np.minimum(asymmetry, 12.0))
    widths = _band_widths()
    whole = np.sqrt((widths * heard**2).sum(axis=1) * widths.sum())
    added = (widths * np.abs(heard) * asymmetry).sum(axis=1)
    # Differences in quiet frames are minded a little more than in loud ones.
    weight = ((x.sum(axis=1) + 1e5) / 1e7) ** 0.04
    return Disturbance(
        _over_time(np.minimum(whole / weight, _WORST)), _over_time(np.minimum(added / weight, _WORST_ADDED))
    )


def _over_time(frames: Floats) -> float:
    """Bad moments count more than the mean: L6 within split seconds, L2 over them."""
    if len(frames) < _SPLIT:
        frames = np.pad(frames, (0, _SPLIT - len(frames)), mode="wrap")
    windows = np.lib.stride_tricks.sliding_window_view(frames, _SPLIT)[:: _SPLIT // 2]
    moments = np.mean(windows**6, axis=1) ** (1.0 / 6.0)
    return float(np.sqrt(np.mean(moments**2)))


def _levelled(samples: Samples) -> Floats | None:
    """At the listening level: mean power between 350 and 3250 Hz, as if heard at 79 dB SPL."""
    if len(samples) == 0:
        return None
    wide = scipy.signal.sosfilt(_high_pass(), samples.astype(np.float64))
    speech = scipy.signal.sosfilt(_telephone_band(), samples.astype(np.float64))
    power = float(np.mean(speech**2))
    if power <= 1e-14:
        return None
    return np.asarray(wide * np.sqrt(10.0 ** (_LISTENING_DB_SPL / 10.0) / power))


def _bark_power(samples: Floats) -> Floats:
    """Power density (frames, 48): of each band, in the units of the threshold."""
    window = np.hanning(_N_FFT + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(samples, _N_FFT)[::_HOP] * window
    spectrum = scipy.fft.rfft(frames, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2) * (2.0 / (_N_FFT * float(window @ window)))
    return np.asarray(power @ _bands().T)


def _mean_audible(power: Floats) -> Floats:
    """Mean of each band over frames in which it is well above the threshold."""
    loud = power > 100.0 * _threshold()
    return np.asarray((power * loud).mean(axis=0))


def _gains(x: Floats, y: Floats) -> Floats:
    """Gain of each frame that follows the level of the reference, slowly and within limits."""
    raw = (np.where(x > _threshold(), x, 0.0).sum(axis=1) + 5e3) / (
        np.where(y > _threshold(), y, 0.0).sum(axis=1) + 5e3
    )
    smooth, _ = scipy.signal.lfilter([0.8], [1.0, -0.2], raw, zi=[0.2])
    return np.asarray(np.clip(smooth, *_GAIN_RANGE))


def _loudness(power: Floats) -> Floats:
    """Zwicker's specific loudness, 1 sone for a tone of 1 kHz at 40 dB SPL."""
    threshold = _threshold()
    raw = (threshold / 0.5) ** _GAMMA * ((0.5 + 0.5 * power / threshold) ** _GAMMA - 1.0)
    return np.maximum(raw, 0.0) * _sone()


@functools.cache
def _sone() -> float:
    threshold = 10.0 ** (_quiet_db_spl(np.array([1_000.0]))[0] / 10.0)
    raw = (threshold / 0.5) ** _GAMMA * ((0.5 + 0.5 * 1e4 / threshold) ** _GAMMA - 1.0)
    return float(1.0 / raw)


@functools.cache
def _edges() -> NDArray[np.int64]:
    """Bins at which bands begin, and the end: equal steps of Bark, at least a bin each."""
    bins = _N_FFT // 2 + 1
    bark = _bark(np.arange(bins) * RATE_HZ / _N_FFT)
    edges = [1]
    for goal in np.linspace(bark[1], bark[-1], _BANDS + 1)[1:]:
        edges.append(max(edges[-1] + 1, int(np.searchsorted(bark, goal))))
    edges[-1] = bins
    return np.array(edges)


@functools.cache
def _bands() -> Floats:
    index, edges = np.arange(_N_FFT // 2 + 1), _edges()
    return ((index >= edges[:-1, None]) & (index < edges[1:, None])).astype(np.float64)


@functools.cache
def _band_widths() -> Floats:
    """Bark of each band."""
    bark = _bark((_edges() - 0.5) * RATE_HZ / _N_FFT)
    return np.diff(bark)


@functools.cache
def _threshold() -> Floats:
    """Power of the threshold in quiet (48,) in each band."""
    edges = _edges()
    centres = (edges[:-1] + edges[1:] - 1) / 2.0 * RATE_HZ / _N_FFT
    return np.asarray(10.0 ** (np.minimum(_quiet_db_spl(centres), 60.0) / 10.0))


def _bark(hz: NDArray[np.float64]) -> Floats:
    return np.asarray(13.0 * np.arctan(0.00076 * hz) + 3.5 * np.arctan((hz / 7_500.0) ** 2))


def _quiet_db_spl(hz: NDArray[np.float64]) -> Floats:
    khz = hz / 1_000.0
    return np.asarray(3.64 * khz**-0.8 - 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) + 1e-3 * khz**4)


@functools.cache
def _high_pass() -> Floats:
    return np.asarray(scipy.signal.butter(1, 60.0, "highpass", fs=RATE_HZ, output="sos"))


@functools.cache
def _telephone_band() -> Floats:
    return np.asarray(scipy.signal.butter(4, (350.0, 3_250.0), "bandpass", fs=RATE_HZ, output="sos"))
