"""What a stranger may send, and that the server answers in the envelope and lives on."""

import socket
import time
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving import Server, anyone, humming

JSON = {"content-type": "application/json"}


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The body of a refusal, after a look at its form."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["success"]) == (status, False), answer.text
    assert body["message"] == body["error"] != ""
    assert isinstance(body["errors"], dict)
    return body


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff\xfe\x00",
        b'{"name": "\xc3\x28"}',
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'["name"]',
        b"null",
        b'{"name": NaN}',
        b'{"name": ' + b"9" * 10_000 + b"}",
        b'{"name": "\\ud800"}',
        b'{"name": "a\\u0000b"}',
        b'{"name": {"$ne": null}}',
        b'{"name": ""}',
        b"{}",
    ],
)
def test_a_body_that_means_nothing_is_refused(client: httpx.Client, content: bytes) -> None:
    refused(client.post("/api/v2/projects", content=content, headers=JSON), 400)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"],
)
def test_json_routes_read_json_only(client: httpx.Client, kind: str) -> None:
    answer = client.post("/api/v2/projects", content=b'{"name": "x"}', headers={"content-type": kind})
    assert "application/json" in refused(answer, 415)["message"]


def test_compressed_bodies_are_not_read(client: httpx.Client) -> None:
    answer = client.post("/api/v2/projects", content=b"x", headers=JSON | {"content-encoding": "gzip"})
    refused(answer, 415)


def test_recordings_are_sent_as_a_form(client: httpx.Client, speaker: str) -> None:
    url = f"/api/v2/voices/{speaker}/recordings"
    refused(client.post(url, json={"name": "x"}), 415)
    refused(client.post(url, content=b"x", headers={"content-type": "multipart/form-data"}), 400)
    body = refused(client.post(url, files={"name": (None, "x")}), 400)
    assert body["errors"] == {"file": ["is required"]}
    body = refused(client.post(url, files={"file": humming(1)}), 400)
    assert body["errors"] == {"name": ["is required"]}


@pytest.mark.parametrize(
    "content", [b"", b"x" * 100, b"RIFF\x00\x00\x00\x00WAVE", b"%PDF-1.7", b"\x00" * 5_000]
)
def test_what_is_no_sound_is_refused(client: httpx.Client, speaker: str, content: bytes) -> None:
    url = f"/api/v2/voices/{speaker}/recordings"
    refused(client.post(url, data={"name": "x"}, files={"file": ("a.wav", content)}), 400)


def test_bodies_have_limits(client: httpx.Client, speaker: str) -> None:
    refused(client.post("/api/v2/projects", content=b" " * (1024 * 1024 + 1), headers=JSON), 413)
    refused(client.post("/api/v2/voices", content=b" " * (64 * 1024 * 1024), headers=JSON), 413)
    big = b"x" * (50 * 1024 * 1024 + 1)
    body = refused(
        client.post(f"/api/v2/voices/{speaker}/recordings", data={"name": "x"}, files={"file": big}), 413
    )
    assert "file" in body["errors"]


def test_a_voice_may_carry_32_megabytes(client: httpx.Client) -> None:
    fields = {"name": "Big", "consent": "A" * (32 * 1024 * 1024)}
    body = client.post("/api/v2/voices", json=fields).json()
    # Zeros are no WAV file: refused for what it is, not for its size.
    assert body["success"] is False
    assert "WAV" in body["message"]
    client.delete(f"/api/v2/voices/{body['item']['uuid']}")


def test_a_chunked_body_is_counted_while_it_arrives(client: httpx.Client) -> None:
    pieces = (b" " * 65_536 for _ in range(20))
    refused(client.post("/api/v2/projects", content=pieces, headers=JSON), 413)


def test_nobody_uploads_without_a_token(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=30) as stranger:
        body = refused(stranger.post("/api/v2/voices/x/recordings", files={"file": b"x" * 5_000_000}), 401)
        assert "token" in body["message"]
        # The same connection goes on.
        assert stranger.get("/healthz").json()["success"]


@pytest.mark.parametrize("uuid", ["nothing0", "a" * 500, "%00", "%ff", "..", "a%2Fb", "' OR 1=1 --", "ÄÖÜ"])
@pytest.mark.parametrize("noun", ["voices", "projects"])
def test_a_uuid_of_nothing_is_not_found(client: httpx.Client, noun: str, uuid: str) -> None:
    refused(client.get(f"/api/v2/{noun}/{uuid}"), 404)


def test_what_came_half_is_forgotten_without_a_fuss(server: Server, client: httpx.Client) -> None:
    lines = [
        "POST /api/v2/projects HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {server.token}",
        "X-Request-Id: came-half",
        "Content-Type: application/json",
        "Content-Length: 99",
    ]
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall("\r\n".join([*lines, "", '{"name"']).encode())
        # The server shall have begun to read before the line goes dead.
        time.sleep(0.3)
    deadline = time.monotonic() + 10
    while not (noted := [line for line in server.log.read_text().splitlines() if "came-half" in line]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(noted) == 1
    assert "499" in noted[0]
    assert client.get("/healthz").json()["success"]


def test_two_content_type_lines_are_read_as_the_node_sdk_means_them(
    server: Server, client: httpx.Client, speaker: str
) -> None:
    sound = humming(1)
    body = (
        b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\ntwo lines\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"\r\nContent-Type: application/octet-stream\r\n\r\n'
        + sound
        + b"\r\n--b--\r\n"
    )
    lines = [
        ("Content-Type", "multipart/form-data"),
        ("Content-Type", "multipart/form-data; boundary=b"),
        ("Authorization", f"Token token={server.token}"),
    ]
    answer = anyone.post(f"{server.url}/api/v2/voices/{speaker}/recordings", content=body, headers=lines)
    assert answer.json()["item"]["name"] == "two lines", answer.text
    client.delete(f"/api/v2/voices/{speaker}/recordings/{answer.json()['item']['uuid']}")


@given(
    path=st.sampled_from(["voices", "projects", "voices/x/build", "projects/x/clips", "voices/x/recordings"]),
    content=st.binary(max_size=200),
    kind=st.sampled_from(["application/json", "multipart/form-data; boundary=b", ""]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_makes_the_server_answer_outside_the_envelope(
    client: httpx.Client, path: str, content: bytes, kind: str
) -> None:
    answer = client.post(f"/api/v2/{path}", content=content, headers={"content-type": kind} if kind else {})
    assert answer.status_code < 500
    assert isinstance(answer.json()["success"], bool)
