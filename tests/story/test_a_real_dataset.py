"""A professional dataset with the real models: the official SDK names an address, the verdict names who does not belong.

Human speech is used where SAYSO_SPEECH_DATA has it; else synthetic readers stand in.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from resemble import Resemble

import real_speech
from datasets import file_server, zipped
from sayso.audio.codec import encode
from sayso.audio.waveform import Waveform
from serving import callbacks, running

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


def test_exactly_the_stranger_the_silent_and_the_clipped_one_are_named(
    models_dir: Path, people: tuple[list[tuple[Waveform, str]], Waveform], tmp_path: Path
) -> None:
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
    settings = {"SAYSO_ENGINE": "kokoro", "SAYSO_MODELS_DIR": str(models_dir), "SAYSO_THREADS": "2"}
    with (
        running(tmp_path, **settings) as server,
        callbacks() as told,
        file_server() as files,
        server.client() as client,
    ):
        Resemble.api_key(server.token)
        Resemble.base_url(f"{server.url}/api/")
        try:
            voice = Resemble.v2.voices.create(
                "Real", None, dataset_url=files.put("set.zip", zipped(entries)), callback_uri=told.url
            )["item"]["uuid"]
            ended = _over(Resemble.v2.voices, voice)
            listed = Resemble.v2.recordings.all(voice, 1, 100)["items"]
        finally:
            Resemble.api_key(None)
        analysis = client.get(f"/api/v2/voices/{voice}/analysis").json()["item"]
        body = told.about(voice)

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


def _over(voices: Any, uuid: str) -> dict[str, Any]:
    deadline = time.monotonic() + 600
    while (voice := voices.get(uuid)["item"])["status"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return dict(voice)
