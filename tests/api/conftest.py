"""A voice that speaks, for tests of what is done with one."""

import time
from collections.abc import Iterator

import httpx
import pytest

from serving import Server, humming


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """Signed in as an authorized uploader."""
    with server.client() as client:
        yield client


@pytest.fixture(scope="session")
def speaker(server: Server) -> str:
    """The uuid of a finished voice that every test of the session shares: to be left as it was."""
    return finished_voice(server)


@pytest.fixture
def own_speaker(server: Server) -> str:
    """The uuid of a finished voice for a test that changes it."""
    return finished_voice(server)


def finished_voice(server: Server) -> str:
    with server.client() as client:
        made = client.post("/api/v2/voices", json={"name": "Speaker", "voice_type": "rapid"}).json()
        uuid: str = made["item"]["uuid"]
        for n in range(3):
            form = {"data": {"name": f"take {n}"}, "files": {"file": humming()}}
            assert client.post(f"/api/v2/voices/{uuid}/recordings", **form).json()["success"]
        assert client.post(f"/api/v2/voices/{uuid}/build").json()["success"]
        deadline = time.monotonic() + 300
        while client.get(f"/api/v2/voices/{uuid}").json()["item"]["status"] != "finished":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return uuid
