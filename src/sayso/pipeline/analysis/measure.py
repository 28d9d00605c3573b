"""One recording -> everything that is measured in it, and nothing that is concluded from it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sayso.audio import damage
from sayso.audio.level import FLOOR_DBFS, peak_dbfs, rms_dbfs
from sayso.audio.resample import resample
from sayso.audio.spans import Span
from sayso.audio.waveform import Waveform
from sayso.engines.base import Likeness
from sayso.engines.dnsmos import OpinionModel
from sayso.engines.enhance import Enhancer
from sayso.engines.vad import FRAME, SpeechDetector, spans_of
from sayso.engines.voiceprint import VoiceprintEncoder
from sayso.engines.watermark import Watermark
from sayso.errors import BadAudio
from sayso.pipeline.analysis.estimate import estimate
from sayso.pipeline.analysis.features import RATE_HZ, features, vad_snr_db
from sayso.pipeline.analysis.repairs import denoised
from sayso.pipeline.analysis.speakers import LEAST_S, strangers

_PIECE_S = 20.0
"""Longer recordings are scored piece by piece: memory stays bounded, and a bad minute shows."""
_SEVERAL_FROM_S = 12.0
"""Shorter recordings are not searched for a second speaker."""
_LEAST_MARKED_S = 0.5
_PAUSE_S = 0.6
"""Shorter pauses belong to the speech that may be learnt from."""

_AVERAGED = (
    "stoi", "pesq", "si_sdr_db", "opinion_speech", "opinion_background", "opinion_overall", "decay_s",
)  # fmt: skip


class Meter(Protocol):
    """What the analysis measures with. Safe from several threads."""

    def measure(self, wave: Waveform) -> Measured:
        """Everything that is to be known of a recording of any rate and length."""

    def denoised(self, wave: Waveform) -> Waveform:
        """`wave` without its noise, at its own rate and length."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The models that the analysis asks; a `Meter`."""

    detector: SpeechDetector
    enhancer: Enhancer
    opinions: OpinionModel
    encoder: Likeness
    marks: Watermark

    @classmethod
    def at(cls, models_dir: Path) -> Tools:
        """All of them, from the weights in `models_dir`; loaded when they are first needed."""
        detector = SpeechDetector(models_dir)
        return cls(
            detector,
            Enhancer(models_dir),
            OpinionModel(models_dir),
            VoiceprintEncoder(models_dir, detector),
            Watermark(models_dir),
        )

    def measure(self, wave: Waveform) -> Measured:
        """See Meter."""
        return measure(wave, self)

    def denoised(self, wave: Waveform) -> Waveform:
        """See Meter."""
        return denoised(wave, self.enhancer)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found in one recording; as JSON it is a line of the cache."""

    duration_s: float
    speech_s: float
    usable_s: float
    """Speech with its short pauses."""
    start_s: float
    end_s: float
    """First and last speech; both 0 where there is none."""
    stoi: float | None
    pesq: float | None
    si_sdr_db: float | None
    opinion_speech: float | None
    opinion_background: float | None
    opinion_overall: float | None
    decay_s: float | None
    snr_db: float
    level_dbfs: float
    peak_dbfs: float
    dc_offset: float
    flat_top_ratio: float
    rate_hz: int
    cutoff_hz: float
    cliff_db: float
    cliff_hz: float
    vector: tuple[float, ...] | None
    """The speaker's, unit length; None where there is too little speech to tell."""
    others: tuple[tuple[float, float], ...]
    """Start and end of stretches of another speaker within a long recording."""
    whole_s: float | None = None
    """How long the recording is, where only its beginning was measured."""
    mark: float | None = None
    """How surely it holds the watermark of speech that we made, 0 to 1; None where there is hardly any speech."""

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Measured:
        """From what became JSON."""
        return cls(
            **{
                **line,
                "vector": None if line["vector"] is None else tuple(line["vector"]),
                "others": tuple((start, end) for start, end in line["others"]),
            }
        )


