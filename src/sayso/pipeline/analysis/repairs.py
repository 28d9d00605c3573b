"""Repairs that cannot do harm, made on a copy: offset, level, silence at the ends; noise where asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sayso.audio.level import rms_dbfs, with_rms
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.domain.quality import LEVEL_DBFS, Harm

if TYPE_CHECKING:
    from sayso.engines.enhance import Enhancer

_KEEP_S = 0.15

DONE = {
    Harm.OFFSET: "The offset was taken out.",
    Harm.TOO_LOUD: "It was made quieter.",
    Harm.TOO_QUIET: "It was made louder.",
    Harm.LONG_SILENCE: "Silence at the ends was cut off.",
    Harm.NOISY: "Noise was taken out.",
}
"""What to say of each repair."""


def repaired(
    wave: Waveform, codes: frozenset[Harm], start_s: float, end_s: float, level_dbfs: float
) -> Waveform:
    """A copy of `wave` with each harm in `codes` mended that can be.

    Speech goes from `start_s` to `end_s`, at `level_dbfs`.
    """
    samples = wave.samples
    if Harm.OFFSET in codes:
        samples = (samples - np.mean(samples, dtype=np.float64)).astype(np.float32)
    copy = Waveform(samples, wave.rate_hz)
    if Harm.LONG_SILENCE in codes:
        copy = copy.cut(max(0.0, start_s - _KEEP_S), end_s + _KEEP_S)
    if codes & {Harm.TOO_LOUD, Harm.TOO_QUIET}:
        copy = with_rms(copy, rms_dbfs(copy) + LEVEL_DBFS - level_dbfs)
    return copy


def denoised(wave: Waveform, enhancer: Enhancer) -> Waveform:
    """`wave` without its noise, at its own rate and length."""
    return resample(enhancer.enhance(wave).wave, wave.rate_hz)
