"""Measures a finished voice against its recordings: likeness, words, quality, manner, coverage.

The likeness is CAM++'s, an encoder that no loss and no choice of a training has seen. Its anchors: stock voices of about
the same pitch for strangers, and the speaker's recordings against each other.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sayso.audio import codec
from sayso.audio.resample import resample
from sayso.audio.spans import bridge, join
from sayso.audio.waveform import Waveform
from sayso.engines.base import Ear, Progress, Speaker, Take, VoiceEngine, Voiceprints
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
_AT_ONCE = 3
_GAP_S = 0.6
_SPEAKER_S = 60.0
_EXAMPLES = 2
_SOUND_HZ = 24_000
_SEEDS = (1, 2)


@dataclass(frozen=True, slots=True)
class Instruments:
    """What measures. `opinions` is None where nothing sounds like speech."""

    ear: Ear
    voiceprints: Voiceprints
    opinions: OpinionModel | None


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
    sentences = SENTENCES[:_FOR_RAPID] if kind == "rapid" else SENTENCES
    said: list[Waveform] = []
    for i, sentence in enumerate(sentences):
        progress("measuring the voice", 0.5 * i / len(sentences), None)
        said.append(_say(speaker, sentence))
    progress("measuring the voice", 0.5, None)
    person = _spread(takes, _SPEAKER_S)
    words = _words(sentences, said, tools.ear)
    progress("measuring the voice", 0.7, None)
    figures: dict[str, Any] = {
        "voice_type": kind,
        "recordings": {
            "takes": len(takes),
            "speech_s": round(sum(take.wave.duration_s for take in takes), 1),
        },
        "words": words,
        "likeness": _likeness(person, said, engine, tools.voiceprints),
        "quality": {
            "voice": _opinion(tools.opinions, said),
            "recordings": _opinion(tools.opinions, [take.wave for take in person]),
        },
        "manner": {
            "voice": asdict(manner(list(zip(said, sentences, strict=True)))),
            "speaker": asdict(manner([(take.wave, take.text) for take in person])),
        },
        "coverage": asdict(coverage(take.text for take in takes)),
    }
    if kind != "rapid":
        figures["stability"] = _stability(speaker, sentences[0], tools.ear)
        curve = read_curve(folder / ENGINE_FOLDER)
        figures["training"] = {"points": [asdict(point) for point in curve.points], "facts": curve.facts}
    figures["advice"] = advice(figures)
    progress("measuring the voice", 1.0, None)
    sounds = {f"voice {i + 1}": resample(wave, _SOUND_HZ) for i, wave in enumerate(said[:_EXAMPLES])}
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


def _words(sentences: Sequence[str], said: Sequence[Waveform], ear: Ear) -> dict[str, Any]:
    """Heard a few at a time: an ear with a fixed window takes as long for one."""
    found = []
    for at in range(0, len(said), _AT_ONCE):
        heard = ear.hear(_joined(said[at : at + _AT_ONCE]), "en").text
        found.append(misheard.compare(" ".join(sentences[at : at + _AT_ONCE]), heard))
    words, characters = sum(f.words for f in found), sum(f.characters for f in found)
    return {
        "sentences": list(sentences),
        "words": words,
        "word_errors": sum(f.word_errors for f in found),
        "wer": round(sum(f.word_errors for f in found) / max(1, words), 4),
        "cer": round(sum(f.character_errors for f in found) / max(1, characters), 4),
        "wrong": [{"said": a, "heard": b} for f in found for a, b in f.pairs],
    }


def _likeness(
    person: Sequence[Take], said: Sequence[Waveform], engine: VoiceEngine, voiceprints: Voiceprints
) -> dict[str, Any] | None:
    """Cosines to the first half of the speaker's speech; n = 0 as far as strangers, 1 as near as the second half."""
    own = _speech(_joined([take.wave for take in person]), voiceprints)
    clone = _speech(_joined(said), voiceprints)
    if own.duration_s < 2.0 or clone.duration_s < 1.0:
        return None
    half_s = own.duration_s / 2
    enrolled = voiceprints.embed_speech(own.cut(0.0, half_s))
    same = float(voiceprints.embed_speech(own.cut(half_s, own.duration_s)) @ enrolled)
    like = float(voiceprints.embed_speech(clone) @ enrolled)
    middle = manner([(own, "")]).pitch_hz
    others = [float(vector @ enrolled) for vector in _others(engine, voiceprints, middle or 150.0)]
    other = float(np.mean(others)) if others else None
    n = None if other is None or same - other < 0.05 else (like - other) / (same - other)
    return {
        "encoder": voiceprints.model,
        "voice": round(like, 4),
        "same_speaker": round(same, 4),
        "strangers": [round(value, 4) for value in others],
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
    found = None if opinions is None or not waves else opinions.opinion(_joined(waves), most_windows=2)
    return None if found is None else {name: round(value, 3) for name, value in asdict(found).items()}


def _stability(speaker: Speaker, sentence: str, ear: Ear) -> dict[str, Any]:
    """The same sentence again with other seeds."""
    waves = [_say(speaker, sentence, seed) for seed in _SEEDS]
    heard = [misheard.compare(sentence, ear.hear(wave, "en").text).word_errors for wave in waves]
    return {
        "seeds": list(_SEEDS),
        "word_errors": heard,
        "duration_s": [round(wave.duration_s, 3) for wave in waves],
    }
