"""The models that listen to a consent, and those that measure a voice, for each engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.engines.base import Ear
from sayso.engines.registry import EngineOptions, make_ear
from sayso.pipeline.consent import Tools
from sayso.pipeline.report.measure import Instruments

if TYPE_CHECKING:
    from sayso.engines.enhance import Enhancer


def make_tools(engine: str, options: EngineOptions) -> Tools:
    """Real ones, or for the tone engine those that hear hums. Nothing is loaded before it is used."""
    ear = make_ear(engine, options)
    if engine == "tone":
        from sayso.engines.tone import ToneSpans, ToneVoiceprints

        return Tools(ear, ToneSpans(), ToneVoiceprints())
    from sayso.engines.vad import SpeechDetector
    from sayso.engines.voiceprint import VoiceprintEncoder

    models = options.models_dir
    return Tools(ear, SpeechDetector(models), VoiceprintEncoder(models), Quieter(models))


class Quieter:
    """Lowers noise. The network and what it needs are loaded by the first consent that was not understood at once."""

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir
        self._enhancer: Enhancer | None = None

    def __call__(self, wave: Waveform) -> Waveform:
        """`wave` with less noise."""
        from sayso.pipeline.consent_words import quieter

        if self._enhancer is None:
            from sayso.engines.enhance import Enhancer

            self._enhancer = Enhancer(self._models_dir)
        cleaned = self._enhancer.enhance(wave).wave
        return quieter(wave, resample(cleaned, wave.rate_hz))


def make_instruments(engine: str, options: EngineOptions, ear: Ear) -> Instruments:
    """What measures finished voices. Nothing is loaded before it is used."""
    if engine == "tone":
        from sayso.engines.tone import ToneVoiceprints

        return Instruments(ear, ToneVoiceprints(), None)
    from sayso.engines.dnsmos import OpinionModel
    from sayso.engines.voiceprint import VoiceprintEncoder

    models = options.models_dir
    return Instruments(ear, VoiceprintEncoder(models), OpinionModel(models), _fingerprints())


def _fingerprints() -> dict[str, str]:
    """Name -> sha256 of the weights that make and measure voices, as the manifest pins them."""
    from sayso.engines import weights

    made_of = (
        "kokoro/",
        "ge2e/",
        "whisper-base/",
        "silero/",
        "campplus/",
        "dnsmos/",
        "deepfilternet3/",
        "perth/",
    )
    return {
        file.name: file.sha256
        for file in weights.manifest()
        if file.sha256
        and file.name.startswith(made_of)
        and file.name.endswith((".safetensors", ".onnx", ".bin"))
    }
