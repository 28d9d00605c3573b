"""/synthesize and /stream: forms of the answers, formats, refusals, listeners who leave."""

import base64
import io
import socket
import struct
import time
from typing import Any

import httpx
import pytest
import soundfile

from serving import Server

TEXT = "One sentence. And another one."


def said(speaker: str, **fields: Any) -> dict[str, Any]:
    return {"voice_uuid": speaker, "data": TEXT, **fields}


@pytest.mark.parametrize("path", ["/synthesize", "/syn/synthesize", "/a/b/synthesize"])
def test_any_prefix_will_do(client: httpx.Client, speaker: str, path: str) -> None:
    answer = client.post(path, json=said(speaker)).json()
    assert answer["success"] is True
    assert "item" not in answer


@pytest.mark.parametrize(
    "more", [{"model": "chatterbox-turbo"}, {"use_hd": True}, {"model": "x", "use_hd": "false"}]
)
def test_what_has_no_effect_here_is_taken_and_changes_nothing(
    client: httpx.Client, speaker: str, more: dict[str, Any]
) -> None:
    plain, asked = (client.post("/synthesize", json=said(speaker, **one)) for one in ({}, more))
    assert asked.status_code == 200
    assert asked.json()["audio_content"] == plain.json()["audio_content"]


def test_one_seed_gives_the_same_bytes_and_another_gives_others(client: httpx.Client, speaker: str) -> None:
    def whole(data: str = TEXT, **fields: Any) -> tuple[str, int]:
        answer = client.post("/synthesize", json=said(speaker, data=data, **fields)).json()
        return answer["audio_content"], answer["seed"]

    seven = whole(seed=7)
    assert whole(seed=7) == seven
    assert whole(seed="7") == seven
    assert seven[1] == 7
    assert whole(seed=8)[0] != seven[0]
    assert whole() == whole(seed=0)
    # The text's own seed wins, and is the one that is told.
    assert whole(f'<speak seed="7">{TEXT}</speak>', seed=8) == seven

    live = [client.post("/stream", json=said(speaker, seed=seed)).content for seed in (7, 7, 8)]
    assert live[0] == live[1] != live[2]


def test_a_title_has_at_most_256_characters(client: httpx.Client, speaker: str) -> None:
    project = client.post("/api/v2/projects", json={"name": "titles"}).json()["item"]["uuid"]
    path = f"/api/v2/projects/{project}/clips"
    body = {"voice_uuid": speaker, "body": "Hello."}
    made = client.post(path, json={**body, "title": "é" * 256}).json()["item"]
    assert made["title"] == "é" * 256
    long = {"title": "é" * 257}
    later = {"callback_uri": "http://127.0.0.1:9/"}
    for answer in (
        client.post(path, json={**body, **long}),
        client.post(path, json={**body, **long, **later}),
        client.patch(f"{path}/{made['uuid']}", json=long),
        client.put(f"{path}/{made['uuid']}", json={**long, **later, "body": "Hi."}),
        client.post(
            f"/api/v2/projects/{project}/batch", json={"voice_uuid": speaker, "body": [["x" * 257, "Hi."]]}
        ),
        client.post("/synthesize", json=said(speaker, **long)),
    ):
        assert answer.status_code == 413, answer.text
        assert "title" in answer.json()["message"]
        assert "256" in answer.json()["message"]
    assert client.get(f"{path}/{made['uuid']}").json()["item"]["title"] == "é" * 256
    assert len(client.get(path).json()["items"]) == 1
    client.delete(f"/api/v2/projects/{project}").raise_for_status()


def test_clips_are_found_by_a_part_of_their_title(client: httpx.Client, speaker: str) -> None:
    project = client.post("/api/v2/projects", json={"name": "titles"}).json()["item"]["uuid"]
    path = f"/api/v2/projects/{project}/clips"
    for title in ("Morning news", "Evening News", "100% sure", None):
        body = {"voice_uuid": speaker, "body": "Hello.", "title": title}
        assert client.post(path, json=body).json()["success"]

    def found(query: str) -> list[str | None]:
        items = client.get(path, params={"page": 1, "q": query}).json()["items"]
        return [item["title"] for item in items]

    assert found("news") == ["Evening News", "Morning news"]
    assert found("morning") == ["Morning news"]
    assert found("%") == ["100% sure"]
    assert found("_") == found("weather") == []
    client.delete(f"/api/v2/projects/{project}").raise_for_status()


