"""Datasets by their address, over HTTP, as a person sends them."""

import time
from typing import Any

import httpx

from datasets import clipped, file_server, hum, silence, zipped
from serving import Callbacks, Server, anyone, humming


def over(client: httpx.Client, uuid: str) -> dict[str, Any]:
    """The voice when its run has ended."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        voice = client.get(f"/api/v2/voices/{uuid}").json()["item"]
        if voice["status"] != "running":
            return dict(voice)
        time.sleep(0.1)
    raise AssertionError("the run did not end")


def test_a_professional_dataset_and_what_is_wrong_with_it(server: Server, told: Callbacks) -> None:
    with server.client() as ada, file_server() as files:
        # Ada packs her recordings; a friend's, a silent one and one that is far too loud are among them.
        entries: dict[str, bytes | str] = {f"take {n}.wav": hum(4.0, 150 + n / 4) for n in range(6)}
        entries |= {"friend.wav": hum(4.0, 260.0), "nothing.wav": silence(), "loud.wav": clipped()}
        url = files.put("dataset.zip", zipped(entries))

        # She names the address, and nothing else has to be asked for.
        asked = {"name": "Ada", "voice_type": "professional", "dataset_url": url, "callback_uri": told.url}
        voice = ada.post("/api/v2/voices", json=asked).json()["item"]
        assert (voice["status"], voice["dataset_url"]) == ("running", url)

        ended = over(ada, voice["uuid"])
        assert (ended["status"], ended["dataset_analysis_failure"]) == ("dataset_issue", True)

        # Her callback names the three, and only those; so does the report.
        body = told.about(voice["uuid"])
        assert (body["ok"], body["status"], body["issue"]) == (False, "dataset_issue", ended["issue"])
        assert {entry["name"] for entry in body["recordings"]} == {"friend", "nothing", "loud"}
        report = ada.get(f"/api/v2/voices/{voice['uuid']}/analysis").json()["item"]
        assert report["rejected"] == body["recordings"]
        assert report["dataset_form"] == "F"

        # Every recording can be read and heard; she may not take the friend in again.
        recordings = ada.get(f"/api/v2/voices/{voice['uuid']}/recordings?page_size=50").json()["items"]
        assert {entry["name"] + ".wav" for entry in recordings} == set(entries)
        named = {entry["name"]: entry for entry in recordings}
        assert anyone.get(named["take 0"]["audio_src"]).content.startswith(b"fLaC")
        assert named["take 0"]["text"].startswith("la la")
        assert named["friend"]["metrics"]["is_outlier"]
        friend = f"/api/v2/voices/{voice['uuid']}/recordings/{named['friend']['uuid']}"
        refused = ada.patch(friend, json={"is_active": True})
        assert refused.status_code == 409
        assert refused.json()["errors"] == {"is_active": ["the recording is an outlier"]}


def test_a_rapid_voice_from_one_wav(server: Server) -> None:
    with server.client() as ada, file_server() as files:
        url = files.put("me.wav", humming(12.0))
        asked = {"name": "Ada", "voice_type": "rapid", "dataset_url": url}
        voice = ada.post("/api/v2/voices", json=asked).json()["item"]
        assert voice["status"] == "initializing"
        assert ada.post(f"/api/v2/voices/{voice['uuid']}/build", json={}).json()["success"]
        assert over(ada, voice["uuid"])["status"] == "finished"
        said = {"voice_uuid": voice["uuid"], "data": "It is me."}
        assert ada.post("/synthesize", json=said).json()["success"]
