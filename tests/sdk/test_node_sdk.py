"""The official Node SDK, unmodified, drives a real server through all it can do with a voice."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import node_sdk
from serving import Server, humming

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def node_modules() -> Path:
    return node_sdk.modules()


@pytest.fixture(scope="module")
def got(node_modules: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the SDK got from the server."""
    from serving import callbacks

    speech = tmp_path_factory.mktemp("speech")
    for n, name in enumerate(("a.wav", "b.wav", "c.wav")):
        # More than a mebibyte, for there frameworks change their minds about what a part is.
        (speech / name).write_bytes(humming(12, 140 + n, rate_hz=48_000))
    with callbacks() as told:
        command = [
            "node",
            str(Path(__file__).with_name("drive.cjs")),
            server.url,
            server.token,
            str(speech),
            told.url,
        ]
        environment = {**os.environ, "NODE_PATH": str(node_modules)}
        run = subprocess.run(command, capture_output=True, text=True, timeout=180, env=environment)
        assert run.returncode == 0, run.stderr + server.log.read_text()[-3000:]
        answers: dict[str, Any] = json.loads(run.stdout)
        answers["told voice"] = told.about(answers["voice"])
        answers["told clip"] = told.about(answers["later"])
    return answers


def test_what_we_offer_of_its_parts_is_driven(got: dict[str, Any]) -> None:
    """A new part, such as an account, is to be driven, too; edits and detection are not offered."""
    driven = {"batch", "clips", "phonemes", "projects", "recordings", "termSubstitutions", "voices"}
    assert set(got["parts"]) == driven | {"detection", "edits"}


def test_a_refused_consent_still_has_its_item(got: dict[str, Any]) -> None:
    assert got["bad"]["success"] is False
    assert len(got["bad"]["uuid"]) == 8
    assert got["deletedVoice"]["success"] is True


def test_recordings_arrive_from_streams_and_from_buffers(got: dict[str, Any]) -> None:
    assert got["recordings"] == 3
    assert got["recording"]["name"] == "c"
    assert got["read"] == got["recording"]
    assert got["recording"]["duration"] == 12.0
    assert got["deletedRecording"] == {"success": True}


def test_the_voice_is_built_and_both_callbacks_come(got: dict[str, Any]) -> None:
    assert got["built"]["success"] is True
    assert got["status"] == "finished"
    assert got["listed"] is True
    assert got["told voice"]["ok"] is True
    assert got["told clip"]["url"].startswith("http://127.0.0.1")


def test_clips_and_projects(got: dict[str, Any]) -> None:
    assert got["project"]["name"] == "Cake"
    assert got["audio"] > 44
    assert got["clips"] == 2
    assert got["direct"]["success"] is True
    assert got["direct"]["issues"] == []
    assert got["direct"]["bytes"] > 44
    assert got["deletedClip"] == got["deletedProject"] == {"success": True}


def test_batches_phonemes_and_terms(got: dict[str, Any]) -> None:
    assert [len(pair) for pair in got["batch"]["body"]] == [2, 2]
    assert got["batches"] == 1
    assert got["phoneme"]["alphabet"] == "ipa"
    assert got["phonemes"] == got["terms"] == [True]
    assert got["term"]["replacement_text"] == "vohda phone"
    for deleted in ("deletedBatch", "deletedPhoneme", "deletedTerm"):
        assert got[deleted] == {"success": True}


def test_a_stream_loses_no_sound_in_any_mode_of_the_decoder(got: dict[str, Any]) -> None:
    assert got["plain"]["head"] == "RIFF"
    sound = got["plain"]["bytes"] - 44
    assert sound > 40_000
    # The SDK drops 36 bytes for a header of 44; with time stamps it finds the end of them by itself.
    assert got["headless"]["bytes"] == sound + 8
    assert got["timed"]["bytes"] == sound + 8
    assert got["timedPlain"]["bytes"] == sound + 44
    for mode in ("timed", "timedPlain"):
        times = got[mode]["timestamps"]
        assert "".join(times["graph_chars"]) == "The kettle is on. The bread is still warm."
        assert -0.5 < times["graph_times"][-1][1] - sound / 2 / 22_050 <= 0.001
        assert len(times["phon_chars"]) == len(times["phon_times"]) > 20


def test_a_refused_stream_says_why(got: dict[str, Any]) -> None:
    assert "voice" in got["unknownVoice"]
