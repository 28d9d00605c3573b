"""The outermost layer on a real server: faults of ours, early answers, request ids, the log."""

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request

from sayso.api import errors
from sayso.api.answers import Answer
from sayso.api.edge import Edge
from sayso.api.heads import MAX_HEAD_BYTES, LimitedHeads
from sayso.api.speaking import LiveSpeech
from sayso.errors import BadArtifact, BadRequest


def app_of_faults() -> FastAPI:
    """Routes that fail in every way a route can."""
    app = FastAPI(redirect_slashes=False)
    errors.install(app)

    @app.post("/break")
    def broken() -> Answer:
        raise RuntimeError("the secret is 1234")

    @app.post("/damaged")
    def damaged() -> Answer:
        raise BadArtifact("checksum of /var/lib/voices/x")

    @app.post("/early")
    async def early() -> Answer:
        raise BadRequest("refused before a byte was read")

    @app.get("/typed")
    def typed(number: int) -> Answer:
        return Answer({"success": True, "number": number})

    @app.api_route("/hidden", methods=["GET", "HEAD"], include_in_schema=False)
    def hidden() -> Answer:
        return Answer({"success": True})

    @app.delete("/hidden", include_in_schema=False)
    def remove_hidden() -> Answer:
        return Answer({"success": True})

    @app.get("/half")
    async def half() -> LiveSpeech:
        def speech() -> Iterator[bytes]:
            yield b"half a sent"
            raise RuntimeError("the engine fell over")

        return LiveSpeech(b"RIFF", speech())

    @app.post("/fine")
    async def fine(request: Request) -> Answer:
        return Answer({"success": True, "bytes": len(await request.body())})

    return app


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Edge(app_of_faults()), http=LimitedHeads, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    host, port = listener.getsockname()
    yield host, port
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def client(address: tuple[str, int]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{address[0]}:{address[1]}") as client:
        yield client


@pytest.mark.parametrize("path", ["/break", "/damaged"])
def test_a_fault_of_ours_is_told_without_its_details_and_keeps_the_connection(
    client: httpx.Client, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = client.post(path, content=b"x")
    assert answer.status_code == 500
    assert answer.json()["success"] is False
    assert answer.headers["x-request-id"] in answer.json()["message"]
    assert "1234" not in answer.text
    assert "/var/lib" not in answer.text
    assert any(answer.headers["x-request-id"] in record.getMessage() for record in caplog.records)
    assert "close" not in answer.headers.get("connection", "")
    assert client.post("/fine", content=b"abc").json() == {"success": True, "bytes": 3}


def test_half_a_speech_does_not_pass_for_a_whole_one(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        client.get("/half")
    assert "the engine fell over" in caplog.text
    assert client.post("/fine", content=b"abc").json()["bytes"] == 3


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("DELETE", "/fine", 405),
        ("GET", "/typed?number=x", 400),
        ("GET", "/typed", 400),
    ],
)
def test_errors_of_the_framework_wear_the_envelope(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    body = answer.json()
    assert body["success"] is False
    assert body["message"] == body["error"] != ""


def test_what_is_not_possible_names_what_is_also_where_a_route_is_not_documented(
    client: httpx.Client,
) -> None:
    answer = client.put("/hidden")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE, GET, HEAD"
    assert "allowed: DELETE, GET, HEAD" in answer.json()["message"]


@pytest.mark.parametrize(
    "junk",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"BREW /fine HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /fine HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /fine HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_are_refused_in_the_envelope_too(
    address: tuple[str, int], junk: bytes
) -> None:
    with socket.create_connection(address, timeout=20) as line:
        line.sendall(junk)
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 400")
    assert b"content-length: %d" % len(body) in head
    told = json.loads(body)
    assert told["success"] is False
    assert told["message"] == told["error"] != ""


def test_the_base_url_without_its_slash_is_recognised(client: httpx.Client) -> None:
    assert "needs a slash" in client.get("/apiv2/voices").json()["message"]


def test_a_slash_too_many_is_forgiven(client: httpx.Client) -> None:
    assert client.post("/fine/", content=b"ab").json()["bytes"] == 2


def test_an_early_refusal_reaches_a_client_that_is_still_sending(address: tuple[str, int]) -> None:
    # Like the Node SDK, this client reads nothing before all is sent, and 20 MB do not fit any buffer.
    with closing(HTTPConnection(*address, timeout=20)) as line:
        line.request("POST", "/early", b"x" * 20_000_000)
        answer = line.getresponse()
        assert answer.status == 400
        assert json.loads(answer.read())["success"] is False
        line.request("POST", "/fine", b"ab")
        assert json.loads(line.getresponse().read())["bytes"] == 2


@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: "])
def test_a_head_without_end_is_cut_off(address: tuple[str, int], start: bytes) -> None:
    with closing(socket.create_connection(address, timeout=20)) as line:
        line.sendall(start)
        sent = 0
        with suppress(ConnectionError):
            while sent < 100 * MAX_HEAD_BYTES:
                line.sendall(b"a" * 65_536)
                sent += 65_536
        # What fits into the buffers between us and the server is sent in vain.
        assert sent < 100 * MAX_HEAD_BYTES


def test_a_long_body_is_no_head_and_the_next_request_is_read(address: tuple[str, int]) -> None:
    with closing(HTTPConnection(*address, timeout=20)) as line:
        for _ in range(2):
            line.request("POST", "/fine", b"x" * 3 * MAX_HEAD_BYTES)
            assert json.loads(line.getresponse().read())["bytes"] == 3 * MAX_HEAD_BYTES


def test_a_client_that_waits_for_a_go_is_answered_without_its_body(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as line:
        line.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        answer = line.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"connection: close" in answer.lower()


def test_the_caller_may_name_the_request_and_nonsense_is_replaced(client: httpx.Client) -> None:
    assert (
        client.post("/fine", headers={"x-request-id": "trace-12345"}).headers["x-request-id"] == "trace-12345"
    )
    assert client.post("/fine", headers={"x-request-id": "a b"}).headers["x-request-id"] != "a b"


def test_one_line_is_logged_for_each_request_and_no_secret(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "sayso.access"):
        client.get("/media/1/key/signature/a.wav?token=abc", headers={"authorization": "Bearer topsecret"})
        client.get("/%0aGET%20/forged")
        # The line is written after the answer has been sent.
        deadline = time.monotonic() + 5
        while len(caplog.records) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    first, second = (record.getMessage() for record in caplog.records if record.name == "sayso.access")
    assert first.startswith("GET /media/… 404 ") or first.startswith("GET /media/\\u2026 404 ")
    for secret in ("signature", "abc", "topsecret"):
        assert secret not in first
    assert second.startswith("GET /\\nGET /forged 404 ")
