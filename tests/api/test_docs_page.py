"""The OpenAPI document tells the truth, and the page needs nobody else's server."""

import base64
import re
import time
from typing import Any

import httpx
import pytest

from serving import Server, anyone, humming, saying


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = anyone.get(f"{server.url}/openapi.json").json()
    return found


def test_the_page_loads_its_files_from_this_server_alone(server: Server) -> None:
    page = anyone.get(f"{server.url}/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(files) == 4
    for name in files:
        if not name.startswith("data:"):
            assert "//" not in name
            assert anyone.get(f"{server.url}/{name}").status_code == 200, name
    assert anyone.get(f"{server.url}/docs/../app.py").status_code == 404
    assert anyone.get(f"{server.url}/docs/LICENSE.swagger-ui.txt").status_code == 404


def test_every_route_can_be_tried_with_a_token(document: dict[str, Any]) -> None:
    assert document["servers"] == [{"url": "."}]
    assert set(document["components"]["securitySchemes"]) == {"token", "x-access-token"}
    for path, routes in document["paths"].items():
        for method, route in routes.items():
            assert route["summary"], (method, path)
            assert ("security" in route) == (path not in {"/healthz", "/readyz"})
            assert "422" not in route["responses"]
            assert "$ref" not in str(route), "a reference that leads nowhere"


def test_the_document_knows_every_must_of_the_wire(document: dict[str, Any]) -> None:
    known = {(method, path) for path, routes in document["paths"].items() for method in routes}
    one = {"voices": "voice_uuid", "projects": "project_uuid"}
    for noun, uuid in one.items():
        for method in ("get", "post"):
            assert (method, f"/api/v2/{noun}") in known
        for method in ("get", "put", "patch", "delete"):
            assert (method, f"/api/v2/{noun}/{{{uuid}}}") in known
    assert ("post", "/api/v2/voices/{voice_uuid}/build") in known
    assert ("post", "/synthesize") in known
    assert ("post", "/stream") in known


def test_the_examples_work(
    document: dict[str, Any], server: Server, client: httpx.Client, own_speaker: str
) -> None:
    """Each example body is sent as it stands; only uuids are those of this server."""
    project = client.post("/api/v2/projects", json={"name": "x"}).json()["item"]["uuid"]
    take = {"data": {"name": "take"}, "files": {"file": humming(1)}}
    recording = client.post(f"/api/v2/voices/{own_speaker}/recordings", **take).json()["item"]["uuid"]
    body = {"voice_uuid": own_speaker, "body": "hello"}
    clip = client.post(f"/api/v2/projects/{project}/clips", json=body).json()["item"]["uuid"]
    uuids = {
        "voice_uuid": own_speaker,
        "project_uuid": project,
        "recording_uuid": recording,
        "clip_uuid": clip,
    }
    tried = 0
    for path, routes in document["paths"].items():
        for method, route in routes.items():
            content = route.get("requestBody", {}).get("content", {}).get("application/json")
            if content is None:
                continue
            example = content["example"]
            for name in {"voice_uuid", "voice"} & example.keys():
                example = example | {name: own_speaker}
            if path.endswith("/consent/decision"):
                with server.client(server.others["reviewer"]) as reviewer:
                    to_decide = path.format(voice_uuid=_with_a_checked_consent(client))
                    answer = reviewer.request(method, to_decide, json=example)
            else:
                answer = client.request(method, path.format(**uuids), json=example)
            assert answer.status_code == 200, (method, path, answer.text)
            tried += 1
    assert tried >= 12


def _with_a_checked_consent(client: httpx.Client) -> str:
    consent = base64.b64encode(saying()).decode()
    voice = client.post("/api/v2/voices", json={"name": "said", "consent": consent}).json()["item"]["uuid"]
    deadline = time.monotonic() + 60
    while client.get(f"/api/v2/voices/{voice}").json()["item"]["consent_status"] == "checking":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return str(voice)


def test_the_answers_are_shaped_as_their_examples(
    document: dict[str, Any], client: httpx.Client, speaker: str
) -> None:
    for path in ("/api/v2/voices", "/api/v2/projects"):
        example = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["example"]
        answer = client.get(path).json()
        assert answer.keys() == example.keys()
        for item in answer["items"]:
            assert item.keys() == example["items"][0].keys()


def test_a_wrong_method_is_told_the_right_ones(client: httpx.Client) -> None:
    answer = client.patch("/api/v2/voices", json={})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
