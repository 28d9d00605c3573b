"""The models that listen to a consent, for each engine."""

from __future__ import annotations

from sayso.engines.registry import EngineOptions, make_ear
from sayso.pipeline.consent import Tools


def make_tools(engine: str, options: EngineOptions) -> Tools:
    """Real ones, or for the tone engine those that hear hums. Nothing is loaded before it is used."""
    ear = make_ear(engine, options)
    if engine == "tone":
        from sayso.engines.tone import ToneSpans, ToneVoiceprints

        return Tools(ear, ToneSpans(), ToneVoiceprints())
    from sayso.engines.vad import SpeechDetector
    from sayso.engines.voiceprint import VoiceprintEncoder

    models = options.models_dir
    return Tools(ear, SpeechDetector(models), VoiceprintEncoder(models))
