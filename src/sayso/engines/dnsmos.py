"""DNSMOS: what listeners would say of a recording, guessed without a reference. Microsoft's ONNX files.

P.835 asks for speech, background and the whole apart (Reddy et al. 2022, arXiv 2110.01763), P.808 for one opinion
(Reddy et al. 2021, arXiv 2010.15258).
"""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sayso.audio.resample import resample
from sayso.audio.waveform import Samples, Waveform
from sayso.engines import weights

if TYPE_CHECKING:
    import onnxruntime

RATE_HZ = 16_000
WEIGHTS = "dnsmos/sig_bak_ovr.onnx"
P808_WEIGHTS = "dnsmos/p808.onnx"

_WINDOW = 144_160  # samples: 9.01 s
_WINDOW_S = _WINDOW / RATE_HZ

# From what the network says to what listeners say, as published with it: of the second degree.
_TO_MOS = np.array(
    [
        [-0.08397278, 1.22083953, 0.0052439],
        [-0.13166888, 1.60915514, -0.39604546],
        [-0.06766283, 1.11546468, 0.04602535],
    ]
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """Mean opinion scores, about 1 (bad) to 5."""

    speech: float
    """Of the speech itself (SIG)."""
    background: float
    """Of how little there is behind it (BAK)."""
    overall: float
    """OVRL."""


class OpinionModel:
    """Guesses opinions. Loads at the first call; safe to use from several threads."""

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir
        self._lock = threading.Lock()
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}

    def opinion(self, wave: Waveform, *, most_windows: int = 2) -> Opinion | None:
        """Mean over up to `most_windows` stretches of 9 s, spread over `wave` (any rate). None if it is empty.

        What is shorter is repeated, as the network was trained. Half a CPU-second a window.
        """
        samples = resample(wave, RATE_HZ).samples
        if len(samples) == 0:
            return None
        windows = _windows(samples, most_windows)
        session = self._loaded(WEIGHTS)
        raw = np.concatenate([session.run(None, {"input_1": window[None]})[0] for window in windows])
        means = (_TO_MOS[:, 0] * raw**2 + _TO_MOS[:, 1] * raw + _TO_MOS[:, 2]).mean(axis=0)
        speech, background, overall = (float(mean) for mean in means)
        return Opinion(speech, background, overall)

    def p808(self, wave: Waveform, *, most_windows: int = 2) -> float | None:
        """The one opinion of P.808, about 1 to 5, as `opinion` takes its windows. 15 CPU-milliseconds a window."""
        samples = resample(wave, RATE_HZ).samples
        if len(samples) == 0:
            return None
        session = self._loaded(P808_WEIGHTS)
        windows = [_mel_levels(window[:-_P808_HOP]) for window in _windows(samples, most_windows)]
        return float(np.mean([session.run(None, {"input_1": window[None]})[0] for window in windows]))

    def _loaded(self, name: str) -> onnxruntime.InferenceSession:
        with self._lock:
            if name not in self._sessions:
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.enable_cpu_mem_arena = False  # it would keep what the longest piece took
                options.intra_op_num_threads = options.inter_op_num_threads = 1
                options.log_severity_level = 3
                file = weights.path(self._models_dir, name)
                self._sessions[name] = onnxruntime.InferenceSession(
                    str(file), options, providers=["CPUExecutionProvider"]
                )
            return self._sessions[name]


_P808_HOP, _P808_FFT, _P808_BANDS = 160, 321, 120
_P808_RANGE_DB = 80.0


def _mel_levels(samples: Samples) -> Samples:
    """(n,) at 16 kHz -> (1 + n // 160, 120): mel power in dB below the loudest, from -40..40 dB to -1..1."""
    padded = np.pad(samples.astype(np.float64), _P808_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _P808_FFT)[::_P808_HOP]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_P808_FFT) / _P808_FFT)
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2 @ _mel_bank().T
    level_db = 10 * np.log10(np.maximum(power, 1e-10))
    level_db = np.maximum(level_db - max(level_db.max(), -100.0), -_P808_RANGE_DB)
    levels: Samples = ((level_db + 40.0) / 40.0).astype(np.float32)
    return levels


@functools.cache
def _mel_bank() -> np.ndarray:
    """Triangles of equal area on the scale of Slaney 1998 (Auditory Toolbox), (120, 161)."""
    linear_hz, per_mel, step = 1000.0, 200.0 / 3.0, np.log(6.4) / 27.0

    def hz(mel: np.ndarray) -> np.ndarray:
        high = linear_hz * np.exp(step * (mel - linear_hz / per_mel))
        return np.where(mel < linear_hz / per_mel, mel * per_mel, high)

    top = linear_hz / per_mel + np.log(RATE_HZ / 2 / linear_hz) / step
    edges = hz(np.linspace(0.0, top, _P808_BANDS + 2))
    bins = np.fft.rfftfreq(_P808_FFT, 1.0 / RATE_HZ)
    rise = (bins[None] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins[None]) / np.diff(edges)[1:, None]
    bank: np.ndarray = np.maximum(0.0, np.minimum(rise, fall)) * (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return bank


def _windows(samples: Samples, most: int) -> list[Samples]:
    if len(samples) < _WINDOW:
        samples = np.tile(samples, -(-_WINDOW // len(samples)))[:_WINDOW]
    n = min(most, max(1, round(len(samples) / _WINDOW)))
    starts = (
        np.linspace(0, len(samples) - _WINDOW, n).astype(int) if n > 1 else [(len(samples) - _WINDOW) // 2]
    )
    return [np.ascontiguousarray(samples[start : start + _WINDOW]) for start in starts]
