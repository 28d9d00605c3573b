"""Callbacks: a few growing retries, and an end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from working import wait_until

from sayso.services import Services
from sayso.workflows import deliver_webhook, durable


class Strict(ThreadingHTTPServer):
    """Answers with `answers` in turn, then 200."""

    answers: list[int]
    seen: list[tuple[str, bytes]]


@pytest.fixture
def strict() -> Iterator[Strict]:
    class Ear(BaseHTTPRequestHandler):
        server: Strict

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.server.seen.append((self.headers[deliver_webhook.ID_HEADER], body))
            self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = Strict(("127.0.0.1", 0), Ear)
    server.answers, server.seen = [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def deliver(delivery_id: str, url: str) -> str:
    deliver_webhook.start(delivery_id, url, '{"id": 1}')
    wait_until(lambda: durable.status(delivery_id) == "SUCCESS")
    return str(durable.result(delivery_id))


def test_an_accepted_callback_is_sent_once(services: Services, strict: Strict) -> None:
    url = f"http://127.0.0.1:{strict.server_port}/"
    assert deliver("d-once", url) == "accepted"
    assert deliver("d-once", url) == "accepted"
    assert strict.seen == [("d-once", b'{"id": 1}')]


def test_a_refused_callback_is_sent_again(services: Services, strict: Strict) -> None:
    strict.answers = [500, 302]
    assert deliver("d-again", f"http://127.0.0.1:{strict.server_port}/") == "accepted"
    assert [delivery_id for delivery_id, _ in strict.seen] == ["d-again"] * 3


def test_after_the_last_pause_it_gives_up(services: Services, strict: Strict) -> None:
    strict.answers = [500] * 10
    assert deliver("d-never", f"http://127.0.0.1:{strict.server_port}/") == "failed"
    assert len(strict.seen) == len(services.limits.webhook_delays_s) + 1


def test_a_forbidden_address_is_not_tried_again(services: Services) -> None:
    assert deliver("d-forbidden", "http://10.0.0.1/") == "refused"


def test_nobody_there_is_a_failure(services: Services) -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert deliver("d-nobody", f"http://127.0.0.1:{port}/") == "failed"
