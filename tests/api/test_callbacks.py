"""The log of callbacks, sending again, tests, and the secret that signs them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from serving import Callbacks, Server, anyone, free_port

PAGE = (Path(__file__).parents[2] / "docs/webhooks.md").read_text("utf-8")


def ended(client: httpx.Client, path: str, uuid: str) -> dict[str, Any]:
    """The callback in the log, once nothing more will happen to it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        items: list[dict[str, Any]] = client.get(path).json()["items"]
        found = next(item for item in items if item["uuid"] == uuid)
        if found["status"] not in ("pending",):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def new_voice(client: httpx.Client, url: str | None) -> str:
    asked = {"name": "Ada", "voice_type": "rapid", "callback_uri": url}
    return str(client.post("/api/v2/voices", json=asked).json()["item"]["uuid"])


@pytest.fixture
def owner(server: Server) -> Iterator[httpx.Client]:
    """Signed in to an account of which no other test needs the secret, or counts the voices."""
    with server.client(server.others["hooks"]) as client:
        yield client


def test_a_test_arrives_signed_and_is_in_the_log(owner: httpx.Client, told: Callbacks) -> None:
    voice = new_voice(owner, told.url + "?key=hunter2")
    log = f"/api/v2/voices/{voice}/callbacks"
    assert owner.get(log).json()["items"] == []
    sent = owner.post(f"{log}/test").json()["item"]
    assert (sent["event"], sent["status"], sent["attempts"]) == ("test", "pending", [])
    item = ended(owner, log, sent["uuid"])
    [attempt] = item["attempts"]
    assert (item["status"], item["attempt_count"], item["issue"]) == ("delivered", 1, None)
    assert (attempt["number"], attempt["http_status"], attempt["issue"]) == (1, 200, None)
    assert attempt["duration"] < 30
    [(headers, raw)] = told.wait_for(1)
    assert json.loads(raw) == {"id": voice, "ok": True, "status": "test", "issue": None, "recordings": []}
    secret = owner.get("/api/v2/webhook_secret").json()["item"]["secret"]
    assert Webhook(secret).verify(raw, headers)["id"] == voice
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(raw.replace(b"true", b"false"), headers)
    text = owner.get(log).text
    assert "hunter2" not in text
    assert "whsec_" not in text
    assert item["host"] in told.url


def test_redelivered_it_keeps_its_id_and_counts_on(owner: httpx.Client, told: Callbacks) -> None:
    voice = new_voice(owner, told.url)
    log = f"/api/v2/voices/{voice}/callbacks"
    uuid = owner.post(f"{log}/test").json()["item"]["uuid"]
    ended(owner, log, uuid)
    again = owner.post(f"{log}/{uuid}/redeliver").json()["item"]
    assert (again["uuid"], again["status"], len(again["attempts"])) == (uuid, "pending", 1)
    (first, _), (second, _) = told.wait_for(2)
    assert first["webhook-id"] == second["webhook-id"] == uuid
    assert [headers["X-Sayso-Attempt"] for headers in (first, second)] == ["1", "2"]
    assert len(ended(owner, log, uuid)["attempts"]) == 2


def test_for_a_day_both_secrets_sign(owner: httpx.Client, told: Callbacks) -> None:
    old = owner.get("/api/v2/webhook_secret").json()["item"]
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", old["secret"])
    new = owner.post("/api/v2/webhook_secret/rotate").json()["item"]
    assert new["secret"] != old["secret"]
    assert new["previous_valid_until"] is not None
    assert owner.get("/api/v2/webhook_secret").json()["item"] == new
    voice = new_voice(owner, told.url)
    owner.post(f"/api/v2/voices/{voice}/callbacks/test")
    [(headers, raw)] = told.wait_for(1)
    for secret in (old["secret"], new["secret"]):
        assert Webhook(secret).verify(raw, headers)
    # The one before last ends at once: never more than two.
    newest = owner.post("/api/v2/webhook_secret/rotate").json()["item"]["secret"]
    owner.post(f"/api/v2/voices/{voice}/callbacks/test")
    headers, raw = told.wait_for(2)[1]
    assert len(headers["webhook-signature"].split()) == 2
    assert Webhook(newest).verify(raw, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old["secret"]).verify(raw, headers)


