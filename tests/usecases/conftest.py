"""Services without a worker: what a use case leaves in the database is all that happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sayso.bootstrap import close, open_services
from sayso.domain.account import Caller, Plan
from sayso.domain.voice import Voice, VoiceType
from sayso.services import Services
from sayso.settings import Settings
from sayso.usecases import accounts
from sayso.usecases.recordings import NewRecording, add_recording
from sayso.usecases.voices import NewVoice, create_voice
from serving import humming

NewCaller = Callable[..., Caller]


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    settings = Settings(home=tmp_path_factory.mktemp("home"), engine="tone", public_url="http://here")
    services = open_services(settings, run_worker=False, warm=False)
    yield services
    close(services)


@pytest.fixture(scope="session")
def sign_up(services: Services) -> NewCaller:
    """Makes callers, each of an account of its own."""

    def make(plan: Plan = Plan.PRO, *, is_authorized_uploader: bool = True) -> Caller:
        _, secret = accounts.create_token(
            services, "someone", plan=plan, is_authorized_uploader=is_authorized_uploader
        )
        return accounts.sign_in(services, secret)

    return make


@pytest.fixture
def ada(sign_up: NewCaller) -> Caller:
    return sign_up()


@pytest.fixture
def bob(sign_up: NewCaller) -> Caller:
    return sign_up()


@pytest.fixture
def voice(services: Services, ada: Caller) -> Voice:
    """An empty rapid voice of Ada's."""
    return create_voice(services, ada, NewVoice("Ada", VoiceType.RAPID))[0]


@pytest.fixture
def upload(services: Services, ada: Caller, voice: Voice) -> Callable[..., None]:
    """Uploads recordings to Ada's voice."""

    def some(count: int, seconds: float = 4.0) -> None:
        for n in range(count):
            new = NewRecording(f"take {n}", humming(seconds, 150 + n))
            add_recording(services, ada, voice.id, new)

    return some
