"""Waiting for a worker."""

from __future__ import annotations

import time
from collections.abc import Callable

from sayso.domain.account import Caller
from sayso.domain.voice import Voice, VoiceState
from sayso.services import Services
from sayso.usecases import voices


def wait_until(happened: Callable[[], object], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.03)


def finish(services: Services, ada: Caller, voice: Voice) -> Voice:
    """The voice after its build."""

    def over() -> bool:
        return voices.get_voice(services, ada, voice.id).state is not VoiceState.RUNNING

    wait_until(over)
    return voices.get_voice(services, ada, voice.id)
