"""Frameworks for voice agents, unmodified, speak through a real server.

They bring hundreds of megabytes along, so they live in environments of their own: name the Python of one in
SAYSO_TEST_PIPECAT_PYTHON (with pipecat-ai) or SAYSO_TEST_LIVEKIT_PYTHON (with livekit-plugins-resemble).
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from serving import Server, anyone

pytestmark = pytest.mark.slow


def drive(what: str, *arguments: str) -> dict[str, Any]:
    name = f"SAYSO_TEST_{what.upper()}_PYTHON"
    python = os.environ.get(name)
    if not python:
        pytest.skip(f"{name} names no Python with {what} in it")
    script = str(Path(__file__).with_name(f"drive_{what}.py"))
    run = subprocess.run([python, script, *arguments], capture_output=True, text=True, timeout=180)
    assert run.returncode == 0, run.stderr[-3000:]
    got: dict[str, Any] = json.loads(run.stdout.strip().splitlines()[-1])
    return got


def spoken_s(server: Server, voice: str, text: str) -> float:
    headers = {"authorization": f"Bearer {server.token}"}
    body = {"voice_uuid": voice, "data": text}
    return float(anyone.post(f"{server.url}/synthesize", json=body, headers=headers).json()["duration"])


def test_pipecats_service(server: Server, agent_voice: str) -> None:
    got = drive("pipecat", server.url.replace("http", "ws") + "/stream", server.token, agent_voice)
    wanted_s = sum(spoken_s(server, agent_voice, text) for text in got["texts"])
    assert got["errors"] == []
    assert got["rates"] == [22_050]
    assert got["ends"] == 2
    assert got["audio_bytes"] / 2 / 22_050 == pytest.approx(wanted_s, abs=0.05)


def test_livekits_plugin(server: Server, agent_voice: str) -> None:
    got = drive("livekit", server.url, server.token, agent_voice)
    wanted_s = spoken_s(server, agent_voice, "".join(got["texts"]))
    assert got["whole_s"] == pytest.approx(wanted_s, abs=0.1)
    # Both requests of the stream, decoded as one MP3.
    assert got["streamed_s"] == pytest.approx(wanted_s, abs=0.4)


@pytest.fixture(scope="module")
def agent_voice(server: Server) -> str:
    from api.conftest import finished_voice

    return finished_voice(server)
