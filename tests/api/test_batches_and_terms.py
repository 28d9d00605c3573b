"""Batches, term substitutions, phonemes and the account, where the SDKs do not go."""

import time
from typing import Any

import httpx
import pytest

from serving import Callbacks, Server


@pytest.fixture
def project(client: httpx.Client) -> str:
    return str(client.post("/api/v2/projects", json={"name": "batches"}).json()["item"]["uuid"])


def test_pairs_become_clips_with_titles(client: httpx.Client, speaker: str, project: str) -> None:
    body = {"voice_uuid": speaker, "body": [["First", "One."], [None, "Two."]], "output_format": "flac"}
    made = client.post(f"/api/v2/projects/{project}/batch", json=body).json()["item"]
    assert made["body"] == [["First", "One."], ["", "Two."]]
    assert (made["output_format"], made["precision"]) == ("flac", "PCM_24")
    deadline = time.monotonic() + 30
    while (item := client.get(f"/api/v2/projects/{project}/batch/{made['uuid']}").json()["item"])[
        "completed_count"
    ] < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert item["failed_count"] == 0
    clips = client.get(f"/api/v2/projects/{project}/clips").json()["items"]
    assert [(clip["title"], clip["body"]) for clip in clips] == [(None, "Two."), ("First", "One.")]
    assert client.delete(f"/api/v2/projects/{project}").json()["success"] is True


def test_a_batch_ends_when_its_last_waiting_clip_is_deleted(
    client: httpx.Client, speaker: str, project: str, told: Callbacks
) -> None:
    body = {"voice_uuid": speaker, "body": ["Word. " * 300] * 6, "callback_uri": told.url}
    made = client.post(f"/api/v2/projects/{project}/batch", json=body).json()["item"]
    for clip in client.get(f"/api/v2/projects/{project}/clips").json()["items"]:
        client.delete(f"/api/v2/projects/{project}/clips/{clip['uuid']}").raise_for_status()
    assert told.about(made["uuid"], key="uuid")["total_count"] == 6


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 400),
        ("text", 400),
        ([["a", "b", "c"]], 400),
        ([7], 400),
        (["fine", "…"], 400),
        (["x" * 3_001], 413),
        (["word"] * 1_001, 413),
    ],
)
def test_a_batch_is_refused_whole(
    client: httpx.Client, speaker: str, project: str, body: Any, status: int
) -> None:
    answer = client.post(f"/api/v2/projects/{project}/batch", json={"voice_uuid": speaker, "body": body})
    assert answer.status_code == status, answer.text
    assert "body" in answer.json()["errors"]
    assert client.get(f"/api/v2/projects/{project}/clips").json()["items"] == []


def test_terms_belong_to_their_account_and_kind(server: Server, client: httpx.Client) -> None:
    term = {"original_text": "SQL", "replacement_text": "sequel"}
    made = client.post("/api/v2/term_substitutions", json=term).json()["item"]
    assert client.get(f"/api/v2/term_substitutions/{made['uuid']}").json()["item"] == made
    assert client.get(f"/api/v2/phonemes/{made['uuid']}").status_code == 404
    with server.client(server.others["stranger"]) as stranger:
        assert stranger.get(f"/api/v2/term_substitutions/{made['uuid']}").status_code == 404
        assert stranger.delete(f"/api/v2/term_substitutions/{made['uuid']}").status_code == 404
    assert client.delete(f"/api/v2/term_substitutions/{made['uuid']}").json() == {"success": True}
    for wrong in ({}, {**term, "original_text": "…"}, {**term, "replacement_text": "x" * 257}):
        assert client.post("/api/v2/term_substitutions", json=wrong).status_code in (400, 413)


def test_terms_count_where_they_are_asked_for(
    client: httpx.Client, speaker: str, project: str, told: Callbacks
) -> None:
    made = []
    for path, body in (
        ("term_substitutions", {"original_text": "zbq", "replacement_text": "a very long thing indeed"}),
        ("phonemes", {"word": "qbz", "phonetic_transcription": "ˈprɛʃərˈprɛʃərˈprɛʃər"}),
    ):
        answer = client.post(f"/api/v2/{path}", json=body)
        made.append(f"/api/v2/{path}/{answer.json()['item']['uuid']}")
    said = {"voice_uuid": speaker, "data": "It is zbq and QBZ."}
    plain = client.post("/synthesize", json=said).json()
    own = client.post("/synthesize", json={**said, "apply_custom_pronunciations": True}).json()
    assert own["duration"] > plain["duration"] + 0.5
    assert "".join(own["audio_timestamps"]["graph_chars"]) == said["data"]
    clips = f"/api/v2/projects/{project}/clips"
    clip = {"voice_uuid": speaker, "body": said["data"], "suggestions": True}
    now = client.post(clips, json=clip).json()["item"]
    assert now["duration"] == pytest.approx(own["duration"], abs=0.01)
    later = client.post(clips, json={**clip, "callback_uri": told.url}).json()["item"]["uuid"]
    told.about(later)
    assert client.get(f"{clips}/{later}").json()["item"]["duration"] == now["duration"]
    for path in made:
        client.delete(path).raise_for_status()
    wrong = client.post("/api/v2/phonemes", json={"word": "x", "phonetic_transcription": "你"})
    assert wrong.status_code == 400
    assert "IPA" in wrong.json()["message"]


def test_the_account_is_the_tokens(server: Server) -> None:
    with server.client(server.others["stranger"]) as stranger:
        item = stranger.get("/api/v2/account").json()["item"]
        assert (item["first_name"], item["teams"]) == ("stranger", 1)
        team = stranger.get("/api/v2/account/teams").json()["items"][0]
        assert stranger.get(f"/api/v2/account/teams/{team['uuid']}").json()["item"] == team
        assert stranger.get("/api/v2/account/teams/00000000").status_code == 404
        usage = stranger.get("/api/v2/account/billing_usage?start_date=2020-01-01&end_date=2020-01-02").json()
        assert usage["item"] == {"detect": "0", "synth": "0.000"}
        assert stranger.get("/api/v2/account/billing_usage?start_date=soon").status_code == 400
