"""Who may see and do what."""

import re

import httpx
import pytest

from serving import Server, anyone, humming


@pytest.mark.parametrize("form", ["Token token={}", 'Token token="{}"', "Token {}", "Bearer {}", "{}"])
def test_every_form_of_the_token_opens_the_door(server: Server, form: str) -> None:
    headers = {"authorization": form.format(server.token)}
    assert anyone.get(f"{server.url}/api/v2/voices", headers=headers).status_code == 200
    assert (
        anyone.get(f"{server.url}/api/v2/voices", headers={"x-access-token": server.token}).status_code == 200
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v2/voices"),
        ("POST", "/api/v2/voices"),
        ("POST", "/api/v2/voices/x/recordings"),
        ("GET", "/api/v2/projects/x/clips"),
        ("POST", "/synthesize"),
        ("POST", "/syn/stream"),
        ("GET", "/api/v2/phonemes"),
        ("DELETE", "/api/v2/voices/x"),
    ],
)
def test_every_route_is_closed_to_strangers(server: Server, method: str, path: str) -> None:
    for headers in ({}, {"authorization": "Token token=None"}, {"x-access-token": "wrong"}):
        answer = anyone.request(method, server.url + path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["success"] is False
        assert answer.headers["www-authenticate"] == "Bearer"


def test_no_documented_route_forgets_to_ask_who_is_there(server: Server) -> None:
    paths = anyone.get(f"{server.url}/openapi.json").json()["paths"]
    asked = [(m, re.sub(r"\{[^}]+\}", "x", path)) for path, methods in paths.items() for m in methods]
    assert len(asked) > 50
    for method, path in asked:
        answer = anyone.request(method, server.url + path)
        assert (answer.status_code == 401) is (path not in {"/healthz", "/readyz"}), (method, path)


def test_a_header_without_a_token_that_is_read_is_not_called_missing(server: Server) -> None:
    answer = anyone.get(f"{server.url}/api/v2/voices", headers={"authorization": "Basic dXNlcjpwYXNz"})
    assert answer.status_code == 401
    assert "the Authorization header holds no token" in answer.json()["message"]
    assert "no token was sent" in anyone.get(f"{server.url}/api/v2/voices").json()["message"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/openapi.json", "/docs/start.js"])
def test_a_few_doors_are_open(server: Server, path: str) -> None:
    assert anyone.get(server.url + path).status_code == 200


def test_nobody_sees_what_belongs_to_another(server: Server, client: httpx.Client, speaker: str) -> None:
    project = client.post("/api/v2/projects", json={"name": "mine"}).json()["item"]["uuid"]
    recording = client.get(f"/api/v2/voices/{speaker}/recordings").json()["items"][0]["uuid"]
    said = {"voice_uuid": speaker, "data": "hello", "body": "hello"}
    with server.client(server.others["stranger"]) as stranger:
        own = stranger.post("/api/v2/projects", json={"name": "theirs"}).json()["item"]["uuid"]
        seen = {item["uuid"] for item in stranger.get("/api/v2/voices?page_size=1000").json()["items"]}
        assert speaker not in seen
        attempts = [
            ("GET", f"/api/v2/voices/{speaker}", None),
            ("PATCH", f"/api/v2/voices/{speaker}", {"name": "stolen"}),
            ("DELETE", f"/api/v2/voices/{speaker}", None),
            ("POST", f"/api/v2/voices/{speaker}/build", {}),
            ("GET", f"/api/v2/voices/{speaker}/recordings", None),
            ("GET", f"/api/v2/voices/{speaker}/analysis", None),
            ("GET", f"/api/v2/voices/{speaker}/report", None),
            ("POST", f"/api/v2/voices/{speaker}/cancel", None),
            ("GET", f"/api/v2/voices/{speaker}/recordings/{recording}", None),
            ("DELETE", f"/api/v2/projects/{project}", None),
            ("GET", f"/api/v2/projects/{project}/clips", None),
            ("POST", f"/api/v2/projects/{own}/clips", said),
            ("POST", "/synthesize", said),
            ("POST", "/stream", said),
        ]
        for method, path, body in attempts:
            answer = stranger.request(method, path, json=body)
            assert answer.status_code == 404, (method, path, answer.text)
            assert answer.json()["success"] is False
    assert client.get(f"/api/v2/voices/{speaker}").json()["item"]["name"] == "Speaker"


def test_voices_are_for_plan_pro(server: Server) -> None:
    with server.client(server.others["free"]) as free:
        answer = free.post("/api/v2/voices", json={"name": "x"})
        assert answer.status_code == 403
        assert "pro" in answer.json()["message"]
        assert free.get("/api/v2/voices").status_code == 200


def test_a_build_without_a_consent_is_for_authorized_uploaders(server: Server) -> None:
    with server.client(server.others["stranger"]) as pro:
        voice = pro.post("/api/v2/voices", json={"name": "x", "voice_type": "rapid"}).json()["item"]["uuid"]
        for n in range(3):
            form = {"data": {"name": f"{n}"}, "files": {"file": humming()}}
            assert pro.post(f"/api/v2/voices/{voice}/recordings", **form).json()["success"]
        answer = pro.post(f"/api/v2/voices/{voice}/build", json={})
        assert answer.status_code == 403
        assert "authorized uploader" in answer.json()["message"]
        assert pro.get(f"/api/v2/voices/{voice}").json()["item"]["status"] == "initializing"