@pytest.mark.parametrize("rate", [8_000, 22_050, "48000"])
@pytest.mark.parametrize(
    ("precision", "subtype"),
    [("PCM_16", "PCM_16"), ("PCM_24", "PCM_24"), ("PCM_32", "PCM_32"), ("MULAW", "ULAW")],
)
def test_the_sound_is_what_was_asked_for(
    client: httpx.Client, speaker: str, rate: int | str, precision: str, subtype: str
) -> None:
    answer = client.post("/synthesize", json=said(speaker, sample_rate=rate, precision=precision)).json()
    sound = soundfile.info(io.BytesIO(base64.b64decode(answer["audio_content"])))
    assert (sound.samplerate, sound.subtype, sound.channels) == (int(rate), subtype, 1)
    assert answer["sample_rate"] == int(rate)
    assert sound.duration == pytest.approx(answer["duration"], abs=0.01)


@pytest.mark.parametrize(
    ("asked", "told", "form", "rate_hz"),
    [
        ("mp3", "mp3", "MP3", 48_000),
        ("flac", "flac", "FLAC", 48_000),
        ("ogg", "ogg", "OGG", 48_000),
        ("opus", "ogg", "OGG", 48_000),
    ],
)
def test_other_formats(
    client: httpx.Client, speaker: str, asked: str, told: str, form: str, rate_hz: int
) -> None:
    answer = client.post("/synthesize", json=said(speaker, output_format=asked)).json()
    assert (answer["output_format"], answer["sample_rate"]) == (told, rate_hz)
    sound = soundfile.info(io.BytesIO(base64.b64decode(answer["audio_content"])))
    assert (sound.format, sound.samplerate) == (form, rate_hz)
    assert sound.duration == pytest.approx(answer["duration"], abs=0.1)


def test_opus_at_a_rate_it_does_not_know_has_the_next_one(client: httpx.Client, speaker: str) -> None:
    answer = client.post("/synthesize", json=said(speaker, output_format="ogg", sample_rate=22_050)).json()
    assert answer["sample_rate"] == 24_000


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"data": ""}, 400),
        ({"data": "…"}, 400),
        ({"data": "x" * 3_001}, 413),
        ({"sample_rate": 12_345}, 400),
        ({"precision": "PCM_8"}, 400),
        ({"output_format": "aac"}, 400),
        ({"seed": -1}, 400),
        ({"voice_uuid": "00000000"}, 404),
        ({"project_uuid": "00000000"}, 404),
        ({"data": "<speak>a <audio src='x'/></speak>"}, 501),
        ({"data": "<speak>a <break</speak>"}, 400),
    ],
)
@pytest.mark.parametrize("path", ["/synthesize", "/stream"])
def test_refusals_come_in_the_form_of_the_synthesis_server(
    client: httpx.Client, speaker: str, path: str, fields: dict[str, Any], status: int
) -> None:
    answer = client.post(path, json=said(speaker, **fields))
    body = answer.json()
    assert answer.status_code == status, body
    assert body["success"] is False
    assert body["issues"] == [body["message"]]
    assert {"error_name", "error_params", "feedback_uuid"} <= body.keys()


def test_a_voice_that_cannot_speak_yet_says_so(client: httpx.Client) -> None:
    voice = client.post("/api/v2/voices", json={"name": "mute"}).json()["item"]["uuid"]
    answer = client.post("/stream", json=said(voice))
    assert answer.status_code == 409
    assert "initializing" in answer.json()["message"]


@pytest.mark.parametrize(
    ("precision", "bits"), [("PCM_16", 16), ("PCM_24", 24), ("PCM_32", 32), ("MULAW", 8)]
)
def test_a_stream_is_a_head_of_44_bytes_and_samples(
    client: httpx.Client, speaker: str, precision: str, bits: int
) -> None:
    answer = client.post("/stream", json=said(speaker, precision=precision, sample_rate=16_000))
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["transfer-encoding"] == "chunked"
    head, samples = answer.content[:44], answer.content[44:]
    assert head[36:] == b"data\xff\xff\xff\xff"
    assert struct.unpack("<HHI", head[20:28]) == (7 if bits == 8 else 1, 1, 16_000)
    whole = client.post("/synthesize", json=said(speaker, precision=precision, sample_rate=16_000)).json()
    assert len(samples) * 8 / bits / 16_000 == pytest.approx(whole["duration"], abs=0.01)


