"""The main job, over HTTP, as a person does it: the fourth minute of a newcomer."""

import io
import time
from typing import Any

import httpx
import pytest
import soundfile

from serving import Callbacks, Server, anyone, humming


def wait_until_finished(client: httpx.Client, voice_uuid: str) -> dict[str, Any]:
    """Read the voice until its build has ended, and watch the progress on the way."""
    progress, deadline = 0.0, time.monotonic() + 60
    while time.monotonic() < deadline:
        voice = client.get(f"/api/v2/voices/{voice_uuid}").json()["item"]
        if voice["status"] != "running":
            return dict(voice)
        assert voice["progress"] >= progress
        progress = voice["progress"]
        time.sleep(0.1)
    raise AssertionError("the build did not end")


def test_from_a_request_to_a_speaking_voice(server: Server, told: Callbacks) -> None:
    with server.client() as ada:
        # Ada asks for a voice. It exists at once, empty, and waits for recordings.
        asked = {"name": "Ada", "voice_type": "rapid", "callback_uri": told.url}
        voice = ada.post("/api/v2/voices", json=asked).json()["item"]
        assert voice["status"] == "initializing"

        # She uploads three recordings of herself.
        for n in range(3):
            uploaded = ada.post(
                f"/api/v2/voices/{voice['uuid']}/recordings",
                data={"name": f"take {n}", "text": "la la la", "emotion": "neutral", "is_active": "true"},
                files={"file": (f"take-{n}.wav", humming(pitch_hz=150 + n))},
            ).json()
            assert uploaded["success"], uploaded
            assert uploaded["item"]["duration"] == pytest.approx(5.0)

        # She asks for the build, twice, for she is impatient: it is the same build.
        for _ in range(2):
            built = ada.post(f"/api/v2/voices/{voice['uuid']}/build", json={"fill": False}).json()
            assert built["success"], built
            assert "item" not in built

        # The voice becomes finished, and her callback is told so.
        finished = wait_until_finished(ada, voice["uuid"])
        assert finished["status"] == "finished", finished
        assert told.about(voice["uuid"]) == {
            "id": voice["uuid"],
            "ok": True,
            "status": "finished",
            "issue": None,
            "recordings": [],
        }

        # There is a preview, for whoever asks for its link.
        preview = ada.get(f"/api/v2/voices/{voice['uuid']}?sample_url=True").json()["item"]["sample_url"]
        assert anyone.get(preview).content[:4] == b"RIFF"

        # The voice says a sentence into a project.
        project = ada.post("/api/v2/projects", json={"name": "Bread"}).json()["item"]
        clips = f"/api/v2/projects/{project['uuid']}/clips"
        clip = ada.post(clips, json={"voice_uuid": voice["uuid"], "body": "The kettle is on."}).json()["item"]
        sound, rate_hz = soundfile.read(io.BytesIO(anyone.get(clip["audio_src"]).content))
        assert rate_hz == 22_050
        assert len(sound) / rate_hz == pytest.approx(clip["duration"], abs=0.01)

        # Another clip can wait: its link is told when it is there.
        later = {"voice_uuid": voice["uuid"], "body": "And the bread is warm.", "callback_uri": told.url}
        ordered = ada.post(clips, json=later).json()["item"]
        assert "audio_src" not in ordered
        tidings = told.about(ordered["uuid"])
        assert tidings["project_id"] == project["uuid"]
        assert tidings["issues"] == []
        assert anyone.get(tidings["url"]).content[:4] == b"RIFF"

        # Live speech arrives while it is being spoken.
        line = {"voice_uuid": voice["uuid"], "data": "One sentence. And another one.", "precision": "PCM_16"}
        with ada.stream("POST", "/stream", json=line) as live:
            pieces = list(live.iter_raw())
        assert live.status_code == 200
        assert pieces[0][:4] == b"RIFF"
        assert len(pieces[0]) > 44
        assert len(pieces) > 1

        # She deletes the voice; what it said stays.
        assert ada.delete(f"/api/v2/voices/{voice['uuid']}").json()["success"]
        assert ada.get(f"/api/v2/voices/{voice['uuid']}").status_code == 404
        assert ada.get(f"{clips}/{clip['uuid']}").json()["item"]["voice_name"] == "Ada"
        assert ada.delete(f"/api/v2/projects/{project['uuid']}").json() == {"success": True}