def test_a_clip_has_a_log_too_and_each_attempt_a_link_of_its_own(
    client: httpx.Client, speaker: str, told: Callbacks
) -> None:
    project = client.post("/api/v2/projects", json={"name": "x"}).json()["item"]["uuid"]
    order = {"voice_uuid": speaker, "body": "hello", "callback_uri": told.url}
    clip = client.post(f"/api/v2/projects/{project}/clips", json=order).json()["item"]["uuid"]
    log = f"/api/v2/projects/{project}/clips/{clip}/callbacks"
    body = told.about(clip)
    assert anyone.get(body["url"]).content[:4] == b"RIFF"
    [item] = client.get(log).json()["items"]
    assert ended(client, log, item["uuid"])["event"] == "finished"
    time.sleep(1.1)
    assert client.post(f"{log}/{item['uuid']}/redeliver").json()["success"]
    second = json.loads(told.wait_for(2)[1][1])
    assert second["url"] != body["url"]
    assert anyone.get(second["url"]).status_code == 200


def test_only_the_owner_sees_sends_and_reads(
    server: Server, owner: httpx.Client, client: httpx.Client, told: Callbacks
) -> None:
    voice = new_voice(owner, told.url)
    log = f"/api/v2/voices/{voice}/callbacks"
    uuid = owner.post(f"{log}/test").json()["item"]["uuid"]
    other = new_voice(owner, None)
    with server.client(server.others["stranger"]) as stranger:
        for method, path in (("GET", log), ("POST", f"{log}/test"), ("POST", f"{log}/{uuid}/redeliver")):
            assert stranger.request(method, path).status_code == 404
        assert stranger.get("/api/v2/webhook_secret").json() != owner.get("/api/v2/webhook_secret").json()
    # Nor by way of another voice.
    assert owner.post(f"/api/v2/voices/{other}/callbacks/{uuid}/redeliver").status_code == 404
    answer = owner.post(f"/api/v2/voices/{other}/callbacks/test")
    assert answer.status_code == 409
    assert "callback_uri" in answer.json()["message"]
    for path in (log, "/api/v2/webhook_secret"):
        assert anyone.get(server.url + path).status_code == 401


def test_the_log_goes_with_the_voice(owner: httpx.Client, told: Callbacks) -> None:
    voice = new_voice(owner, told.url)
    log = f"/api/v2/voices/{voice}/callbacks"
    ended(owner, log, owner.post(f"{log}/test").json()["item"]["uuid"])
    owner.delete(f"/api/v2/voices/{voice}")
    assert owner.get(log).status_code == 404


def test_the_answers_are_as_the_document_shows_them(
    owner: httpx.Client, server: Server, told: Callbacks
) -> None:
    paths = anyone.get(f"{server.url}/openapi.json").json()["paths"]
    voice = new_voice(owner, told.url)
    log = f"/api/v2/voices/{voice}/callbacks"
    ended(owner, log, owner.post(f"{log}/test").json()["item"]["uuid"])

    def example(path: str, method: str) -> Any:
        return paths[path][method]["responses"]["200"]["content"]["application/json"]["example"]

    shown, got = example("/api/v2/voices/{voice_uuid}/callbacks", "get"), owner.get(log).json()
    assert got.keys() == shown.keys()
    assert got["items"][0].keys() == shown["items"][0].keys()
    assert got["items"][0]["attempts"][0].keys() == shown["items"][0]["attempts"][0].keys()
    shown = example("/api/v2/webhook_secret", "get")
    assert owner.get("/api/v2/webhook_secret").json()["item"].keys() == shown["item"].keys()


@pytest.mark.parametrize("language", ["python", "js"])
def test_the_receivers_of_the_page_work(language: str, owner: httpx.Client, tmp_path: Path) -> None:
    program = {"python": sys.executable, "js": shutil.which("node")}[language]
    if program is None:
        pytest.skip("node is not installed")
    [code] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)
    (tmp_path / "receiver").write_text(code)
    secret, port = owner.get("/api/v2/webhook_secret").json()["item"]["secret"], free_port()
    receiver = subprocess.Popen(
        [program, str(tmp_path / "receiver")],
        env={"WEBHOOK_SECRET": secret, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                wrong = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
                assert anyone.post(url, content=b"{}", headers=wrong).status_code == 400
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        voice = new_voice(owner, url)
        log = f"/api/v2/voices/{voice}/callbacks"
        uuid = owner.post(f"{log}/test").json()["item"]["uuid"]
        assert ended(owner, log, uuid)["attempts"][0]["http_status"] == 204
        owner.post(f"{log}/{uuid}/redeliver")
        ended(owner, log, uuid)
        uuid = owner.post(f"{log}/test").json()["item"]["uuid"]
        assert ended(owner, log, uuid)["status"] == "delivered"
    finally:
        receiver.terminate()
        output, _ = receiver.communicate(timeout=10)
    assert output == "test\ntest\n", "a repeat is dropped"