def measure(wave: Waveform, tools: Tools) -> Measured:
    """Measure a recording of any rate and length. Nothing is changed in it."""
    offset = damage.dc_offset(wave)
    narrow = _centred(resample(wave, RATE_HZ))
    probabilities = tools.detector.probabilities(narrow)
    speech = spans_of(probabilities, wave.duration_s)
    speech_s = sum(span.duration_s for span in speech)
    band = damage.band(wave)
    found: dict[str, float | None] = dict.fromkeys(_AVERAGED)
    if speech_s > 0.0:
        found = _scores(narrow, probabilities, speech, tools)
    return Measured(
        duration_s=round(wave.duration_s, 3),
        speech_s=round(speech_s, 3),
        usable_s=round(_usable_s(speech), 3),
        start_s=speech[0].start_s if speech else 0.0,
        end_s=speech[-1].end_s if speech else 0.0,
        **found,
        snr_db=vad_snr_db(narrow, probabilities),
        level_dbfs=_level_dbfs(narrow, speech),
        peak_dbfs=peak_dbfs(wave),
        dc_offset=offset,
        flat_top_ratio=damage.flat_top_ratio(wave),
        rate_hz=wave.rate_hz,
        cutoff_hz=band.cutoff_hz,
        cliff_db=band.cliff_db,
        cliff_hz=band.cliff_hz,
        vector=_vector(narrow, speech_s, tools.encoder),
        others=_others(narrow, speech, tools.encoder),
        # Steady tones look like the mark: it is looked for where somebody speaks.
        mark=None if speech_s < _LEAST_MARKED_S else round(tools.marks.find_at_own_speed(wave).confidence, 4),
    )


def _scores(
    wave: Waveform, probabilities: np.ndarray, speech: Sequence[Span], tools: Tools
) -> dict[str, float | None]:
    """The scores of each piece, averaged by the speech in it."""
    n = max(1, round(wave.duration_s / _PIECE_S))
    edges = np.linspace(0, len(probabilities), n + 1).astype(int) * FRAME
    rows: list[dict[str, float]] = []
    weights: list[float] = []
    for start, end in itertools.pairwise(edges):
        piece = Waveform(wave.samples[start:end], wave.rate_hz)
        within = probabilities[start // FRAME : end // FRAME]
        spoken_s = _overlap_s(speech, start / RATE_HZ, end / RATE_HZ)
        if spoken_s <= 0.0:
            continue
        opinion = tools.opinions.opinion(piece)
        figures = None if opinion is None else features(piece, tools.enhancer.enhance(piece), within, opinion)
        if opinion is None or figures is None:
            continue
        guess = estimate(figures)
        rows.append(
            {
                "stoi": guess.stoi,
                "pesq": guess.pesq,
                "si_sdr_db": guess.si_sdr_db,
                "opinion_speech": opinion.speech,
                "opinion_background": opinion.background,
                "opinion_overall": opinion.overall,
                "decay_s": figures["decay_s"],
            }
        )
        weights.append(spoken_s)
    if not rows:
        return dict.fromkeys(_AVERAGED)
    return {name: float(np.average([row[name] for row in rows], weights=weights)) for name in _AVERAGED}


def _vector(wave: Waveform, speech_s: float, encoder: Likeness) -> tuple[float, ...] | None:
    if speech_s < LEAST_S:
        return None
    try:
        # A minute says who it is; an hour would only cost memory.
        return tuple(round(float(x), 6) for x in encoder.embed(wave.cut(0.0, 60.0)))
    except BadAudio:
        return None


def _others(wave: Waveform, speech: Sequence[Span], encoder: Likeness) -> tuple[tuple[float, float], ...]:
    if sum(span.duration_s for span in speech) < _SEVERAL_FROM_S:
        return ()
    found = strangers(wave, speech, encoder)
    return tuple((round(span.start_s, 2), round(span.end_s, 2)) for span in found)


def _usable_s(speech: Sequence[Span]) -> float:
    pauses = [b.start_s - a.end_s for a, b in itertools.pairwise(speech)]
    return sum(span.duration_s for span in speech) + sum(pause for pause in pauses if pause < _PAUSE_S)


def _level_dbfs(wave: Waveform, speech: Sequence[Span]) -> float:
    """RMS level of the speech, span by span: no copy of it all."""
    if not speech:
        return FLOOR_DBFS
    powers = [10.0 ** (rms_dbfs(wave.cut(span.start_s, span.end_s)) / 10.0) for span in speech]
    return float(10.0 * np.log10(np.average(powers, weights=[span.duration_s for span in speech])))


def _overlap_s(speech: Sequence[Span], start_s: float, end_s: float) -> float:
    return sum(max(0.0, min(span.end_s, end_s) - max(span.start_s, start_s)) for span in speech)


def _centred(wave: Waveform) -> Waveform:
    """Without an offset, which would count as noise and as level."""
    mean = np.float32(damage.dc_offset(wave))
    return wave if abs(mean) < 1e-5 else Waveform(wave.samples - mean, wave.rate_hz)
