"""Speech without the noise around it: DeepFilterNet3, its published ONNX graphs with a front end of our own.

What comes out is the pseudo-reference of the analysis: a guess at what a recording was before the noise
came. It lies sample for sample under the recording, so that the two can be compared. Room, clipping and
codecs it mostly leaves as they are.
"""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from sayso.audio.resample import resample
from sayso.audio.waveform import Samples, Waveform
from sayso.engines import weights

if TYPE_CHECKING:
    import onnxruntime

RATE_HZ = 48_000
HOP = 480
"""Samples of one decision: 10 ms."""

_N_FFT = 960
_BANDS = 32
_LEAST_BINS = 2  # in a band
_DEEP_BINS = 96  # the lowest 4.8 kHz are filtered over time, the rest is only scaled band by band
_ORDER = 5  # frames that the filter sees
_AHEAD = 2  # frames that the networks look ahead
_DECAY = 0.99  # of the running means: one second
_LSNR_DB = (-15.0, 35.0)
_GRAPHS = ("enc", "erb_dec", "df_dec")

_BLOCK_FRAMES = 2_000  # 20 s: about 150 MB while a block is worked on
_LEAD_FRAMES = 200  # 2 s before a block, heard again so that memory and means are warm

Floats = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class Enhanced:
    """A recording without its noise, and what was learnt on the way."""

    wave: Waveform
    """As long as the recording and in step with it, at 48 kHz."""
    local_snr_db: Floats
    """Shape (frames,), one a `HOP`: how far speech stands above noise there, -15 to 35."""


class Enhancer:
    """Takes noise out of speech. Loads at the first call; safe to use from several threads."""

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir
        self._lock = threading.Lock()
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}

    def enhance(self, wave: Waveform) -> Enhanced:
        """`wave` of any rate and length without its noise."""
        samples = resample(wave, RATE_HZ).samples
        if len(samples) == 0:
            return Enhanced(Waveform(samples, RATE_HZ), np.zeros(0, np.float32))
        spectrum = _analyse(samples)
        cleaned, local_snr_db = self._filter(spectrum)
        return Enhanced(Waveform(_synthesise(cleaned, len(samples)), RATE_HZ), local_snr_db)

    def _filter(self, spectrum: Spectrum) -> tuple[Spectrum, Floats]:
        bands, deep = _features(spectrum)
        cleaned = np.empty_like(spectrum)
        snr = np.empty(len(spectrum), np.float32)
        for start in range(0, len(spectrum), _BLOCK_FRAMES):
            first = max(0, start - _LEAD_FRAMES)
            end = min(len(spectrum), start + _BLOCK_FRAMES)
            # What the networks say at frame t is about frame t - _AHEAD.
            stop = end + _AHEAD
            mask, taps, block_snr = self._run(_ahead(bands, first, stop), _ahead(deep, first, stop))
            here = slice(start - first + _AHEAD, None)
            cleaned[start:end] = _apply(spectrum, start, end, mask[here], taps[here])
            snr[start:end] = block_snr[here]
        return cleaned, snr

    def _run(self, bands: Floats, deep: Spectrum) -> tuple[Floats, Spectrum, Floats]:
        """Gain of each band (n, 32), filter taps (n, 96, 5), local SNR (n,) for features of n frames."""
        sessions = self._loaded()
        both = np.stack((deep.real, deep.imag))[None]
        told = _named(sessions["enc"], {"feat_erb": bands[None, None], "feat_spec": both})
        skips = {name: told[name] for name in ("emb", "e3", "e2", "e1", "e0")}
        mask: Floats = sessions["erb_dec"].run(["m"], skips)[0].reshape(-1, _BANDS)
        raw = sessions["df_dec"].run(["coefs"], {"emb": told["emb"], "c0": told["c0"]})[0]
        pairs = raw.reshape(-1, _DEEP_BINS, _ORDER, 2)
        taps = (pairs[..., 0] + 1j * pairs[..., 1]).astype(np.complex64)
        return mask, taps, told["lsnr"].reshape(-1)

    def _loaded(self) -> dict[str, onnxruntime.InferenceSession]:
        with self._lock:
            if not self._sessions:
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = options.inter_op_num_threads = 1
                options.log_severity_level = 3
                # Lengths differ from call to call: an arena would keep the largest of each.
                options.enable_cpu_mem_arena = False
                self._sessions = {
                    name: onnxruntime.InferenceSession(
                        str(weights.path(self._models_dir, f"deepfilternet3/{name}.onnx")),
                        options,
                        providers=["CPUExecutionProvider"],
                    )
                    for name in _GRAPHS
                }
            return self._sessions


