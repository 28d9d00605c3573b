"""How much speech each kind of voice needs, in recordings and seconds."""

from __future__ import annotations

from dataclasses import dataclass

from sayso.domain.voice import VoiceType


@dataclass(frozen=True, slots=True)
class Need:
    """The least a build takes."""

    recordings: int
    """Active ones."""
    speech_s: float
    """In all active ones."""


NEEDS = {VoiceType.RAPID: Need(3, 10.0), VoiceType.PROFESSIONAL: Need(20, 600.0)}
"""The documented minimums; the recordings are settings."""
