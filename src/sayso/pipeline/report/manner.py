"""How somebody speaks, in figures: pitch, rate, pauses, energy. The same measures for a person and for their voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sayso.audio.resample import resample
from sayso.audio.spans import frame_levels_dbfs, join
from sayso.audio.waveform import Waveform
from sayso.engines.base import SpeechFinder
from sayso.engines.kokoro import pitch

_RATE_HZ = 24_000
_FRAME_S = 0.01
_PAUSE_S = 0.15
_QUIET_DB = 30.0
"""So far below the loud parts a level is that of a sound that fades."""


@dataclass(frozen=True, slots=True)
class Manner:
    """Of one or several stretches of speech together. None where there was nothing to measure."""

    pitch_hz: float | None
    """Median F0."""
    pitch_spread: float | None
    """Standard deviation of F0, semitones."""
    words_per_minute: float | None
    """Pauses within a stretch included, silence around it not."""
    pause_part: float | None
    """Of the time, what is pauses of 0.15 s and more."""
    pauses_per_minute: float | None
    energy_spread_db: float | None
    """Standard deviation of the level where there is speech."""


def manner(spoken: Sequence[tuple[Waveform, str]], finder: SpeechFinder) -> Manner:
    """Of stretches with their words. `finder` tells pauses from speech, the same way in a clean voice and in a noisy room."""
    hz, levels, words, seconds, quiet_s, pauses = [], [], 0, 0.0, 0.0, 0
    for wave, text in spoken:
        spans = finder.spans(wave)
        if sum(span.duration_s for span in spans) < 0.3:
            continue
        whole = resample(wave, _RATE_HZ).cut(spans[0].start_s, spans[-1].end_s)
        track = pitch.track(whole.samples)
        hz.append(track[track > 0])
        level = frame_levels_dbfs(join(wave, spans), _FRAME_S)
        level = level[level > np.percentile(level, 95) - _QUIET_DB]
        levels.append(level - level.mean())
        gaps = [later.start_s - sooner.end_s for sooner, later in pairwise(spans)]
        long = [gap_s for gap_s in gaps if gap_s >= _PAUSE_S]
        quiet_s, pauses = quiet_s + sum(long), pauses + len(long)
        words, seconds = words + len(text.split()), seconds + whole.duration_s
    if seconds == 0.0:
        return Manner(None, None, None, None, None, None)
    all_hz = np.concatenate(hz)
    middle = float(np.median(all_hz)) if len(all_hz) else None
    return Manner(
        pitch_hz=None if middle is None else round(middle, 1),
        pitch_spread=None if middle is None else round(float(np.std(12 * np.log2(all_hz / middle))), 2),
        words_per_minute=round(60.0 * words / seconds, 1),
        pause_part=round(quiet_s / seconds, 4),
        pauses_per_minute=round(60.0 * pauses / seconds, 1),
        energy_spread_db=round(float(np.std(np.concatenate(levels))), 2),
    )
