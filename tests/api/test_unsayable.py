"""Text that no voice can say is refused by every route, and nothing is kept of it."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from serving import Server

Refusal = tuple[int, str, dict[str, Any]]
"""Status, message, and what is wrong by its field (OpenAI's form: its param)."""
Ask = Callable[[httpx.Client, Server, str, str], Refusal]


def posted(path: str, field: str, **more: Any) -> Ask:
    def ask(client: httpx.Client, server: Server, voice: str, text: str) -> Refusal:
        answer = client.post(path, json={"voice_uuid": voice, field: text, **more})
        told = answer.json()
        return answer.status_code, told["message"], told["errors"]

    return ask


def in_a_project(kind: str, body: Callable[[str], Any], **more: Any) -> Ask:
    def ask(client: httpx.Client, server: Server, voice: str, text: str) -> Refusal:
        project = client.post("/api/v2/projects", json={"name": "unsayable"}).json()["item"]["uuid"]
        path = f"/api/v2/projects/{project}"
        answer = client.post(f"{path}/{kind}", json={"voice_uuid": voice, "body": body(text), **more})
        assert client.get(f"{path}/clips", params={"page": 1}).json()["items"] == []
        client.delete(path)
        told = answer.json()
        return answer.status_code, told["message"], told["errors"]

    return ask


def edited(client: httpx.Client, server: Server, voice: str, text: str) -> Refusal:
    project = client.post("/api/v2/projects", json={"name": "unsayable"}).json()["item"]["uuid"]
    path = f"/api/v2/projects/{project}/clips"
    order = {"voice_uuid": voice, "body": "Fine."}
    clip = client.post(path, json=order).json()["item"]["uuid"]
    answer = client.patch(
        f"{path}/{clip}", json={**order, "body": text, "callback_uri": "http://127.0.0.1:9/"}
    )
    assert client.get(f"{path}/{clip}").json()["item"]["body"] == "Fine."
    client.delete(f"/api/v2/projects/{project}")
    told = answer.json()
    return answer.status_code, told["message"], told["errors"]


def by_socket(client: httpx.Client, server: Server, voice: str, text: str) -> Refusal:
    url = server.url.replace("http", "ws") + "/stream"
    with connect(url, additional_headers={"Authorization": f"Bearer {server.token}"}) as socket:
        socket.send(json.dumps({"voice_uuid": voice, "data": text, "request_id": 3}))
        told, end = (json.loads(socket.recv(timeout=30)) for _ in "12")
    assert (told["type"], end["type"], end["request_id"]) == ("error", "audio_end", 3)
    return told["status_code"], told["message"], told["error_params"]


def openai_form(**more: Any) -> Ask:
    def ask(client: httpx.Client, server: Server, voice: str, text: str) -> Refusal:
        answer = client.post("/v1/audio/speech", json={"model": "x", "voice": voice, "input": text, **more})
        told = answer.json()["error"]
        return answer.status_code, told["message"], {told["param"]: told["code"]}

    return ask


ROUTES: dict[str, tuple[str, Ask]] = {
    "synthesize": ("data", posted("/synthesize", "data")),
    "stream": ("data", posted("/stream", "data")),
    "web socket": ("data", by_socket),
    "clip": ("body", in_a_project("clips", str)),
    "clip with callback": ("body", in_a_project("clips", str, callback_uri="http://127.0.0.1:9/")),
    "edited clip": ("body", edited),
    "batch": ("body", in_a_project("batch", lambda text: ["Fine.", text])),
    "openai": ("input", openai_form()),
    "openai events": ("input", openai_form(stream_format="sse")),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("日本語です", "'日本語です' in Japanese, and only English can be spoken"),
        ("Hello Привет world", "'Привет' in Cyrillic, and only English can be spoken"),
        ("<speak>Hello <s>мир</s></speak>", "'мир' in Cyrillic"),
        ("🙂 … ★", "nothing that can be spoken: expected at least one word in Latin letters"),
    ],
)
def test_what_no_voice_can_say_is_refused_everywhere(
    client: httpx.Client, server: Server, speaker: str, route: str, text: str, told: str
) -> None:
    field, ask = ROUTES[route]
    status, message, fields = ask(client, server, speaker, text)
    assert status == 400, message
    assert told in message
    assert field in fields


def test_a_substitution_that_no_voice_can_say_is_refused(client: httpx.Client) -> None:
    for said in ("Привет you", "…1…日"):
        term = {"original_text": "hello", "replacement_text": said}
        answer = client.post("/api/v2/term_substitutions", json=term)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["replacement_text"])
