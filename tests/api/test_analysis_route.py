"""The analysis of a voice's recordings, for programs and for people."""

import httpx
import pytest

from pages import Read
from serving import Server, anyone


def test_the_report_has_every_recording_with_its_scores(client: httpx.Client, speaker: str) -> None:
    answer = client.get(f"/api/v2/voices/{speaker}/analysis").json()
    assert answer["success"]
    item = answer["item"]
    assert (item["voice_uuid"], item["outcome"], item["issue"]) == (speaker, "accepted", None)
    assert item["rejected"] == []
    assert item["totals"]["recordings"] == 3
    first = item["recordings"][0]
    assert first["analysis"]["class"] == "good"
    assert anyone.get(first["audio_src"]).content.startswith(b"fLaC")


def test_recordings_carry_their_metrics(client: httpx.Client, speaker: str) -> None:
    recording = client.get(f"/api/v2/voices/{speaker}/recordings").json()["items"][0]
    metrics = recording["metrics"]
    scores = ("stoi_score", "pesq_score", "si_dr_score", "resemble_sample_score", "signal_to_noise_ratio")
    assert all(isinstance(metrics[name], float) for name in scores)
    assert metrics["loudness_grade"] == "good"
    assert [metrics[name] for name in ("is_active", "is_outlier", "is_silent")] == [True, False, False]
    assert recording["analysis"]["reasons"] == []


def test_before_the_first_analysis_there_is_none(client: httpx.Client) -> None:
    voice = client.post("/api/v2/voices", json={"name": "Empty"}).json()["item"]["uuid"]
    answer = client.get(f"/api/v2/voices/{voice}/analysis")
    assert answer.status_code == 404
    assert "not been analysed" in answer.json()["message"]


def test_people_get_a_page(server: Server, client: httpx.Client, speaker: str) -> None:
    path = f"/api/v2/voices/{speaker}/analysis"
    by_query = client.get(path, params={"format": "html"})
    by_header = client.get(path, headers={"accept": "text/html,application/xhtml+xml"})
    for page in (by_query, by_header):
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "private, no-store"
        assert page.text == by_query.text
        assert "<script" not in page.text
    assert client.get(path, params={"format": "html"}, headers={"accept": "*/*"}).text.startswith("<!doctype")
    assert client.get(path, params={"format": "json"}, headers={"accept": "text/html"}).json()["success"]
    assert client.get(path, params={"format": "pdf"}).status_code == 400
    assert client.get(path, params={"format": "html", "sound": "loud"}).status_code == 400


def test_the_page_needs_nothing_else_unless_links_are_asked_for(client: httpx.Client, speaker: str) -> None:
    path = f"/api/v2/voices/{speaker}/analysis"
    kept = client.get(path, params={"format": "html"}).text
    assert client.get(path, params={"format": "html", "sound": "inside"}).text == kept
    assert all(address.startswith(("data:", "#")) for address in Read(kept).addresses)
    # As they were uploaded: humming of five seconds.
    assert Read(kept).sounds == [(pytest.approx(5.0, abs=0.1), 24_000)] * 3
    linked = client.get(path, params={"format": "html", "sound": "linked"}).text
    addresses = Read(linked).addresses
    assert len(addresses) == 3
    assert all(anyone.get(address).content.startswith(b"fLaC") for address in addresses)


def test_nobody_sees_anothers(server: Server, speaker: str) -> None:
    with server.client(server.others["stranger"]) as stranger:
        for query in ("", "?format=html"):
            assert stranger.get(f"/api/v2/voices/{speaker}/analysis{query}").status_code == 404
    assert anyone.get(f"{server.url}/api/v2/voices/{speaker}/analysis").status_code == 401