def test_a_stream_with_time_stamps_has_them_all_in_its_first_piece(
    client: httpx.Client, speaker: str
) -> None:
    with client.stream("POST", "/stream", json=said(speaker, wav_encoded_timestamps=True)) as answer:
        first = next(answer.iter_raw())
    points, count = struct.unpack("<II", first[40:48])
    assert first[36:40] == b"cue "
    assert points == 4 + 24 * count
    at = 44 + points
    assert first[at : at + 4] + first[at + 8 : at + 12] == b"LISTadtl"
    at += 8 + struct.unpack("<I", first[at + 4 : at + 8])[0]
    assert first[at : at + 4] == b"data"
    assert len(first) > at + 8


def test_the_first_sound_is_sent_before_the_rest_is_spoken(client: httpx.Client, speaker: str) -> None:
    with client.stream("POST", "/stream", json=said(speaker, data="A sentence is here. " * 50)) as answer:
        pieces = [len(piece) for piece in answer.iter_raw()]
    assert len(pieces) > 10


def test_a_listener_who_leaves_does_no_harm(server: Server, client: httpx.Client, speaker: str) -> None:
    import json

    body = json.dumps(said(speaker, data="A sentence is here. " * 140, sample_rate=48_000)).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        head = f"POST /stream HTTP/1.1\r\nHost: x\r\nx-request-id: the-leaver\r\nx-access-token: {server.token}\r\n"
        line.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert line.recv(1_000).startswith(b"HTTP/1.1 200")
    deadline = time.monotonic() + 20
    while "the-leaver" not in server.log.read_text():
        assert time.monotonic() < deadline, "the stream never ended"
        time.sleep(0.05)
    assert client.post("/synthesize", json=said(speaker)).json()["success"]


def test_who_takes_the_web_socket_for_a_page_is_told(client: httpx.Client) -> None:
    answer = client.get("/stream")
    assert answer.status_code == 400
    assert "web socket" in answer.json()["message"]


MARKED_UP = (
    '<speak>salt &amp; <prosody rate="75%">slow</prosody><break time="700ms"/>'
    '<sub alias="double you">W</sub> <say-as interpret-as="characters">b2</say-as></speak>'
)


def test_ssml_is_spoken_whole_live_and_as_a_clip(client: httpx.Client, speaker: str) -> None:
    sound = {"sample_rate": 24_000, "precision": "PCM_16"}
    whole = client.post("/synthesize", json=said(speaker, data=MARKED_UP, **sound)).json()
    live = client.post("/stream", json=said(speaker, data=MARKED_UP, **sound)).content[44:]
    project = client.post("/api/v2/projects", json={"name": "SSML"}).json()["item"]["uuid"]
    form = {"voice_uuid": speaker, "body": MARKED_UP, "raw": True, **sound}
    clip = client.post(f"/api/v2/projects/{project}/clips", json=form).json()["item"]
    assert clip["body"] == MARKED_UP
    files = [base64.b64decode(whole["audio_content"]), base64.b64decode(clip["raw_audio"])]
    samples = [soundfile.read(io.BytesIO(file), dtype="int16")[0] for file in files]
    assert samples[0].tobytes() == samples[1].tobytes() == live
    assert whole["duration"] == pytest.approx(
        5 * 0.06 + 4 * 0.08 + 0.7 + (6 + 3 + 1 + 3) * 0.06 + 0.25, abs=0.01
    )


def test_malformed_ssml_names_the_place(client: httpx.Client, speaker: str) -> None:
    answer = client.post("/synthesize", json=said(speaker, data="<speak>\n a <i>b</i></speak>"))
    assert answer.status_code == 400
    assert "line 2, column 4" in answer.json()["message"]
    assert "line 2, column 4" in answer.json()["errors"]["data"][0]