def _named(session: onnxruntime.InferenceSession, inputs: dict[str, Any]) -> dict[str, Floats]:
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def _ahead(features: NDArray[Any], first: int, stop: int) -> NDArray[Any]:
    """Rows `first` to `stop`, nothing beyond the end."""
    rows = features[first:stop]
    missing = stop - max(first, 0) - len(rows)
    return np.concatenate((rows, np.zeros((missing, features.shape[1]), features.dtype)))


def _apply(spectrum: Spectrum, start: int, end: int, mask: Floats, taps: Spectrum) -> Spectrum:
    gains = np.repeat(mask, _widths(), axis=1)
    out: Spectrum = spectrum[start:end] * gains
    before, after = _ORDER - 1 - _AHEAD, _AHEAD
    low = spectrum[max(0, start - before) : end + after, :_DEEP_BINS]
    low = np.pad(low, ((max(0, before - start), max(0, end + after - len(spectrum))), (0, 0)))
    n = end - start
    out[:, :_DEEP_BINS] = sum(taps[:, :, k] * low[k : k + n] for k in range(_ORDER))
    return out


def _features(spectrum: Spectrum) -> tuple[Floats, Spectrum]:
    """Level of each band (n, 32) and spectrum of the low bins (n, 96), both against their running means."""
    power = spectrum.real**2 + spectrum.imag**2
    starts = np.concatenate(([0], np.cumsum(_widths())[:-1]))
    means = np.add.reduceat(power, starts, axis=1) / _widths()
    levels_db = 10.0 * np.log10(means + 1e-10)
    bands = (levels_db - _running(levels_db, np.linspace(-60.0, -90.0, _BANDS))) / 40.0
    low = spectrum[:, :_DEEP_BINS]
    scale = np.sqrt(_running(np.abs(low), np.linspace(0.001, 0.0001, _DEEP_BINS)))
    return bands.astype(np.float32), (low / scale).astype(np.complex64)


def _running(values: NDArray[Any], state: NDArray[np.float64]) -> NDArray[np.float64]:
    """Exponential mean of each column of (n, d) that begins at `state` (d,)."""
    first = _DECAY * state[None]
    mean, _ = scipy.signal.lfilter([1.0 - _DECAY], [1.0, -_DECAY], values, axis=0, zi=first)
    return np.asarray(mean, np.float64)


@functools.cache
def _widths() -> NDArray[np.int64]:
    """Bins of each band: as wide as the ear's (Glasberg and Moore), and never fewer than `_LEAST_BINS`."""
    bin_hz = RATE_HZ / _N_FFT
    step = 9.265 * np.log1p(RATE_HZ / 2.0 / (24.7 * 9.265)) / _BANDS
    widths: list[int] = []
    before = borrowed = 0
    for band in range(1, _BANDS + 1):
        edge = round(24.7 * 9.265 * np.expm1(step * band / 9.265) / bin_hz)
        width = edge - before - borrowed
        # A band that was made wider takes its bins from the next one.
        borrowed = max(0, _LEAST_BINS - width)
        widths.append(max(width, _LEAST_BINS))
        before = edge
    widths[-1] += 1  # the bin at the Nyquist frequency
    widths[-1] -= sum(widths) - (_N_FFT // 2 + 1)
    return np.array(widths)


@functools.cache
def _window() -> Floats:
    phase = np.pi * (np.arange(_N_FFT) + 0.5) / _N_FFT
    return np.sin(np.pi / 2.0 * np.sin(phase) ** 2).astype(np.float32)


def _analyse(samples: Samples) -> Spectrum:
    """Frames (n, 481); frame t holds the samples from (t - 1) * HOP to (t + 1) * HOP."""
    n = -(-len(samples) // HOP) + 1
    padded = np.pad(samples, (HOP, n * HOP - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _N_FFT)[::HOP]
    spectrum: Spectrum = scipy.fft.rfft(frames * _window(), axis=1)
    return (spectrum * np.float32(2.0 * HOP / _N_FFT**2)).astype(np.complex64)


def _synthesise(spectrum: Spectrum, n_samples: int) -> Samples:
    frames = scipy.fft.irfft(spectrum, _N_FFT, axis=1) * _window() * np.float32(_N_FFT**2 / (2.0 * HOP))
    out = np.zeros((len(frames) + 1, HOP), np.float32)
    out[:-1] += frames[:, :HOP]
    out[1:] += frames[:, HOP:]
    return out.reshape(-1)[HOP : HOP + n_samples]
