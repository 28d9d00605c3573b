"""Measures a finished voice against its recordings: likeness, words, quality, manner, coverage.

The likeness is CAM++'s, an encoder that no loss and no choice of a training has seen. Its anchors: stock voices of about
the same pitch for strangers, and the speaker's recordings against each other.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sayso.audio import codec
from sayso.audio.resample import resample
from sayso.audio.spans import bridge, join
from sayso.audio.waveform import Waveform
from sayso.engines.base import Ear, Progress, Speaker, SpeechFinder, Take, VoiceEngine, Voiceprints
from sayso.engines.curve import read_curve
from sayso.engines.dnsmos import OpinionModel
from sayso.engines.stock_voiceprints import strangers
from sayso.pipeline.report.advice import advice
from sayso.pipeline.report.coverage import coverage
from sayso.pipeline.report.manner import manner
from sayso.pipeline.training import ENGINE_FOLDER, read_takes
from sayso.text import misheard

REPORT = "report.json"

SENTENCES = (
    "A thin layer of ice covered the garden path this morning.",
    "Could you choose a better moment to measure the voyage?",
    "They paid four pounds for the brown leather purse.",
    "Judge every page by how clearly it says what happened.",
    "The young pilot pushed the throttle and looked toward the beach.",
    "We have enough sugar, but the butter must be bought today.",
    "Five wide rivers join before they reach the northern sea.",
    "Would anybody notice if the music stopped quite suddenly?",
    "Both brothers enjoy walking through the forest after rain.",
    "My aunt usually takes her coffee without any milk.",
)
"""Said by every voice; in no training and in no benchmark."""

_FOR_RAPID = 3
_AT_ONCE = 4
_GAP_S = 0.6
_SPEAKER_S = 60.0
_EXAMPLES = 2
_SOUND_HZ = 24_000
_SEEDS = (1, 2)
"""Beside 0; a rapid build has time for one."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """What measures. `opinions` is None where nothing sounds like speech."""

    ear: Ear
    voiceprints: Voiceprints
    opinions: OpinionModel | None
    weights: Mapping[str, str] = field(default_factory=dict)
    """File of weights -> sha256, of all that made and measured the voice."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence by the voice."""

    text: str
    seed: int
    wave: Waveform
    heard: misheard.Misheard


def write_report(
    folder: Path, artifact: Path, kind: str, engine: VoiceEngine, tools: Instruments, progress: Progress
) -> Path:
    """Measure the voice in `artifact` against the takes in `folder`; the report lies there afterwards.

    A JSON object: `figures`, and `sounds`, name -> FLAC in base64. `kind`: rapid or professional; a rapid one must not
    take longer than ten seconds on two cores.
    """
    packed = artifact.read_bytes()
    figures, sounds = _measured(folder, packed, kind, engine, tools, progress)
    figures["artifact"] = {"sha256": hashlib.sha256(packed).hexdigest(), "bytes": len(packed)}
    figures["versions"] = {
        "sayso": importlib.metadata.version("sayso"),
        "engine": engine.name,
        "voiceprints": tools.voiceprints.model,
    }
    figures["weights"] = dict(tools.weights)
    spelt = {name: base64.b64encode(codec.encode_flac(wave)).decode() for name, wave in sounds.items()}
    aside = folder / f"{REPORT}.part"
    aside.write_text(json.dumps({"figures": figures, "sounds": spelt}), encoding="utf-8")
    aside.replace(folder / REPORT)
    return folder / REPORT


