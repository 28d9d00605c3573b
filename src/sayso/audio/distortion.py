"""SI-SDR: how far a signal stands above what is wrong with it, beside a reference."""

from __future__ import annotations

import numpy as np

from sayso.audio.waveform import Waveform

HIGHEST_DB, LOWEST_DB = 60.0, -30.0
"""Where the measure is cut off: equal signals would be infinitely good."""


def si_sdr_db(reference: Waveform, degraded: Waveform) -> float | None:
    """Scale-invariant signal-to-distortion ratio (Le Roux et al. 2019) in dB, of waveforms in step and of one rate.

    Whatever the level; means are taken out first. Everything counts as distortion, also a delay and a
    phase that moved. None where one of the two is silent.
    """
    n = min(len(reference.samples), len(degraded.samples))
    ref = reference.samples[:n].astype(np.float64)
    deg = degraded.samples[:n].astype(np.float64)
    if n == 0:
        return None
    ref, deg = ref - ref.mean(), deg - deg.mean()
    energy = float(ref @ ref)
    if energy <= 1e-12 * n or float(deg @ deg) <= 1e-12 * n:
        return None
    target = (float(ref @ deg) / energy) * ref
    error = deg - target
    ratio = float(target @ target) / max(float(error @ error), 1e-30)
    return float(np.clip(10.0 * np.log10(max(ratio, 1e-30)), LOWEST_DB, HIGHEST_DB))
