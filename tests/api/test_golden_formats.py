"""Golden sound by tolerance: every format of the routes holds the speech of the plain WAV: length, level, spectrum, words."""

import base64
import io
from typing import Any

import httpx
import pytest
import soundfile

from golden_sound import distance_db
from sayso.audio.level import rms_dbfs
from sayso.audio.waveform import Waveform
from sayso.engines.tone import ToneEar

TEXT = "plain words here. and one more"
FORMATS = [
    # output_format, precision, sample rate in Hz, dB of log-mel distance at most
    ("wav", "MULAW", 8_000, 2.5),
    ("wav", "MULAW", 22_050, 1.3),
    ("wav", "PCM_16", 8_000, 0.1),
    ("wav", "PCM_16", 32_000, 0.1),
    ("wav", "PCM_24", 44_100, 0.1),
    ("wav", "PCM_32", 48_000, 0.1),
    ("mp3", "PCM_16", 22_050, 1.3),
    ("mp3", "PCM_16", 44_100, 1.3),
    ("flac", "PCM_16", 16_000, 0.1),
    ("flac", "PCM_24", 48_000, 0.1),
    ("ogg", "PCM_16", 24_000, 1.3),
    ("opus", "PCM_16", 48_000, 1.3),
]
SAID_AS = [
    ('<emphasis level="strong">plain</emphasis> words', "plain words"),
    ('<say-as interpret-as="date" format="md">12-25</say-as>', "december twenty fifth"),
    ('<say-as interpret-as="time" format="hms12">14:30</say-as>', "two thirty p m"),
    ('<say-as interpret-as="telephone">555-0100</say-as>', "five five five zero one zero zero"),
    ('<say-as interpret-as="cardinal">2024</say-as>', "two thousand twenty four"),
    ('<say-as interpret-as="ordinal">21</say-as>', "twenty first"),
    ('<say-as interpret-as="digits">907</say-as>', "nine zero seven"),
]


def sound(client: httpx.Client, speaker: str, text: str, **options: Any) -> Waveform:
    answer = client.post("/synthesize", json={"voice_uuid": speaker, "data": text, **options}).json()
    assert answer["success"], answer
    file = io.BytesIO(base64.b64decode(answer["audio_content"]))
    samples, rate_hz = soundfile.read(file, dtype="float32")
    return Waveform(samples, rate_hz)


@pytest.fixture(scope="module")
def plain(server: Any, speaker: str) -> Waveform:
    with server.client() as client:
        return sound(client, speaker, TEXT, precision="PCM_16", sample_rate=48_000)


@pytest.mark.parametrize(("form", "precision", "rate_hz", "most_db"), FORMATS)
def test_every_format_holds_the_same_speech(
    client: httpx.Client,
    speaker: str,
    plain: Waveform,
    form: str,
    precision: str,
    rate_hz: int,
    most_db: float,
) -> None:
    made = sound(client, speaker, TEXT, output_format=form, precision=precision, sample_rate=rate_hz)
    assert made.duration_s == pytest.approx(plain.duration_s, abs=0.06)
    assert rms_dbfs(made) == pytest.approx(rms_dbfs(plain), abs=0.5)
    assert distance_db(made, plain) < most_db
    if rate_hz >= 16_000:
        # Below, the tones that the ear reads letters by are cut off.
        assert ToneEar().hear(made).text == ToneEar().hear(plain).text == TEXT


@pytest.mark.parametrize(("element", "words"), SAID_AS)
def test_what_elements_say_is_heard_at_the_end_of_the_route(
    client: httpx.Client, speaker: str, element: str, words: str
) -> None:
    made = sound(client, speaker, f"<speak>{element}</speak>", sample_rate=48_000)
    assert ToneEar().hear(made).text == words


def test_other_speech_is_further_than_any_format(client: httpx.Client, speaker: str, plain: Waveform) -> None:
    other = sound(client, speaker, "fresh signs below it. but two less", sample_rate=48_000)
    apart = distance_db(other, plain)
    assert apart > max(most for *_, most in FORMATS)
