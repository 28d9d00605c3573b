"""Settings of a worker for tests, and waiting for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from sayso.domain.account import Caller
from sayso.domain.voice import Voice, VoiceState
from sayso.services import Services
from sayso.settings import Settings
from sayso.usecases import voices


def settings(home: Path, **others: object) -> Settings:
    return Settings(
        home=home,
        engine="tone",
        outbound_allow=("127.0.0.0/8",),
        webhook_delays_s=(0.2, 0.2),
        public_url="http://here",
        **others,  # type: ignore[arg-type]
    )


def wait_until(happened: Callable[[], object], timeout_s: float = 120.0) -> None:
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
