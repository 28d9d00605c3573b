"""A server made of a bare socket, which can answer as badly as a test wants."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Script = Callable[["Talk"], None]


@dataclass
class Talk:
    """One connection: what was asked, and a way to answer."""

    socket: socket.socket
    number: int
    """Connections before this one."""
    head: bytes
    done: threading.Event

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self, status: str, *headers: str, body: bytes = b"") -> None:
        self.send("\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1") + body)

    def file(self, data: bytes, *headers: str) -> None:
        self.answer("200 OK", f"Content-Length: {len(data)}", *headers, body=data)

    def header(self, name: str) -> str | None:
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None

    @property
    def path(self) -> str:
        return self.head.split(b" ")[1].decode()


@dataclass
class Lab:
    """The server, and what it was asked."""

    port: int
    heads: list[bytes] = field(default_factory=list)
    fault: list[BaseException] = field(default_factory=list)

    def url(self, path: str = "/set.zip", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@contextlib.contextmanager
def serving(script: Script, *, reads_head: bool = True) -> Iterator[Lab]:
    """Run `script` for each connection, in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    lab, done, threads = Lab(listener.getsockname()[1]), threading.Event(), []

    def talk(connection: socket.socket, number: int) -> None:
        with connection:
            connection.settimeout(5)
            try:
                head = _head(connection) if reads_head else b""
                lab.heads.append(head)
                script(Talk(connection, number, head, done))
            except OSError:
                pass  # the client left, as it should
            except BaseException as error:  # noqa: BLE001 - shown by the test
                lab.fault.append(error)

    def accept() -> None:
        number = 0
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=talk, args=(connection, number), daemon=True)
            threads.append(thread)
            thread.start()
            number += 1

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield lab
    finally:
        done.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for thread in threads:
            thread.join()
    assert not lab.fault


def _head(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            break
        data += piece
    return data
