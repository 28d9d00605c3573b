"""DNSMOS P.835: what listeners would say of a recording, guessed without a reference. Microsoft's ONNX file."""

from __future__ import annotations

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
        self._session: onnxruntime.InferenceSession | None = None

    def opinion(self, wave: Waveform, *, most_windows: int = 2) -> Opinion | None:
        """Mean over up to `most_windows` stretches of 9 s, spread over `wave` (any rate). None if it is empty.

        What is shorter is repeated, as the network was trained. Half a CPU-second a window.
        """
        samples = resample(wave, RATE_HZ).samples
        if len(samples) == 0:
            return None
        windows = _windows(samples, most_windows)
        session = self._loaded()
        raw = np.concatenate([session.run(None, {"input_1": window[None]})[0] for window in windows])
        means = (_TO_MOS[:, 0] * raw**2 + _TO_MOS[:, 1] * raw + _TO_MOS[:, 2]).mean(axis=0)
        speech, background, overall = (float(mean) for mean in means)
        return Opinion(speech, background, overall)

    def _loaded(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None:
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = options.inter_op_num_threads = 1
                options.log_severity_level = 3
                file = weights.path(self._models_dir, WEIGHTS)
                self._session = onnxruntime.InferenceSession(
                    str(file), options, providers=["CPUExecutionProvider"]
                )
            return self._session


def _windows(samples: Samples, most: int) -> list[Samples]:
    if len(samples) < _WINDOW:
        samples = np.tile(samples, -(-_WINDOW // len(samples)))[:_WINDOW]
    n = min(most, max(1, round(len(samples) / _WINDOW)))
    starts = (
        np.linspace(0, len(samples) - _WINDOW, n).astype(int) if n > 1 else [(len(samples) - _WINDOW) // 2]
    )
    return [np.ascontiguousarray(samples[start : start + _WINDOW]) for start in starts]