def _measured(
    folder: Path, artifact: bytes, kind: str, engine: VoiceEngine, tools: Instruments, progress: Progress
) -> tuple[dict[str, Any], dict[str, Waveform]]:
    takes = read_takes(folder)
    speaker = engine.load(artifact)
    is_rapid = kind == "rapid"
    sentences = SENTENCES[:_FOR_RAPID] if is_rapid else SENTENCES
    seeds = _SEEDS[:1] if is_rapid else _SEEDS
    # Each sentence once, and the first again with other seeds.
    wanted = [(sentence, 0) for sentence in sentences] + [(sentences[0], seed) for seed in seeds]
    spoken: list[Waveform] = []
    for i, (sentence, seed) in enumerate(wanted):
        progress("measuring the voice", 0.5 * i / len(wanted), None)
        spoken.append(_say(speaker, sentence, seed))
    progress("measuring the voice", 0.5, None)
    person = _spread(takes, _SPEAKER_S)
    heard = _heard([sentence for sentence, _ in wanted], spoken, tools.ear)
    every = [_Said(*asked, *got) for asked, got in zip(wanted, zip(spoken, heard, strict=True), strict=True)]
    said = every[: len(sentences)]
    waves = [one.wave for one in said]
    progress("measuring the voice", 0.7, None)
    detector = tools.voiceprints.detector
    likeness = _Likeness(person, engine, tools.voiceprints)
    figures: dict[str, Any] = {
        "voice_type": kind,
        "recordings": {
            "takes": len(takes),
            "speech_s": round(sum(take.wave.duration_s for take in takes), 1),
        },
        "words": _words(sentences, [one.heard for one in said]),
        "likeness": likeness.figures(waves),
        "quality": {
            "voice": _opinion(tools.opinions, waves),
            "recordings": _opinion(tools.opinions, [take.wave for take in person]),
        },
        "manner": {
            "voice": asdict(manner([(one.wave, one.text) for one in said], detector)),
            "speaker": asdict(manner([(take.wave, take.text) for take in person], detector)),
        },
        "coverage": asdict(coverage(take.text for take in takes)),
        "stability": _stability(said, [said[0], *every[len(said) :]], likeness, detector),
    }
    if not is_rapid:
        curve = read_curve(folder / ENGINE_FOLDER)
        figures["training"] = {"points": [asdict(point) for point in curve.points], "facts": curve.facts}
    figures["advice"] = advice(figures)
    progress("measuring the voice", 1.0, None)
    sounds = {f"voice {i + 1}": resample(wave, _SOUND_HZ) for i, wave in enumerate(waves[:_EXAMPLES])}
    sounds |= {
        f"speaker {i + 1}": resample(take.wave, _SOUND_HZ)
        for i, take in enumerate(sorted(person, key=lambda t: abs(t.wave.duration_s - 5.0))[:_EXAMPLES])
    }
    figures["sounds"] = {
        name: hashlib.sha256(wave.samples.tobytes()).hexdigest() for name, wave in sounds.items()
    }
    return figures, sounds


def _say(speaker: Speaker, text: str, seed: int = 0) -> Waveform:
    pieces = [piece.wave.samples for piece in speaker.speak(text, seed=seed)]
    return Waveform(np.concatenate([np.zeros(0, np.float32), *pieces]), speaker.rate_hz)


def _spread(takes: Sequence[Take], most_s: float) -> list[Take]:
    """Takes of `most_s` seconds in all, spread over the recordings."""
    total_s = sum(take.wave.duration_s for take in takes)
    count = max(2, int(len(takes) * min(1.0, most_s / max(total_s, 1e-9))))
    at = np.unique(np.linspace(0, len(takes) - 1, min(count, len(takes))).astype(int))
    return [takes[i] for i in at]


def _joined(waves: Sequence[Waveform]) -> Waveform:
    """One after the other, with pauses between."""
    rate_hz = waves[0].rate_hz
    gap = np.zeros(round(_GAP_S * rate_hz), np.float32)
    parts = [part for wave in waves for part in (resample(wave, rate_hz).samples, gap)]
    return Waveform(np.concatenate(parts), rate_hz)


def _heard(texts: Sequence[str], spoken: Sequence[Waveform], ear: Ear) -> list[misheard.Misheard]:
    """What an ear made of each. Heard a few at a time: an ear with a fixed window takes as long for one."""
    found = []
    for at in range(0, len(spoken), _AT_ONCE):
        together = spoken[at : at + _AT_ONCE]
        words = ear.hear(_joined(together), "en").words
        start_s = 0.0
        for text, wave in zip(texts[at : at + _AT_ONCE], together, strict=True):
            end_s = start_s + wave.duration_s + _GAP_S
            middles = [(word, (word.start_s + word.end_s) / 2 + _GAP_S / 2) for word in words]
            own = [word.text for word, middle_s in middles if start_s <= middle_s < end_s]
            found.append(misheard.compare(text, " ".join(own)))
            start_s = end_s
    return found


