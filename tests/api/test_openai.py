"""OpenAI's form of speech, through its official client, unmodified, and without it."""

import base64
import io
import json
from collections.abc import Iterator

import httpx
import numpy as np
import openai
import pytest
import soundfile

from serving import Server, anyone

TEXT = "One sentence. And another one, which is a little longer."


@pytest.fixture
def sdk(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=server.token, base_url=f"{server.url}/v1", max_retries=0) as client:
        yield client


@pytest.mark.parametrize(
    ("form", "read_as"), [("mp3", "MP3"), ("opus", "OGG"), ("flac", "FLAC"), ("wav", "WAV")]
)
def test_the_official_client_gets_every_format(
    sdk: openai.OpenAI, speaker: str, form: str, read_as: str
) -> None:
    made = sdk.audio.speech.create(model="tts-1", voice=speaker, input=TEXT, response_format=form)  # type: ignore[arg-type]
    samples, rate_hz = soundfile.read(io.BytesIO(made.content))
    assert soundfile.info(io.BytesIO(made.content)).format == read_as
    assert rate_hz == 24_000
    assert len(samples) / rate_hz == pytest.approx(whole_s(sdk, speaker), abs=0.15)


def whole_s(sdk: openai.OpenAI, speaker: str, **options: float) -> float:
    """Seconds of the same text as bare samples."""
    made = sdk.audio.speech.create(
        model="sayso-1", voice=speaker, input=TEXT, response_format="pcm", **options
    )  # type: ignore[call-overload]
    return len(np.frombuffer(made.content, "<i2")) / 24_000


def test_mp3_is_the_usual_format_and_comes_live(sdk: openai.OpenAI, speaker: str) -> None:
    with sdk.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice=speaker, input=TEXT * 5, instructions="Calmly."
    ) as made:
        assert made.headers["content-type"] == "audio/mpeg"
        assert "content-length" not in made.headers
        pieces = list(made.iter_bytes())
    assert len(pieces) > 3
    assert soundfile.info(io.BytesIO(b"".join(pieces))).format == "MP3"


def test_a_stream_of_events(sdk: openai.OpenAI, speaker: str) -> None:
    with sdk.audio.speech.with_streaming_response.create(
        model="sayso-1", voice=speaker, input=TEXT, response_format="pcm", stream_format="sse"
    ) as made:
        assert made.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in made.iter_lines() if line]
    assert all(line.startswith("data: ") for line in lines)
    events = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert [event["type"] for event in events[:-1]] == ["speech.audio.delta"] * (len(events) - 1)
    assert events[-1]["type"] == "speech.audio.done"
    audio = b"".join(base64.b64decode(event["audio"]) for event in events[:-1])
    assert len(audio) / 2 / 24_000 == pytest.approx(whole_s(sdk, speaker))


def test_a_voice_is_found_by_its_name_and_never_guessed(
    server: Server, own_speaker: str, client: httpx.Client
) -> None:
    client.put(f"/api/v2/voices/{own_speaker}", json={"name": "Ada of the Openers"}).raise_for_status()
    body = {"model": "x", "input": "Hello.", "response_format": "pcm"}
    by_id = client.post("/v1/audio/speech", json={**body, "voice": {"id": own_speaker}})
    by_name = client.post("/v1/audio/speech", json={**body, "voice": "ada of the openers"})
    assert by_id.content == by_name.content
    client.post("/api/v2/voices", json={"name": "Ada of the Openers"})
    refused = client.post("/v1/audio/speech", json={**body, "voice": "Ada of the Openers"})
    assert refused.status_code == 400
    assert own_speaker in refused.json()["error"]["message"]
    # Another account's voice is none.
    with server.client(server.others["stranger"]) as stranger:
        assert stranger.post("/v1/audio/speech", json={**body, "voice": own_speaker}).status_code == 404
        voices = stranger.get("/v1/audio/voices").json()["voices"]
        assert own_speaker not in {value for voice in voices for value in (voice["id"], voice["name"])}


def test_models_and_voices_are_listed(sdk: openai.OpenAI, client: httpx.Client, speaker: str) -> None:
    assert [model.id for model in sdk.models.list()] == ["sayso-1"]
    assert sdk.models.retrieve("sayso-1").owned_by == "sayso"
    with pytest.raises(openai.NotFoundError):
        sdk.models.retrieve("gpt-4")
    mute = client.post("/api/v2/voices", json={"name": "mute"}).json()["item"]["uuid"]
    listed = client.get("/v1/audio/voices").json()
    assert listed["data"] == listed["voices"]
    ids = [voice["id"] for voice in listed["voices"]]
    assert speaker in ids
    assert mute not in ids


def test_speed_divides_the_length(sdk: openai.OpenAI, speaker: str) -> None:
    sizes = [
        len(
            sdk.audio.speech.create(
                model="tts-1",
                voice=speaker,
                input="Seven words are said here today, fast.",
                response_format="pcm",
                speed=speed,
            ).content
        )
        for speed in (1.0, 2.0)
    ]
    assert sizes[0] / sizes[1] == pytest.approx(2.0, abs=0.02)


def test_speed_may_be_text_as_every_number_on_the_wire(client: httpx.Client, speaker: str) -> None:
    body = {"model": "x", "voice": speaker, "input": TEXT, "response_format": "pcm"}
    number, text = (client.post("/v1/audio/speech", json={**body, "speed": s}) for s in (1.5, "1.5"))
    assert number.content == text.content
    for wrong in ("fast", "1e1", "nan", "4.5", "", [1.5], True):
        answer = client.post("/v1/audio/speech", json={**body, "speed": wrong})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "speed"), wrong


def test_refusals_are_in_its_form(sdk: openai.OpenAI, server: Server, speaker: str) -> None:
    speak = sdk.audio.speech.create
    with pytest.raises(openai.NotFoundError, match="alloy"):
        speak(model="tts-1", voice="alloy", input="Hello.")
    with pytest.raises(openai.BadRequestError) as wrong:
        speak(model="tts-1", voice=speaker, input="…")
    assert wrong.value.param == "input"
    with pytest.raises(openai.BadRequestError, match="aac is not made here"):
        speak(model="tts-1", voice=speaker, input="Hello.", response_format="aac")
    with pytest.raises(openai.BadRequestError, match=r"0\.25 to 4"):
        speak(model="tts-1", voice=speaker, input="Hello.", speed=5)
    with pytest.raises(openai.APIStatusError) as long:
        speak(model="tts-1", voice=speaker, input="x" * 4_097)
    assert long.value.status_code == 413
    with pytest.raises(openai.AuthenticationError) as stranger:
        openai.OpenAI(api_key="wrong", base_url=f"{server.url}/v1", max_retries=0).models.list()
    assert stranger.value.code == "invalid_api_key"
    answer = anyone.get(f"{server.url}/v1/audio/nothing")
    assert (answer.status_code, set(answer.json())) == (404, {"error"})


def test_a_voice_that_cannot_speak_yet_says_so(sdk: openai.OpenAI, client: httpx.Client) -> None:
    mute = client.post("/api/v2/voices", json={"name": "mute"}).json()["item"]["uuid"]
    with pytest.raises(openai.ConflictError, match="initializing"):
        sdk.audio.speech.create(model="tts-1", voice=mute, input="Hello.")
