"""Engine name -> factory; third parties join by the `sayso.engines` entry point."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from sayso.audio.waveform import Waveform
from sayso.engines.base import (
    Detector,
    Ear,
    Heard,
    Marker,
    MarkFinder,
    Progress,
    Rivals,
    Speaker,
    Take,
    TrainingPlan,
    VoiceEngine,
)
from sayso.errors import BadSettings

if TYPE_CHECKING:
    from sayso.engines.whisper import WhisperEar


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an engine may need to know."""

    models_dir: Path
    """Where the weights lie."""
    threads: int
    """How many cores it may keep busy."""
    speaks_only: bool = False
    """Nothing will be cloned in this process: an engine may keep less in memory."""
    step_s: float = 0.0
    """Only for the tone engine: how long its steps pretend to last."""


EngineFactory = Callable[[EngineOptions], VoiceEngine]


def _kokoro(options: EngineOptions) -> VoiceEngine:
    from sayso.engines.kokoro.engine import KokoroEngine

    return KokoroEngine(options.models_dir, options.threads, speaks_only=options.speaks_only)


def _tone(options: EngineOptions) -> VoiceEngine:
    from sayso.engines.tone import ToneEngine

    return ToneEngine(options.step_s)


ENGINES: dict[str, EngineFactory] = {"kokoro": _kokoro, "tone": _tone}
"""The engines that come with sayso."""


def make_engine(name: str, options: EngineOptions) -> VoiceEngine:
    """The engine `name`; its models load when it is first used. Raises BadSettings for unknown names."""
    factory = ENGINES.get(name)
    if factory is None:
        found = {entry.name: entry for entry in entry_points(group="sayso.engines")}
        if name not in found:
            known = ", ".join(sorted({*ENGINES, *found}))
            raise BadSettings(f"SAYSO_ENGINE is {name!r}; expected one of {known}")
        factory = found[name].load()
    return _LazyEngine(name, lambda: factory(options))


def make_detector(engine: str, options: EngineOptions) -> Detector:
    """What finds speech beside an engine: Silero's network, but for the tone engine one that needs no model."""
    if engine == "tone":
        from sayso.engines.tone import ToneDetector

        return ToneDetector()
    from sayso.engines.vad import SpeechDetector

    return SpeechDetector(options.models_dir)


def make_ear(engine: str, options: EngineOptions, *, at_once: int = 1) -> Ear:
    """The ear that fits an engine: Whisper, but for the tone engine one that needs no model.

    `at_once` callers share the threads of `options`; more of them wait.
    """
    if engine == "tone":
        from sayso.engines.tone import ToneEar

        return ToneEar(options.step_s)
    return _LazyEar(options, at_once)


def make_marker(engine: str, options: EngineOptions) -> Marker | None:
    """What marks all that an engine says; None for the tone engine, whose humming nobody takes for speech."""
    if engine == "tone":
        return None
    from sayso.engines.watermark import Watermark

    return Watermark(options.models_dir)


def make_mark_finder(engine: str, options: EngineOptions) -> MarkFinder | None:
    """What finds our mark in what people send, whether or not we mark; None for the tone engine."""
    if engine == "tone":
        return None
    from sayso.engines.watermark import SpokenMarks

    return SpokenMarks(options.models_dir)


class _LazyEngine:
    """An engine that is built at its first use, so that a server answers before torch is imported."""

    def __init__(self, name: str, make: Callable[[], VoiceEngine]) -> None:
        self.name = name
        self._make = make
        self._lock = threading.Lock()
        self._engine: VoiceEngine | None = None

    def _get(self) -> VoiceEngine:
        with self._lock:
            if self._engine is None:
                self._engine = self._make()
            return self._engine

    def clone(self, takes: Sequence[Take], folder: Path, seed: int, progress: Progress) -> Path:
        return self._get().clone(takes, folder, seed, progress)

    def train(
        self, takes: Sequence[Take], folder: Path, seed: int, plan: TrainingPlan, progress: Progress
    ) -> Path:
        return self._get().train(takes, folder, seed, plan, progress)

    def load(self, artifact: bytes) -> Speaker:
        return self._get().load(artifact)

    def readers(self) -> Sequence[str]:
        return self._get().readers()

    def reader(self, name: str) -> Speaker:
        return self._get().reader(name)

    def warm(self) -> None:
        self._get().warm()


class _LazyEar:
    """Whisper, imported when something is to be heard."""

    def __init__(self, options: EngineOptions, at_once: int) -> None:
        self._options, self._at_once = options, at_once
        self._lock = threading.Lock()
        self._ear: WhisperEar | None = None

    def hear(
        self,
        wave: Waveform,
        language: str | None = None,
        rivals: Rivals | None = None,
        names: Rivals | None = None,
        before: str = "",
    ) -> Heard:
        return self._get().hear(wave, language, rivals, names, before)

    def follow(self, wave: Waveform, text: str, language: str | None = None) -> tuple[float, ...]:
        return self._get().follow(wave, text, language)

    def warm(self) -> None:
        self._get().warm()

    def _get(self) -> WhisperEar:
        with self._lock:
            if self._ear is None:
                from sayso.engines.whisper import WhisperEar

                threads = max(1, self._options.threads // self._at_once)
                self._ear = WhisperEar(self._options.models_dir, threads, callers=self._at_once)
            return self._ear
