"""Which workflow a running voice is for."""

from __future__ import annotations

from sayso.domain.voice import Voice, VoiceType
from sayso.services import Services
from sayso.workflows import analyse_dataset, make_voice


def start(services: Services, voice: Voice) -> None:
    """Begin what `voice` is RUNNING for: a build, or what comes before a professional one."""
    if voice.voice_type is VoiceType.RAPID:
        make_voice.start(services, voice)
    else:
        analyse_dataset.start(services, voice)
