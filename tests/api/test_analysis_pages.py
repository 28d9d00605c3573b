"""Pages with their sound in them: sent while they are made, in a queue with an end, and left off when nobody reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import anyio
import numpy as np
import pytest
from starlette.types import ASGIApp, Message

from pages import Read, analysed, another_sound
from sayso.api.analyses import MAX_PAGES
from sayso.api.app import create_app
from sayso.audio.codec import encode_flac
from sayso.audio.waveform import Waveform
from sayso.bootstrap import close, open_services
from sayso.domain.account import Caller
from sayso.services import Services
from sayso.settings import Settings
from sayso.usecases import accounts


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    settings = Settings(home=tmp_path_factory.mktemp("home"), engine="tone", public_url="http://here")
    services = open_services(settings, run_worker=False, warm=False)
    yield services
    close(services)


@pytest.fixture(scope="module")
def secret(services: Services) -> str:
    return accounts.create_token(services, "ada", is_authorized_uploader=True)[1]


@pytest.fixture(scope="module")
def ada(services: Services, secret: str) -> Caller:
    return accounts.sign_in(services, secret)


class Reader:
    """Asks for a page, and reads it or does not, or leaves."""

    def __init__(self, app: ASGIApp, secret: str, voice_id: str, query: str = "format=html") -> None:
        self._app = app
        self._scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": f"/api/v2/voices/{voice_id}/analysis", "raw_path": b"", "root_path": "",
            "query_string": query.encode(), "headers": [(b"authorization", f"Bearer {secret}".encode()), (b"host", b"here")],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        self._is_asked = False
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.pieces: list[bytes] = []
        self.leaves_after: int | None = None
        self.stops_after: int | None = None
        """So many pieces are read, and then nothing until it leaves."""
        self.then: Callable[[], None] = lambda: None
        """Called when the first piece has come."""
        self.left = anyio.Event()
        self.has_begun = anyio.Event()

    async def run(self) -> Reader:
        with anyio.fail_after(120):
            await self._app(self._scope, self._receive, self._send)
        return self

    async def _receive(self) -> Message:
        if not self._is_asked:
            self._is_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
            return
        if message.get("body"):
            self.pieces.append(message["body"])
            if len(self.pieces) == 1:
                self.then()
        self.has_begun.set()
        if len(self.pieces) == self.leaves_after:
            self.left.set()
        if len(self.pieces) == self.stops_after:
            await self.left.wait()


def test_it_is_sent_while_it_is_made(services: Services, secret: str, ada: Caller) -> None:
    voice = analysed(services, ada, 6, 25.0)
    last = another_sound(services, voice, 5, encode_flac(Waveform(np.zeros(50_000, np.float32), 16_000)))

    async def main() -> Reader:
        page = Reader(create_app(services, public_url=""), secret, voice.id)
        # What goes while the page is being sent is not in it: it was not made before.
        page.then = lambda: services.blobs.delete(last)
        return await page.run()

    page = anyio.run(main)
    assert page.status == 200
    assert page.headers[b"content-type"] == b"text/html; charset=utf-8"
    assert page.headers[b"cache-control"] == b"private, no-store"
    assert page.headers[b"vary"] == b"accept"
    assert b"content-length" not in page.headers
    # The plots at once, then each recording by itself, then the foot.
    assert len(page.pieces) == 8
    assert b"<h2>Scores</h2>" in page.pieces[0]
    assert [piece.count(b"<audio") for piece in page.pieces] == [0, 1, 1, 1, 1, 1, 0, 0]
    assert b"was deleted" in page.pieces[6]
    assert len(Read(b"".join(page.pieces).decode()).sounds) == 5


def test_who_leaves_is_worked_for_no_longer(services: Services, secret: str, ada: Caller) -> None:
    voice = analysed(services, ada, 20, 25.0)

    async def main() -> Reader:
        reader = Reader(create_app(services, public_url=""), secret, voice.id)
        reader.leaves_after = 3
        return await reader.run()

    # One recording may be under way, and one be sent already.
    assert 3 <= len(anyio.run(main).pieces) <= 5


def test_there_is_an_end_of_pages_at_once_but_not_of_quick_ones(
    services: Services, secret: str, ada: Caller
) -> None:
    voice = analysed(services, ada, 3, 12.0)

    async def main() -> None:
        app = create_app(services, public_url="")

        def ask(query: str = "format=html") -> Reader:
            return Reader(app, secret, voice.id, query)

        async with anyio.create_task_group() as tasks:
            crowd = [ask() for _ in range(MAX_PAGES)]
            for reader in crowd:
                reader.stops_after = 1
                tasks.start_soon(reader.run)
            for reader in crowd:
                # Though nobody takes anything: the beginning needs no turn.
                await reader.has_begun.wait()
            refused = await ask().run()
            assert refused.status == 429
            assert 1 <= int(refused.headers[b"retry-after"]) <= 60
            assert b"pages with sound" in refused.pieces[0]
            for query in ("format=html&sound=linked", "format=json"):
                assert (await ask(query).run()).status == 200
            for reader in crowd:
                reader.left.set()
        whole = await ask().run()
        assert (whole.status, len(whole.pieces)) == (200, 5)
        # What is not there takes no place for long.
        for _ in range(2 * MAX_PAGES):
            assert (await Reader(app, secret, "nobody", "format=html").run()).status == 404
        assert (await ask().run()).status == 200

    anyio.run(main)
