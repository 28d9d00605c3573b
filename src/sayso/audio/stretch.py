"""Sound made longer or shorter, its pitch kept: by pieces that are laid over each other where they are most alike (WSOLA)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from sayso.audio.waveform import Samples, Waveform

_WINDOW_S = 0.03
"""Two to three periods of a low voice."""
_SEARCH_S = 0.01
"""How far on either side a piece is looked for: a whole period of a low voice, so that one always fits."""


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """What moment of a sound comes when: the sample `before[i]` becomes the sample `after[i]`, evenly between them."""

    before: NDArray[np.float64]
    """From 0 to the number of samples, rising."""
    after: NDArray[np.float64]
    """The same of the result."""

    def place(self, sample: float) -> float:
        """Where a sample comes to lie."""
        return float(np.interp(sample, self.before, self.after))


def stretched(wave: Waveform, pace: Pace) -> Waveform:
    """`wave` at another pace, with the pitch it had."""
    hop = round(_WINDOW_S / 2 * wave.rate_hz)
    size, reach = 2 * hop, round(_SEARCH_S * wave.rate_hz)
    total = round(float(pace.after[-1]))
    window = np.hanning(size + 1)[:size].astype(np.float32)
    around = hop + reach
    samples = np.pad(wave.samples, (around, around + 2 * size + reach)).astype(np.float32)
    # Windows begin half a window early, so that every sample is covered by two.
    starts = np.arange(0, total + size, hop) - hop
    middles = np.interp(starts + hop, pace.after, pace.before)
    out = np.zeros(total + 3 * size, np.float32)
    taken: int | None = None
    for start, middle in zip(starts, middles, strict=True):
        asked = round(middle) - hop + around
        at = asked if taken is None else _likest(samples, taken + hop, asked, size, reach)
        out[start + hop : start + hop + size] += window * samples[at : at + size]
        taken = at
    cut: Samples = out[hop : hop + total]
    return Waveform(cut, wave.rate_hz)


def _likest(samples: Samples, following: int, asked: int, size: int, reach: int) -> int:
    """Where, near `asked`, the sound is most like that which would follow the last piece."""
    aim = samples[following : following + size]
    first = max(0, asked - reach)
    heard = samples[first : asked + reach + size]
    if len(aim) < size or len(heard) < size:
        return min(asked, len(samples) - size)
    products = np.correlate(heard, aim, "valid")
    energy = np.square(sliding_window_view(heard, size)).sum(axis=1)
    return first + int(np.argmax(products / np.sqrt(energy + 1e-6)))
