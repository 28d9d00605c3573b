"""Clips of a whole chapter: made in the background, every word once, nobody else waits; live texts keep their limit."""

import io
from itertools import cycle, islice
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from sayso.audio.waveform import Waveform
from sayso.engines.tone import ToneEar, ToneSpeaker
from serving import Callbacks

WORDS = (
    "amber", "bridge", "candle", "dust", "ember", "field", "garden", "harbor", "island", "jar", "kettle", "ladder",
)  # fmt: skip


def chapter(characters: int) -> str:
    """Sentences of eight words, of which no two neighbours are alike, in at most so many characters."""
    words = cycle(WORDS)
    sentences: list[str] = []
    while sum(map(len, sentences)) + len(sentences) < characters - 80:
        # Each sentence has its own number of words, so that one that is lost or doubled shows.
        sentences.append(" ".join(islice(words, 6 + len(sentences) % 5)).capitalize() + ".")
    return " ".join(sentences)


def order(
    client: httpx.Client, project: str, speaker: str, told: Callbacks, body: str, **more: bool
) -> httpx.Response:
    form = {"voice_uuid": speaker, "body": body, "callback_uri": told.url, "sample_rate": 24_000}
    return client.post(f"/api/v2/projects/{project}/clips", json={**form, "precision": "PCM_16", **more})


def new_project(client: httpx.Client) -> str:
    made: dict[str, Any] = client.post("/api/v2/projects", json={"name": "Chapters"}).json()
    return str(made["item"]["uuid"])


def test_every_word_of_a_chapter_is_said_once(client: httpx.Client, speaker: str, told: Callbacks) -> None:
    text = chapter(6_000)
    made = order(client, new_project(client), speaker, told, text, include_timestamps=True).json()["item"]
    news = told.about(made["uuid"], 300)
    times = news["audio_timestamps"]
    assert "".join(times["graph_chars"]) == text
    samples, rate_hz = soundfile.read(io.BytesIO(client.get(news["url"]).content), dtype="float32")
    wave = Waveform(np.asarray(samples, np.float32), rate_hz)
    # As long as what an engine says: nothing is cut, nothing comes twice.
    said_s = sum(piece.wave.duration_s for piece in ToneSpeaker(150.0).speak(text))
    assert wave.duration_s == pytest.approx(said_s, abs=0.01)
    # And at its times each sentence is heard, from the first to the last.
    at, sentences = 0, text.split(". ")
    for number, sentence in enumerate(sentences):
        start, end = at, at + len(sentence.rstrip("."))
        at += len(sentence) + 2
        if number % 17 == 0 or number == len(sentences) - 1:
            # With a little of the pause: the ear wants to know where a word ends.
            part = wave.cut(times["graph_times"][start][0], times["graph_times"][end - 1][1] + 0.1)
            assert ToneEar().hear(part).text.rstrip(".").lower() == sentence.rstrip(".").lower()


def test_a_short_clip_does_not_wait_for_a_chapter(
    client: httpx.Client, speaker: str, told: Callbacks
) -> None:
    project = new_project(client)
    long = order(client, project, speaker, told, chapter(9_000)).json()["item"]["uuid"]
    short = order(client, project, speaker, told, "A short one.").json()["item"]["uuid"]
    told.about(long, 300)
    ids = [letter[1] for letter in told.letters]
    first = next(body for body in ids if short.encode() in body or long.encode() in body)
    assert short.encode() in first


def test_limits_of_what_is_waited_for_and_what_is_not(
    client: httpx.Client, speaker: str, told: Callbacks
) -> None:
    project, text = new_project(client), chapter(3_200)
    assert len(text) > 3_000
    now = client.post(f"/api/v2/projects/{project}/clips", json={"voice_uuid": speaker, "body": text})
    assert now.status_code == 413
    assert "3000" in now.json()["message"]
    refused = order(client, project, speaker, told, chapter(50_200))
    assert refused.status_code == 413
    assert "50000" in refused.json()["message"]
    later = order(client, project, speaker, told, text).json()["item"]
    # A new order for it may be long, too.
    change = {"body": text + " " + text, "callback_uri": told.url}
    assert client.put(f"/api/v2/projects/{project}/clips/{later['uuid']}", json=change).json()["success"]