def _words(sentences: Sequence[str], found: Sequence[misheard.Misheard]) -> dict[str, Any]:
    words, characters = sum(f.words for f in found), sum(f.characters for f in found)
    return {
        "sentences": list(sentences),
        "words": words,
        "word_errors": sum(f.word_errors for f in found),
        "wer": round(sum(f.word_errors for f in found) / max(1, words), 4),
        "cer": round(sum(f.character_errors for f in found) / max(1, characters), 4),
        "wrong": [{"said": a, "heard": b} for f in found for a, b in f.pairs],
    }


class _Likeness:
    """Cosines to the first half of the speaker's speech; n = 0 as far as strangers, 1 as near as the second half."""

    def __init__(self, person: Sequence[Take], engine: VoiceEngine, voiceprints: Voiceprints) -> None:
        self._voiceprints = voiceprints
        own = _speech(_joined([take.wave for take in person]), voiceprints)
        self._enrolled: NDArray[np.float32] | None = None
        if own.duration_s < 2.0:
            return
        half_s = own.duration_s / 2
        enrolled = voiceprints.embed_speech(own.cut(0.0, half_s))
        self._enrolled = enrolled
        self._same = float(voiceprints.embed_speech(own.cut(half_s, own.duration_s)) @ enrolled)
        middle = manner([(own, "")], voiceprints.detector).pitch_hz
        self._others = [float(vector @ enrolled) for vector in _others(engine, voiceprints, middle or 150.0)]

    def of(self, wave: Waveform) -> float | None:
        """The cosine of the speech in `wave`; None where there is too little."""
        speech = _speech(wave, self._voiceprints)
        if self._enrolled is None or speech.duration_s < 1.0:
            return None
        return round(float(self._voiceprints.embed_speech(speech) @ self._enrolled), 4)

    def figures(self, said: Sequence[Waveform]) -> dict[str, Any] | None:
        """The likeness of all that was `said`, with its anchors."""
        like = self.of(_joined(said))
        if like is None:
            return None
        same = self._same
        other = float(np.mean(self._others)) if self._others else None
        n = None if other is None or same - other < 0.05 else (like - other) / (same - other)
        return {
            "encoder": self._voiceprints.model,
            "voice": like,
            "same_speaker": round(same, 4),
            "strangers": [round(value, 4) for value in self._others],
            "n": None if n is None else round(n, 3),
            "note": "stock voices stand for strangers, and the anchor of the same speaker is from the same recordings: "
            "both flatter n",
        }


def _others(engine: VoiceEngine, voiceprints: Voiceprints, pitch_hz: float) -> list[NDArray[np.float32]]:
    kept = strangers(voiceprints.model, pitch_hz)
    if kept:
        return kept
    found = []
    for name in engine.readers():
        speech = _speech(_say(engine.reader(name), SENTENCES[0]), voiceprints)
        found.append(voiceprints.embed_speech(speech))
    return found


def _speech(wave: Waveform, voiceprints: Voiceprints) -> Waveform:
    """Without its pauses, at 16 kHz."""
    wave = resample(wave, 16_000)
    return join(wave, bridge(voiceprints.detector.spans(wave), 0.2))


def _opinion(opinions: OpinionModel | None, waves: Sequence[Waveform]) -> dict[str, float] | None:
    """P.835 of two windows out of all, P.808 of each by itself."""
    found = None if opinions is None or not waves else opinions.opinion(_joined(waves), most_windows=2)
    if opinions is None or found is None:
        return None
    each = [opinions.p808(wave, most_windows=1) for wave in waves]
    asked = {**asdict(found), "p808": float(np.mean([value for value in each if value is not None]))}
    return {name: round(value, 3) for name, value in asked.items()}


def _stability(
    said: Sequence[_Said], again: Sequence[_Said], likeness: _Likeness, finder: SpeechFinder
) -> dict[str, Any]:
    """How much the voice differs from text to text, and from seed to seed in one text."""
    return {
        "texts": _each(said, likeness, finder),
        "seeds": {"seed": [one.seed for one in again], **_each(again, likeness, finder)},
    }


def _each(said: Sequence[_Said], likeness: _Likeness, finder: SpeechFinder) -> dict[str, list[Any]]:
    manners = [manner([(one.wave, one.text)], finder) for one in said]
    return {
        "word_errors": [one.heard.word_errors for one in said],
        "likeness": [likeness.of(one.wave) for one in said],
        "pitch_hz": [found.pitch_hz for found in manners],
        "words_per_minute": [found.words_per_minute for found in manners],
    }
