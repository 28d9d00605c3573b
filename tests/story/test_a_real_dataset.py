"""A professional dataset with the real models: a client names an address, the verdict names who does not belong.

Human speech is used where SAYSO_SPEECH_DATA has it; else synthetic readers stand in.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from resemble import Resemble

import node_sdk
import real_speech
from datasets import file_server, zipped
from sayso.audio.codec import encode
from sayso.audio.waveform import Waveform
from serving import Server, callbacks, running

pytestmark = pytest.mark.real

READ = (
    "The train to the coast leaves from the second platform this morning.",
    "Nobody had seen the old map since the library moved to its new building.",
    "If it rains again tomorrow, we shall stay at home and bake some bread.",
    "The second letter arrived late in the evening, when all the lamps were out.",
    "Seven people waited at the gate, and none of them had brought a key.",
    "She told the story twice, and both times the end was different.",
)
STRANGER, SILENT, CLIPPED = "a friend", "nothing", "far too loud"


@pytest.fixture(scope="module")
def models_dir() -> Path:
    return real_speech.models_dir()


@pytest.fixture(scope="module")
def people(models_dir: Path) -> tuple[list[tuple[Waveform, str]], Waveform]:
    """Recordings of one person with their texts, and one of another."""
    try:
        said = real_speech.utterances()
    except pytest.skip.Exception:
        from sayso.engines.kokoro.engine import KokoroEngine

        engine = KokoroEngine(models_dir, 2)
        one, other = (
            [
                Waveform(np.concatenate([piece.wave.samples for piece in reader.speak(text)]), reader.rate_hz)
                for text in texts
            ]
            for reader, texts in ((engine.reader("am_michael"), READ), (engine.reader("bm_george"), READ[:1]))
        )
        return list(zip(one, READ, strict=True)), other[0]
    mine = [(one.wave(), one.text) for one in said if one.speaker == said[0].speaker]
    return mine, next(one.wave() for one in said if one.speaker != said[0].speaker)


Told = tuple[dict[str, Any], list[dict[str, Any]]]
"""A voice whose run has ended, and its recordings, as a client got them."""


def by_python(server: Server, dataset: str, callback: str) -> Told:
    Resemble.api_key(server.token)
    Resemble.base_url(f"{server.url}/api/")
    voices = Resemble.v2.voices
    try:
        made = voices.create("Real", None, dataset_url=dataset, callback_uri=callback)["item"]["uuid"]
        voice = over(lambda: voices.get(made)["item"])
        return voice, Resemble.v2.recordings.all(made, 1, 100)["items"]
    finally:
        Resemble.api_key(None)


def by_node(server: Server, dataset: str, callback: str) -> Told:
    environment = {**os.environ, "NODE_PATH": str(node_sdk.modules())}
    script = str(Path(__file__).with_name("dataset.cjs"))
    command = ["node", script, server.url, server.token, dataset, callback]
    done = subprocess.run(command, capture_output=True, text=True, timeout=700, env=environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return told["voice"], told["recordings"]


def by_http(server: Server, dataset: str, callback: str) -> Told:
    with server.client() as client:
        asked = {"name": "Real", "dataset_url": dataset, "callback_uri": callback}
        url = f"/api/v2/voices/{client.post('/api/v2/voices', json=asked).json()['item']['uuid']}"
        voice = over(lambda: client.get(url).json()["item"])
        return voice, client.get(f"{url}/recordings?page=1&page_size=100").json()["items"]


CLIENTS: dict[str, Callable[[Server, str, str], Told]] = {
    "python sdk": by_python,
    "node sdk": by_node,
    "plain http": by_http,
}


@pytest.fixture(scope="module")
def server(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"SAYSO_ENGINE": "kokoro", "SAYSO_MODELS_DIR": str(models_dir), "SAYSO_THREADS": "2"}
    with running(tmp_path_factory.mktemp("home"), **settings) as server:
        yield server


@pytest.fixture(scope="module")
def planted(people: tuple[list[tuple[Waveform, str]], Waveform]) -> bytes:
    """A zip of the person's recordings with texts, and three that do not belong to them."""
    mine, stranger = people
    loud = Waveform(np.clip(30.0 * mine[0][0].samples, -1.0, 1.0), mine[0][0].rate_hz)
    silence = np.random.default_rng(1).normal(0.0, 2e-4, 4 * stranger.rate_hz).astype(np.float32)
    entries: dict[str, bytes | str] = {}
    for n, (wave, text) in enumerate(mine):
        entries[f"take {n}.wav"] = encode(wave, container="wav")
        entries[f"take {n}.txt"] = text
    entries[f"{STRANGER}.wav"] = encode(stranger, container="wav")
    entries[f"{SILENT}.wav"] = encode(Waveform(silence, stranger.rate_hz), container="wav")
    entries[f"{CLIPPED}.wav"] = encode(loud, container="wav")
    return zipped(entries)


@pytest.mark.parametrize("client", CLIENTS)
def test_exactly_the_stranger_the_silent_and_the_clipped_one_are_named(
    client: str, server: Server, people: tuple[list[tuple[Waveform, str]], Waveform], planted: bytes
) -> None:
    mine, _ = people
    with callbacks() as told, file_server() as files, server.client() as ada:
        ended, listed = CLIENTS[client](server, files.put("set.zip", planted), told.url)
        analysis = ada.get(f"/api/v2/voices/{ended['uuid']}/analysis").json()["item"]
        body = told.about(ended["uuid"])

    assert ended["status"] == body["status"] == "dataset_issue"
    assert {one["name"] for one in body["recordings"]} == {STRANGER, SILENT, CLIPPED}
    assert analysis["dataset_form"] == "B"
    metrics = {one["name"]: one["metrics"] for one in listed}
    assert len(metrics) == len(mine) + 3
    assert metrics[STRANGER]["is_outlier"]
    assert metrics[SILENT]["is_silent"]
    assert not any(metrics[name]["is_active"] for name in (STRANGER, SILENT, CLIPPED))
    assert all(metrics[f"take {n}"]["is_active"] for n in range(len(mine)))
    texts = {one["name"]: one["text"] for one in listed}
    assert all(texts[f"take {n}"] == text for n, (_, text) in enumerate(mine))


def over(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    deadline = time.monotonic() + 600
    while (voice := read())["status"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return voice
