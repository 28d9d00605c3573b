"""Perth, an inaudible watermark: puts our mark into speech, and says how sure it is that speech carries it.

A network looks at the levels of 64 ms windows up to 2 kHz and says by how much to change each; only that
change is made, and added to the sound, so that all above 2 kHz stays as it was to the last bit. Another
network was trained to see such changes. The mark says "this is ours" and nothing else: no number, no name.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sayso.audio.resample import resample
from sayso.audio.waveform import Samples, Waveform
from sayso.engines import weights
from sayso.engines.torch_thread import TorchThread

if TYPE_CHECKING:
    from sayso.engines.watermark.network import Stack

STRENGTH = 1.0
"""How much of the network's change is made; see docs/lab/watermark.md for what less would cost."""

MARKED = 0.95
"""From this confidence on a recording is taken to be ours. Human speech in an echoing room came up to 0.87."""

_OTHER_RATES_HZ = 24_000  # what has a rate that does not fit is marked by way of this one
_DETECTOR = ("slow", "normal", "fast")


@dataclass(frozen=True, slots=True)
class Finding:
    """What the detector thinks of a recording."""

    confidence: float
    """0 to 1; that of the surest stretch."""
    start_s: float
    end_s: float
    """Where that stretch is."""
    speed: float
    """Marked sound was played this much faster; 1.0 as it was made."""

    @property
    def is_marked(self) -> bool:
        """Whether this is taken to be our own sound."""
        return self.confidence >= MARKED


class Watermark:
    """Marks speech and finds the mark. Each half loads when first used; safe to use from several threads."""

    def __init__(self, models_dir: Path, strength: float = STRENGTH) -> None:
        """`strength` 0 to 1; other than STRENGTH is for experiments."""
        self._models_dir = models_dir
        self._strength = strength
        self._lock = threading.Lock()
        self._stacks: dict[str, Stack] = {}
        # One core: the products are too small to be shared. On a busy machine two cores wait longer for each
        # other than one would take.
        self._place = TorchThread(1, "sayso-watermark")

    def mark(self, wave: Waveform) -> Waveform:
        """`wave` with our mark, same rate, same length. Raises BadArtifact where the weights are missing.

        The mark fades in and out over the first and last 64 ms, so that marked pieces of a stream can be
        joined without a click; a piece that is shorter stays as it is. Marking it twice does no good.
        """
        from sayso.engines.watermark import spectrum

        if wave.duration_s < 0.065:
            return wave
        if not spectrum.fits(wave.rate_hz):
            at = resample(wave, _OTHER_RATES_HZ)
            change = resample(Waveform(self._change(at), at.rate_hz), wave.rate_hz).samples
            change = np.pad(change[: len(wave.samples)], (0, max(0, len(wave.samples) - len(change))))
        else:
            change = self._change(wave)
        return Waveform(wave.samples + change, wave.rate_hz)

    def confidence(self, wave: Waveform) -> float:
        """How sure it is that some stretch of `wave`, of any rate, carries our mark: 0 to 1.

        From `MARKED` on it is taken to be ours. Raises BadArtifact where the weights are missing.
        """
        return self.find(wave).confidence

    def find(self, wave: Waveform) -> Finding:
        """Like `confidence`, with where the mark is, and at what speed it was played."""
        from sayso.engines.watermark.finding import find

        slow, normal, fast = (self._stack(name) for name in _DETECTOR)
        return self._place.run(lambda: find(wave, slow, normal, fast))

    def find_at_own_speed(self, wave: Waveform) -> Finding:
        """Like `find`, for sound that was not played faster or slower: a fifth of the work."""
        from sayso.engines.watermark.finding import find_at_own_speed

        slow, normal, fast = (self._stack(name) for name in _DETECTOR)
        return self._place.run(lambda: find_at_own_speed(wave, slow, normal, fast))

    def warm(self) -> None:
        """Load what marking needs and use it once. Idempotent."""
        self.mark(Waveform(np.full(12_000, 0.1, np.float32), 24_000))

    def _change(self, wave: Waveform) -> Samples:
        """What to add to `wave`, (n,)."""
        encoder = self._stack("encoder")
        return self._place.run(lambda: self._computed(encoder, wave))

    def _computed(self, encoder: Stack, wave: Waveform) -> Samples:
        import torch

        from sayso.engines.watermark import spectrum

        with torch.inference_mode():
            spectra = spectrum.spectra(torch.from_numpy(wave.samples), wave.rate_hz)
            change = encoder(spectrum.levels(spectra, wave.rate_hz)).mul_(self._strength)
            spectra = spectra * (spectrum.gains(change) - 1.0)
            samples: Samples = spectrum.samples_of(spectra, len(wave.samples), wave.rate_hz).numpy()
        return samples

    def _stack(self, name: str) -> Stack:
        with self._lock:
            if name not in self._stacks:
                from sayso.engines.watermark import network

                self._stacks[name] = network.load(weights.path(self._models_dir, network.WEIGHTS), name)
            return self._stacks[name]
