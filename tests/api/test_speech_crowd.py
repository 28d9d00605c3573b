"""Many who want to hear speech at once: none gets another's sound, the queue has an end, slow ones get it all."""

import json
import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from websockets.sync.client import connect

from serving import Server

LONG = "A sentence is here. " * 140


@contextmanager
def listener(server: Server, speaker: str, text: str) -> Iterator[socket.socket]:
    """Somebody who has asked for a stream and reads nothing yet, with a small window."""
    body = json.dumps({"voice_uuid": speaker, "data": text, "sample_rate": 48_000}).encode()
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
        line.connect(("127.0.0.1", server.port))
        head = f"POST /stream HTTP/1.1\r\nHost: x\r\nx-access-token: {server.token}\r\nConnection: close\r\n"
        line.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        yield line


def test_twelve_at_once_get_each_their_own_sound(client: httpx.Client, speaker: str) -> None:
    texts = [f"This is number {n}, and it is {'very ' * n}long. It ends." for n in range(12)]

    def said(text: str) -> bytes:
        return client.post("/stream", json={"voice_uuid": speaker, "data": text}).content

    alone = [said(text) for text in texts]
    with ThreadPoolExecutor(12) as crowd:
        together = list(crowd.map(said, texts))
    assert together == alone


def test_a_full_queue_is_told_and_empties_when_listeners_leave(
    server: Server, client: httpx.Client, speaker: str
) -> None:
    asked = {"voice_uuid": speaker, "data": "Hello."}
    with ExitStack() as crowd:
        lines = [crowd.enter_context(listener(server, speaker, LONG)) for _ in range(70)]
        # All are answered, and so in or refused, before one more asks: it would take the place of one of them, and
        # leave it again.
        heads = [line.recv(16, socket.MSG_PEEK) for line in lines]
        assert sorted(set(heads)) == [b"HTTP/1.1 200 OK\r", b"HTTP/1.1 429 Too"]
        answer = client.post("/synthesize", json=asked)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert answer.json()["error_name"] == "Throttled"
        refused = client.post("/v1/audio/speech", json={"voice": speaker, "input": "Hello."})
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        headers = {"Authorization": f"Bearer {server.token}"}
        with connect(server.url.replace("http", "ws") + "/stream", additional_headers=headers) as talk:
            talk.send(json.dumps({**asked, "request_id": 5}))
            error, end = (json.loads(talk.recv(timeout=30)) for _ in range(2))
        assert (error["type"], error["request_id"], error["status_code"]) == ("error", 5, 429)
        assert 1 <= int(error["error_params"]["retry_after_s"]) <= 60
        assert end == {"type": "audio_end", "request_id": 5}
        # Whoever has nothing waiting is let in: refused for another reason.
        with server.client(server.others["stranger"]) as stranger:
            assert stranger.post("/synthesize", json=asked).status_code == 404
    deadline = time.monotonic() + 60
    while client.post("/synthesize", json=asked).status_code != 200:
        assert time.monotonic() < deadline, "listeners who left still hold their places"
        time.sleep(0.05)


def test_a_slow_reader_gets_all_of_it(server: Server, client: httpx.Client, speaker: str) -> None:
    text = "A sentence is here. " * 20
    asked = {"voice_uuid": speaker, "data": text, "sample_rate": 48_000}
    whole = client.post("/stream", json=asked).content
    with listener(server, speaker, text) as line:
        heard = b""
        while part := line.recv(65_536):
            heard += part
            time.sleep(0.001)
    # The chunks' own heads come on top.
    assert len(whole) <= len(heard) - heard.index(b"RIFF") < 1.01 * len(whole) + 4_000


def test_whole_texts_are_given_up_when_nobody_waits_for_them(
    server: Server, client: httpx.Client, speaker: str
) -> None:
    """Each of them alone takes longer than the short one that is asked for after they have left."""
    body = json.dumps({"voice_uuid": speaker, "data": LONG}).encode()
    head = f"POST /synthesize HTTP/1.1\r\nHost: x\r\nx-access-token: {server.token}\r\n".encode()
    began = time.monotonic()
    client.post("/synthesize", content=body)
    alone_s = time.monotonic() - began
    for _ in range(40):
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    began = time.monotonic()
    assert client.post("/synthesize", json={"voice_uuid": speaker, "data": "Hello."}).status_code == 200
    # Forty of them would have had the turns of four at a time.
    assert time.monotonic() - began < 10 * alone_s


@pytest.mark.parametrize(
    ("path", "text", "more"),
    [("/synthesize", "data", {}), ("/v1/audio/speech", "input", {"response_format": "flac"})],
)
def test_a_short_text_is_said_between_the_sentences_of_long_ones(
    server: Server, client: httpx.Client, speaker: str, path: str, text: str, more: dict[str, str]
) -> None:
    """Four of them have all the turns there are."""
    body = json.dumps({"voice_uuid": speaker, "voice": speaker, text: LONG, **more}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nx-access-token: {server.token}\r\n".encode()
    with ExitStack() as crowd:
        lines = [crowd.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(4)]
        for line in lines:
            line.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        client.post("/synthesize", json={"voice_uuid": speaker, "data": "Hello."}).raise_for_status()
        assert select.select(lines, [], [], 0)[0] == []
        assert lines[0].recv(12) == b"HTTP/1.1 200"
