"""Services whose worker runs in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from working import settings, wait_until

from sayso.bootstrap import close, open_services
from sayso.domain.account import Caller
from sayso.domain.voice import Voice, VoiceType
from sayso.services import Services
from sayso.usecases import accounts, voices
from sayso.usecases.recordings import NewRecording, add_recording
from sayso.workflows import durable
from serving import humming


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    services = open_services(settings(tmp_path_factory.mktemp("home"), tone_step_s=0.1))
    wait_until(lambda: durable.works_for(services))
    yield services
    close(services)


@pytest.fixture
def ada(services: Services) -> Caller:
    _, secret = accounts.create_token(services, "ada", is_authorized_uploader=True)
    return accounts.sign_in(services, secret)


@pytest.fixture
def ready(services: Services, ada: Caller) -> Callable[..., Voice]:
    """Makes voices that can be built."""

    def make(callback_uri: str | None = None, pitch_hz: float = 150.0) -> Voice:
        new = voices.NewVoice("Ada", VoiceType.RAPID, callback_uri=callback_uri)
        voice, _ = voices.create_voice(services, ada, new)
        for n in range(3):
            take = NewRecording(f"{n}", humming(4.0, pitch_hz + n))
            add_recording(services, ada, voice.id, take)
        return voice

    return make
