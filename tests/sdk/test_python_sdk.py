"""The official Python SDK, unmodified, drives a real server through all it can do with a voice."""

import base64
import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import soundfile
from resemble import Resemble

from serving import Callbacks, Server, anyone, humming

TEXT = "The kettle is on. The bread is still warm."


@pytest.fixture
def sdk(server: Server) -> Iterator[Any]:
    Resemble.api_key(server.token)
    Resemble.base_url(f"{server.url}/api/")
    Resemble.syn_server_url(f"{server.url}/syn/")
    Resemble.direct_syn_server_url(f"{server.url}/synthesize")
    yield Resemble.v2
    Resemble.api_key(None)


@pytest.fixture(scope="module")
def voice(server: Server) -> str:
    """The uuid of a voice that speaks, made with the SDK."""
    Resemble.api_key(server.token)
    Resemble.base_url(f"{server.url}/api/")
    uuid: str = Resemble.v2.voices.create("Ada", None, voice_type="rapid")["item"]["uuid"]
    for n in range(3):
        made = Resemble.v2.recordings.create(
            uuid, io.BytesIO(humming()), f"take {n}", "la la", True, "neutral"
        )
        assert made["success"], made
    assert Resemble.v2.voices.build(uuid)["success"] is True
    deadline = time.monotonic() + 60
    while Resemble.v2.voices.get(uuid)["item"]["status"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert Resemble.v2.voices.get(uuid)["item"]["status"] == "finished"
    return uuid


def test_voices_with_a_consent_that_is_no_wav_exist_and_can_be_used(sdk: Any) -> None:
    refused = sdk.voices.create("Eve", "bad")
    assert refused["success"] is False
    assert "base64" in refused["message"]
    uuid = refused["item"]["uuid"]
    assert sdk.voices.update(uuid, "Eva")["item"]["name"] == "Eva"
    assert sdk.voices.get(uuid)["item"]["voice_type"] == "professional"
    made = sdk.recordings.create(uuid, humming(1), "take", "transcription", True, "neutral")
    assert made["success"] is True, made
    deleted = sdk.voices.delete(uuid)
    assert deleted["success"] is True
    assert "deleted" in deleted["message"]
    assert sdk.voices.get(uuid)["success"] is False


def test_voices_with_a_wav_as_consent(sdk: Any) -> None:
    made = sdk.voices.create(
        "Eve", base64.b64encode(humming(2)).decode(), callback_uri="http://127.0.0.1:9/x"
    )
    assert made["success"] is True, made
    listed = sdk.voices.all(1, 10, sample_url=True, filters=True)
    assert listed["items"][0]["uuid"] == made["item"]["uuid"]
    assert {"sample_url", "filters"} <= listed["items"][0].keys()
    assert (listed["page"], listed["page_size"]) == (1, 10)
    assert listed["num_pages"] >= 1
    sdk.voices.delete(made["item"]["uuid"])


def test_recordings(sdk: Any) -> None:
    voice = sdk.voices.create("Eve", None)["item"]["uuid"]
    made = sdk.recordings.create(voice, humming(2), "take", "héllo", True, "happy", fill=True)["item"]
    assert (made["name"], made["text"], made["emotion"], made["fill"]) == ("take", "héllo", "happy", True)
    again = sdk.recordings.update(voice, made["uuid"], "taken", "words", False, "sad")["item"]
    assert (again["name"], again["is_active"], again["fill"]) == ("taken", False, False)
    assert sdk.recordings.get(voice, made["uuid"])["item"] | {"audio_src": ""} == again | {"audio_src": ""}
    assert [item["uuid"] for item in sdk.recordings.all(voice, 1, 10)["items"]] == [made["uuid"]]
    assert requests.get(made["audio_src"], timeout=10).content[:4] == b"fLaC"
    assert sdk.recordings.delete(voice, made["uuid"])["success"] is True
    sdk.voices.delete(voice)


def test_projects(sdk: Any) -> None:
    made = sdk.projects.create("Bread", "All about it")["item"]
    assert (made["is_collaborative"], made["is_archived"]) == (False, False)
    changed = sdk.projects.update(made["uuid"], "Cake", "All about that", is_archived=True)["item"]
    assert (changed["name"], changed["is_archived"]) == ("Cake", True)
    assert sdk.projects.get(made["uuid"])["item"] == changed
    assert made["uuid"] in [item["uuid"] for item in sdk.projects.all(1, 1000)["items"]]
    assert sdk.projects.delete(made["uuid"])["success"] is True


def test_clips(sdk: Any, voice: str, told: Callbacks) -> None:
    project = sdk.projects.create("Bread", "")["item"]["uuid"]
    now = sdk.clips.create_sync(
        project,
        voice,
        TEXT,
        title="Kettle",
        sample_rate=44_100,
        precision="PCM_16",
        include_timestamps=True,
        raw=True,
    )["item"]
    content = requests.get(now["audio_src"], timeout=10).content
    assert soundfile.info(io.BytesIO(content)).samplerate == 44_100
    assert base64.b64decode(now["raw_audio"]) == content
    times = now["timestamps"]
    assert "".join(times["graph_chars"]) == TEXT
    assert len(times["phon_chars"]) == len(times["phon_times"]) > 20
    assert now["duration"] - 0.5 < times["graph_times"][-1][1] <= now["duration"]

    later = sdk.clips.create_async(project, voice, told.url, TEXT, title="Later", output_format="mp3")["item"]
    assert "audio_src" not in later
    assert requests.get(told.about(later["uuid"])["url"], timeout=10).headers["content-type"] == "audio/mpeg"

    changed = sdk.clips.update_async(project, now["uuid"], voice, told.url, "Something else.", title="Else")[
        "item"
    ]
    assert (changed["uuid"], changed["body"], changed["title"]) == (now["uuid"], "Something else.", "Else")
    assert told.about(now["uuid"])["issues"] == []
    assert sdk.clips.get(project, now["uuid"])["item"]["sample_rate"] == 44_100
    listed = sdk.clips.all(project, 1, 10)["items"]
    assert {item["uuid"] for item in listed} == {now["uuid"], later["uuid"]}
    assert sdk.clips.delete(project, now["uuid"])["success"] is True
    assert sdk.projects.delete(project)["success"] is True


def test_batches(sdk: Any, voice: str, told: Callbacks) -> None:
    project = sdk.projects.create("Bread", "")["item"]["uuid"]
    made = sdk.batches.create(project, voice, ["One.", "Two."], callback_uri=told.url, output_format="mp3")
    batch = made["item"]
    assert batch["body"] == [["", "One."], ["", "Two."]]
    assert batch["total_count"] == 2
    callback = told.about(batch["uuid"], key="uuid")
    assert [clip["body"] for clip in callback["clips"]] == ["One.", "Two."]
    for clip in callback["clips"]:
        assert requests.get(clip["audio_src"], timeout=10).headers["content-type"] == "audio/mpeg"
    assert sdk.batches.get(project, batch["uuid"])["item"]["completed_count"] == 2
    assert [item["uuid"] for item in sdk.batches.all(project, 1, 10)["items"]] == [batch["uuid"]]
    assert sdk.batches.delete(project, batch["uuid"])["success"] is True
    assert len(sdk.clips.all(project, 1, 10)["items"]) == 2
    assert sdk.projects.delete(project)["success"] is True


def test_phonemes_and_term_substitutions(sdk: Any) -> None:
    phoneme = sdk.phonemes.create("pressure", "ˈprɛʃər")["item"]
    assert (phoneme["word"], phoneme["alphabet"]) == ("pressure", "ipa")
    assert phoneme["phonetic_transcription"] == "ˈprɛʃər"
    assert phoneme in sdk.phonemes.all(1, 100)["items"]
    assert sdk.phonemes.delete(phoneme["uuid"])["success"] is True
    term = sdk.term_substitutions.create("Vodaphone", "vohda phone")["item"]
    assert (term["original_text"], term["replacement_text"]) == ("Vodaphone", "vohda phone")
    assert term in sdk.term_substitutions.all(1, 100)["items"]
    assert sdk.term_substitutions.delete(term["uuid"])["success"] is True
    assert sdk.term_substitutions.delete(term["uuid"])["success"] is False


def test_direct_synthesis(sdk: Any, voice: str) -> None:
    said = sdk.clips.create_direct(None, voice, TEXT, title="x", precision="PCM_16", sample_rate=48_000)
    assert said["success"] is True
    sound = soundfile.info(io.BytesIO(base64.b64decode(said["audio_content"])))
    assert sound.duration == pytest.approx(said["duration"], abs=0.01)
    assert said["issues"] == []


def test_streaming(sdk: Any, voice: str) -> None:
    samples = b"".join(bytes(piece) for piece in sdk.clips.stream(None, voice, TEXT, sample_rate=22_050))
    whole = b"".join(bytes(piece) for piece in sdk.clips.stream(None, voice, TEXT, ignore_wav_header=False))
    # The decoder cuts off 44 bytes: no sample lost, none gained.
    assert whole[:4] + whole[36:40] == b"RIFFdata"
    assert whole[44:] == samples
    assert len(samples) > 22_050 * 2


def test_a_wrong_key_is_told_so(sdk: Any, server: Server) -> None:
    Resemble.api_key("wrong")
    assert sdk.voices.all(1)["success"] is False
    with pytest.raises(requests.HTTPError, match="401"):
        list(sdk.clips.stream("p", "v", "x"))
    assert anyone.get(f"{server.url}/api/v2/voices").status_code == 401


def test_what_is_not_offered_yet_is_said_in_the_envelope(sdk: Any) -> None:
    for refused in (
        sdk.edits.all(1),
        sdk.edits.create("a", "b", "v", io.BytesIO(b"x")),
        sdk.deepfake_detection.secure_upload(io.BytesIO(b"x")),
    ):
        assert refused["success"] is False
        assert "does not offer" in refused["message"]
