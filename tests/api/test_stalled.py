"""A listener who takes nothing is cut off after a while, and its place is free again."""

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from sayso.api import speaking
from sayso.api.speaking import LiveSpeech
from sayso.api.turns import Turns
from serving import free_port


def test_who_never_reads_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "MAX_STALL_S", 0.3)
    ended = threading.Event()
    turns = Turns(most_speaking=1, most_places=1)

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield bytes(65_536)
        finally:
            ended.set()

    async def speak(_: Request) -> LiveSpeech:
        response = LiveSpeech(b"RIFF", endless())
        response.place = turns.enter("ann")
        return response

    port = free_port()
    app = Starlette(routes=[Route("/", speak)])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        with _connected(port) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert line.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 200"
            assert ended.wait(30), "somebody who reads nothing is still spoken to"
            # What was under way comes, then the end: the line is closed, not kept for another request.
            line.settimeout(30)
            try:
                while line.recv(65_536):
                    pass
            except ConnectionResetError:
                pass
    finally:
        server.should_exit = True
        thread.join(30)
    assert turns.places == 0


def _connected(port: int) -> socket.socket:
    """A line with a small window, once somebody listens there."""
    for _ in range(600):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
        try:
            line.connect(("127.0.0.1", port))
        except ConnectionRefusedError:
            line.close()
            threading.Event().wait(0.05)
        else:
            return line
    raise AssertionError("the server did not start")
