"""What measures hums: the tone engine's stand-in for the models of the analysis, right in form and in a moment done."""

from __future__ import annotations

import itertools
import time

import numpy as np
from numpy.typing import NDArray

from sayso.audio import damage
from sayso.audio.level import peak_dbfs, rms_dbfs
from sayso.audio.spans import join, loud_spans
from sayso.audio.waveform import Waveform
from sayso.engines.tone import ToneVoiceprints
from sayso.errors import BadAudio
from sayso.pipeline.analysis.measure import Measured
from sayso.pipeline.analysis.speakers import LEAST_S, strangers

_QUIETEST_DBFS = -50.0
"""Of the peak; what stays below is silence."""
_FULL = 0.999
_PAUSE_S = 0.6
_SEVERAL_FROM_S = 12.0


class HumMeter:
    """See `sayso.pipeline.analysis.measure.Meter`. Pitch is the speaker, clipping all that can be wrong."""

    def __init__(self, step_s: float = 0.0) -> None:
        """`step_s`: seconds that measuring one recording lasts; for tests that interrupt."""
        self._step_s = step_s

    def measure(self, wave: Waveform) -> Measured:
        """See Meter."""
        time.sleep(self._step_s)
        speech = loud_spans(wave) if peak_dbfs(wave) > _QUIETEST_DBFS else []
        speech_s = sum(span.duration_s for span in speech)
        pauses = (b.start_s - a.end_s for a, b in itertools.pairwise(speech))
        clipped = float(np.mean(np.abs(wave.samples) >= _FULL)) if len(wave.samples) else 0.0
        clear = max(0.0, 1.0 - 20.0 * clipped) if speech else None
        vector: tuple[float, ...] | None = None
        others: tuple[tuple[float, float], ...] = ()
        if speech_s >= LEAST_S:
            vector = tuple(float(x) for x in _Hums().embed(join(wave, speech)))
        if speech_s >= _SEVERAL_FROM_S:
            found = strangers(wave, speech, _Hums())
            others = tuple((round(span.start_s, 2), round(span.end_s, 2)) for span in found)
        return Measured(
            duration_s=round(wave.duration_s, 3),
            speech_s=round(speech_s, 3),
            usable_s=round(speech_s + sum(pause for pause in pauses if pause < _PAUSE_S), 3),
            start_s=speech[0].start_s if speech else 0.0,
            end_s=speech[-1].end_s if speech else 0.0,
            stoi=None if clear is None else 0.6 + 0.38 * clear,
            pesq=None if clear is None else 1.2 + 2.8 * clear,
            si_sdr_db=None if clear is None else 24.0 * clear,
            opinion_speech=None if clear is None else 1.5 + 2.0 * clear,
            opinion_background=None if clear is None else 4.0,
            opinion_overall=None if clear is None else 1.5 + 1.8 * clear,
            decay_s=None if clear is None else 0.1,
            snr_db=40.0 if speech else 0.0,
            level_dbfs=rms_dbfs(join(wave, speech) if speech else wave),
            peak_dbfs=peak_dbfs(wave),
            dc_offset=damage.dc_offset(wave),
            flat_top_ratio=clipped,
            rate_hz=wave.rate_hz,
            cutoff_hz=wave.rate_hz / 2.0,
            cliff_db=0.0,
            cliff_hz=0.0,
            vector=vector,
            others=others,
        )

    def denoised(self, wave: Waveform) -> Waveform:
        """See Meter. Hums have no noise."""
        return wave


class _Hums:
    """See `sayso.engines.base.Likeness`."""

    def embed(self, wave: Waveform) -> NDArray[np.float32]:
        if wave.duration_s < 0.5:
            raise BadAudio("less than 0.5 s of humming")
        return ToneVoiceprints().embed_speech(wave)
