"""The main job with the real engine: what a person said becomes a voice that can be understood.

Human speech is used where SAYSO_SPEECH_DATA has it; else a synthetic reader stands in.
"""

from __future__ import annotations

import base64
import io
import os
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

import real_speech
from golden_sound import distance_db
from sayso.audio.codec import decode, encode
from sayso.audio.level import rms_dbfs
from sayso.audio.waveform import Waveform
from sayso.engines.likeness import SpeakerEncoder
from sayso.engines.whisper import WhisperEar
from serving import running

pytestmark = pytest.mark.real

ASKED = "The kettle is on the stove, and the children are playing in the garden behind the house."
READ = (
    "The train to the coast leaves from the second platform this morning.",
    "Nobody had seen the old map since the library moved to its new building.",
    "If it rains again tomorrow, we shall stay at home and bake some bread.",
)


FORMATS = (
    ("wav", "PCM_16", 48_000),
    ("wav", "MULAW", 8_000),
    ("mp3", "PCM_16", 44_100),
    ("flac", "PCM_24", 24_000),
    ("opus", "PCM_16", 48_000),
)


@pytest.fixture(scope="module")
def models_dir() -> Path:
    return real_speech.models_dir()


@pytest.fixture(scope="module")
def recordings(models_dir: Path) -> list[bytes]:
    """Three files of one person."""
    folder = Path(os.environ.get("SAYSO_SPEECH_DATA", "nowhere")) / "rapid_libri5spk_16k" / "wavs"
    if folder.is_dir():
        return [file.read_bytes() for file in sorted(folder.glob("2033-*"))[:3]]
    from sayso.engines.kokoro.engine import KokoroEngine

    reader = KokoroEngine(models_dir, 2).reader("am_michael")
    waves = [np.concatenate([said.wave.samples for said in reader.speak(text)]) for text in READ]
    return [encode(Waveform(wave, reader.rate_hz), container="wav") for wave in waves]


def test_recordings_become_a_voice_that_is_understood_and_recognised(
    models_dir: Path, recordings: list[bytes], tmp_path: Path
) -> None:
    settings = {"SAYSO_ENGINE": "kokoro", "SAYSO_MODELS_DIR": str(models_dir), "SAYSO_THREADS": "2"}
    with running(tmp_path, **settings) as server, server.client() as person:
        voice = person.post("/api/v2/voices", json={"name": "Real", "voice_type": "rapid"}).json()["item"][
            "uuid"
        ]
        for n, content in enumerate(recordings):
            form = {"name": f"take {n}", "emotion": "neutral", "is_active": "true"}
            uploaded = person.post(
                f"/api/v2/voices/{voice}/recordings", data=form, files={"file": (f"{n}.wav", content)}
            ).json()
            assert uploaded["success"], uploaded
        assert person.post(f"/api/v2/voices/{voice}/build", json={}).json()["success"]
        stages, deadline = set(), time.monotonic() + 900
        while (now := person.get(f"/api/v2/voices/{voice}").json()["item"])["status"] == "running":
            # While two cores adapt, the server answers.
            assert time.monotonic() < deadline
            stages.add(now["stage"])
            time.sleep(0.25)
        assert now["status"] == "finished", now
        assert "adapting" in stages
        streamed = person.post(
            "/stream", json={"voice_uuid": voice, "data": ASKED, "precision": "PCM_16", "sample_rate": 24_000}
        ).content
        made = {form: _made(person, voice, *form) for form in FORMATS}

    plain = made[FORMATS[0]]
    for form, wave in made.items():
        assert wave.duration_s == pytest.approx(plain.duration_s, abs=0.06), form
        assert rms_dbfs(wave) == pytest.approx(rms_dbfs(plain), abs=0.7), form
        assert distance_db(wave, plain) < 2.5, form

    samples = np.frombuffer(streamed[44:], "<i2").astype(np.float32) / 32768
    spoken = Waveform(samples, 24_000)
    heard = WhisperEar(models_dir, 2).hear(spoken).text.lower().replace(",", "").rstrip(".").split()
    wanted = ASKED.lower().replace(",", "").rstrip(".").split()
    missing = [word for word in wanted if word not in heard]
    # Loose on purpose: the recogniser errs too. benchmarks/likeness.py measures it.
    assert len(missing) <= 3, (heard, missing)

    encoder = SpeakerEncoder(models_dir)
    person_is = encoder.embed(decode(recordings[-1]))
    stranger, rate = soundfile.read(io.BytesIO(_stranger(models_dir)), dtype="float32")
    near = float(encoder.embed(spoken) @ person_is)
    far = float(encoder.embed(Waveform(stranger, rate)) @ person_is)
    assert near > far + 0.05


def _made(person: httpx.Client, voice: str, form: str, precision: str, rate_hz: int) -> Waveform:
    """The asked text in a format, with the seed that all of them have."""
    body = {
        "voice_uuid": voice,
        "data": ASKED,
        "output_format": form,
        "precision": precision,
        "sample_rate": rate_hz,
    }
    answer = person.post("/synthesize", json={**body, "seed": 3}).json()
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(answer["audio_content"])), dtype="float32")
    return Waveform(samples, rate)


def _stranger(models_dir: Path) -> bytes:
    """The same words by a reader of the other sex."""
    from sayso.engines.kokoro.engine import KokoroEngine

    reader = KokoroEngine(models_dir, 2).reader("af_heart")
    wave = np.concatenate([said.wave.samples for said in reader.speak(ASKED)])
    return encode(Waveform(wave, reader.rate_hz), container="wav")
