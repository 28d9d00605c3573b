"""An engine whose every voice is marked: what goes through it cannot speak without the mark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sayso.engines.base import Marker, Progress, Speaker, Spoken, Take, TrainingPlan, VoiceEngine
from sayso.text.script import Script


class MarkedEngine:
    """See `sayso.engines.base.VoiceEngine`: another engine, but that all it says is marked."""

    def __init__(self, engine: VoiceEngine, marker: Marker) -> None:
        self.name = engine.name
        self._engine = engine
        self._marker = marker

    def clone(self, takes: Sequence[Take], folder: Path, seed: int, progress: Progress) -> Path:
        """See VoiceEngine. An artifact speaks only through `load`, so there is nothing to mark in it."""
        return self._engine.clone(takes, folder, seed, progress)

    def train(
        self, takes: Sequence[Take], folder: Path, seed: int, plan: TrainingPlan, progress: Progress
    ) -> Path:
        """See VoiceEngine."""
        return self._engine.train(takes, folder, seed, plan, progress)

    def load(self, artifact: bytes) -> MarkedSpeaker:
        """See VoiceEngine."""
        return MarkedSpeaker(self._engine.load(artifact), self._marker)

    def readers(self) -> Sequence[str]:
        """See VoiceEngine."""
        return self._engine.readers()

    def reader(self, name: str) -> MarkedSpeaker:
        """See VoiceEngine."""
        return MarkedSpeaker(self._engine.reader(name), self._marker)

    def warm(self) -> None:
        """See VoiceEngine."""
        self._engine.warm()
        self._marker.warm()


class MarkedSpeaker:
    """See `sayso.engines.base.Speaker`. Each piece is marked by itself: nothing waits for the next one."""

    def __init__(self, speaker: Speaker, marker: Marker) -> None:
        self.rate_hz = speaker.rate_hz
        self._speaker = speaker
        self._marker = marker

    def speak(self, text: str | Script, *, seed: int = 0) -> Iterator[Spoken]:
        """See Speaker. Raises BadArtifact where the marker's weights are missing: better mute than unmarked."""
        for piece in self._speaker.speak(text, seed=seed):
            if piece.text or piece.wave.samples.any():
                yield replace(piece, wave=self._marker.mark(piece.wave))
            else:
                # Silence that was asked for stays silence: there is nothing to hide a mark in.
                yield piece
