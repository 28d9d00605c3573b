"""Callbacks reach strangers, never our own network."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sayso.errors import BadRequest, BadSettings, Unavailable
from sayso.outbound import Outbound


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "http://169.254.169.254/")
            else:
                self.send_response(int(self.path[1:] or 200))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("status", [200, 204, 404, 500])
def test_the_status_is_told(server: ThreadingHTTPServer, status: int) -> None:
    outbound = Outbound(["127.0.0.0/8"])
    assert outbound.post_json(f"http://127.0.0.1:{server.server_port}/{status}", b"{}").status == status


def test_redirects_are_not_followed(server: ThreadingHTTPServer) -> None:
    outbound = Outbound(["127.0.0.0/8"])
    assert outbound.post_json(f"http://127.0.0.1:{server.server_port}/elsewhere", b"{}").status == 302


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
    ],
)
def test_private_addresses_are_refused_for_good(server: ThreadingHTTPServer, host: str) -> None:
    with pytest.raises(BadRequest):
        Outbound().post_json(f"http://{host}:{server.server_port}/", b"{}")


@pytest.mark.parametrize(
    "url",
    ["ftp://there/", "file:///etc/passwd", "http://", "nonsense", "http://a:b@127.0.0.1/", "http://x:99999/"],
)
def test_other_urls_are_refused_for_good(url: str) -> None:
    with pytest.raises(BadRequest):
        Outbound(["127.0.0.0/8"]).post_json(url, b"{}")


def test_nobody_there_is_worth_another_try() -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(Unavailable):
        Outbound(["127.0.0.0/8"]).post_json(f"http://127.0.0.1:{port}/", b"{}")


def test_who_is_called_by_name_is_not_told_its_address() -> None:
    def resolver(host: str, port: int, *_: object) -> list[tuple[object, ...]]:
        if host == "gone.example":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", port))]

    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.2", 0))
        port = probe.getsockname()[1]
    outbound = Outbound(["127.0.0.0/8"], resolver=resolver)
    with pytest.raises(Unavailable, match="the connection failed: nobody listens there") as told:
        outbound.post_json(f"http://within.example:{port}/", b"{}")
    assert "127.0" not in str(told.value)
    with pytest.raises(Unavailable, match="the connection failed: its name cannot be looked up"):
        outbound.post_json("http://gone.example/", b"{}")


def test_what_is_said_there_is_not_told() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def banner() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"SSH-2.0-inner-mail-3\r\n\r\n")

        threading.Thread(target=banner, daemon=True).start()
        with pytest.raises(Unavailable, match="no HTTP") as told:
            Outbound(["127.0.0.0/8"]).post_json(f"http://127.0.0.1:{listener.getsockname()[1]}/", b"{}")
        assert "inner-mail" not in str(told.value)


def test_an_answer_that_trickles_is_given_up() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        done = threading.Event()

        def trickle() -> None:
            connection, _ = listener.accept()
            with connection:
                while not done.wait(0.05):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        outbound = Outbound(["127.0.0.0/8"], timeout_s=60.0, total_s=1.0)
        with pytest.raises(Unavailable, match="took longer than 1 s"):
            outbound.post_json(url, b"{}")
        done.set()
        thread.join()


def test_an_environment_proxy_is_not_asked(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert (
        Outbound(["127.0.0.0/8"]).post_json(f"http://127.0.0.1:{server.server_port}/200", b"{}").status == 200
    )


@pytest.mark.parametrize("network", ["nonsense", "127.0.0.1/99", "127.0.0.1/8"])
def test_wrong_networks_are_bad_settings(network: str) -> None:
    with pytest.raises(BadSettings, match="SAYSO_OUTBOUND_ALLOW"):
        Outbound([network])


def test_a_refusal_does_not_repeat_the_address() -> None:
    for url in ("http://10.0.0.1/?key=hunter2", "http://ann:hunter2@127.0.0.1/", "http://[::1]/hunter2"):
        with pytest.raises(BadRequest) as told:
            Outbound().post_json(url, b"{}")
        assert "hunter2" not in str(told.value)
