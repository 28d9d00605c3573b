"""How far speech stands above what is heard in its pauses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sayso.audio.spans import Span, frame_levels_dbfs
from sayso.audio.waveform import Waveform

LOWEST_DB, HIGHEST_DB = -20.0, 80.0
"""What is beyond is told as these: pauses of digital silence would give infinity."""

_FRAME_S = 0.02
_AWAY_S = 0.1  # breath and room ring on after a word, and detectors begin a little late
_LEAST_PAUSE_S = 0.3
_QUIETEST = 0.05  # of the frames of speech without a pause


def snr_db(wave: Waveform, speech: Sequence[Span]) -> float | None:
    """Level of the `speech` (where it lies in `wave`) above that of the pauses, both without the other; None without speech.

    Where less than 0.3 s of pause is left, the quietest frames within the speech stand for it: then speech
    itself is in them, and the figure is a lower bound.
    """
    powers = 10.0 ** (frame_levels_dbfs(wave, _FRAME_S) / 10.0)
    centres = (np.arange(len(powers)) + 0.5) * _FRAME_S
    inside = np.zeros(len(powers), bool)
    near = np.zeros(len(powers), bool)
    for span in speech:
        inside |= (centres >= span.start_s) & (centres < span.end_s)
        near |= (centres >= span.start_s - _AWAY_S) & (centres < span.end_s + _AWAY_S)
    if not inside.any():
        return None
    if (~near).sum() * _FRAME_S >= _LEAST_PAUSE_S:
        noise = float(powers[~near].mean())
    else:
        noise = float(np.quantile(powers[inside], _QUIETEST))
    voice = max(float(powers[inside].mean()) - noise, 1e-12)
    return float(np.clip(10.0 * np.log10(voice / max(noise, 1e-12)), LOWEST_DB, HIGHEST_DB))
