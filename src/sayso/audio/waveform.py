"""A Waveform: mono samples that never travel without their rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sayso.errors import BadAudio

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Mono audio in memory. Cut and scaled copies are new values; nothing edits one in place."""

    samples: Samples
    """Shape (n,), float32, full scale is ±1.0."""

    rate_hz: int
    """Samples per second."""

    def __post_init__(self) -> None:
        if self.samples.ndim != 1:
            raise BadAudio(f"expected mono samples of shape (n,), got {self.samples.shape}")
        if self.samples.dtype != np.float32:
            raise BadAudio(f"expected float32 samples, got {self.samples.dtype}")
        if self.rate_hz <= 0:
            raise BadAudio(f"expected a positive sample rate, got {self.rate_hz} Hz")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz

    def cut(self, start_s: float, end_s: float) -> Waveform:
        """The part between two times, clamped to the waveform."""
        start, end = (max(0, round(t * self.rate_hz)) for t in (start_s, end_s))
        return Waveform(self.samples[start:end], self.rate_hz)
