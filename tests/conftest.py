"""What tests of several folders share."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from serving import Callbacks, Server, callbacks, running

# Timing decides no test: a busy machine is no fault of an example.
settings.register_profile("sayso", deadline=None)
settings.load_profile("sayso")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One running server with the engine that hums, for all tests that talk to one."""
    with running(tmp_path_factory.mktemp("sayso")) as server:
        yield server


@pytest.fixture
def told() -> Iterator[Callbacks]:
    """Somebody whom the server may call back."""
    with callbacks() as received:
        yield received
