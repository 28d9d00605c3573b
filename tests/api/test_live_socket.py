"""The web socket /stream: requests in order, frames as clients read them, errors they survive."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import soundfile
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from serving import Server

TEXT = "One sentence. And another one."


@pytest.fixture
def open_socket(server: Server) -> Iterator[Callable[..., ClientConnection]]:
    opened: list[ClientConnection] = []

    def open_it(token: str | None = None, path: str = "/stream") -> ClientConnection:
        headers = {"Authorization": f"Bearer {token or server.token}"}
        opened.append(connect(server.url.replace("http", "ws") + path, additional_headers=headers))
        return opened[-1]

    yield open_it
    for socket in opened:
        socket.close()


def answers(socket: ClientConnection, request_id: int | None = None) -> tuple[list[Any], bytes]:
    """Frames until the end of one request, and the sound in them."""
    frames: list[Any] = []
    audio = b""
    while True:
        frame = socket.recv(timeout=30)
        if isinstance(frame, bytes):
            audio += frame
            continue
        frames.append(json.loads(frame))
        audio += base64.b64decode(frames[-1].get("audio_content", ""))
        if request_id is not None:
            assert frames[-1]["request_id"] == request_id
        if frames[-1]["type"] == "audio_end":
            return frames, audio


def ask(socket: ClientConnection, **fields: Any) -> None:
    socket.send(json.dumps({"data": TEXT, **fields}))


def test_ids_are_echoed_from_zero_and_counted_where_absent(
    open_socket: Callable[..., ClientConnection], speaker: str
) -> None:
    socket = open_socket(path="/any/prefix/stream")
    for fields in ({"request_id": 0}, {"request_id": 7}, {}):
        ask(socket, voice_uuid=speaker, **fields)
    for expected in (0, 7, 8):
        frames, audio = answers(socket, expected)
        assert [frame["type"] for frame in frames] == ["audio"] * (len(frames) - 1) + ["audio_end"]
        assert frames[0]["sample_rate"] == 22_050
        assert audio[:4] + audio[36:40] == b"RIFFdata"


def test_first_ids_are_counted_from_zero(open_socket: Callable[..., ClientConnection], speaker: str) -> None:
    socket = open_socket()
    ask(socket, voice_uuid=speaker)
    answers(socket, 0)


def test_binary_frames_and_heads_or_none(open_socket: Callable[..., ClientConnection], speaker: str) -> None:
    socket = open_socket()
    ask(socket, voice_uuid=speaker, precision="PCM_16", no_audio_header=True)
    frames, bare = answers(socket)
    ask(socket, voice_uuid=speaker, precision="PCM_16", binary_response=True)
    end, headed = answers(socket)
    assert [frame["type"] for frame in end] == ["audio_end"]
    assert headed[:4] == b"RIFF"
    assert headed[44:] == bare
    times = [frame["audio_timestamps"] for frame in frames if frame["type"] == "audio"]
    assert "".join(letter for part in times for letter in part["graph_chars"]) == TEXT
    spans = [span for part in times for span in part["graph_times"]]
    assert spans == sorted(spans)
    assert spans[-1][1] <= len(bare) / 2 / 22_050
    assert all(len(base64.b64decode(frame.get("audio_content", ""))) % 2 == 0 for frame in frames)


def test_mp3_of_several_requests_decodes_as_one(
    open_socket: Callable[..., ClientConnection], speaker: str
) -> None:
    socket = open_socket()
    audio = b""
    for request_id in (1, 2, 3):
        ask(socket, voice_uuid=speaker, request_id=request_id, output_format="mp3", sample_rate=44_100)
    for request_id in (1, 2, 3):
        audio += answers(socket, request_id)[1]
    ask(socket, voice_uuid=speaker, no_audio_header=True)
    once_s = len(answers(socket)[1]) / 2 / 22_050
    assert b"ID3" not in audio
    assert soundfile.info(io.BytesIO(audio)).duration == pytest.approx(3 * once_s, abs=0.4)


def test_frames_are_small_enough_for_every_client(
    open_socket: Callable[..., ClientConnection], speaker: str
) -> None:
    socket = open_socket()
    ask(socket, voice_uuid=speaker, data="word " * 80, sample_rate=48_000, precision="PCM_32")
    frames, audio = answers(socket)
    assert len(audio) > 500_000
    assert max(len(json.dumps(frame)) for frame in frames) < 200_000


@pytest.mark.parametrize(
    ("fields", "name", "status"),
    [
        ({"data": "…"}, "BadRequest", 400),
        ({"voice_uuid": "00000000"}, "NotFound", 404),
        ({"sample_rate": 1}, "BadRequest", 400),
        ({"request_id": "x"}, "BadRequest", 400),
        ({"data": "x" * 3_001}, "TooLarge", 413),
    ],
)
def test_a_request_that_is_refused_ends_and_the_next_one_is_spoken(
    open_socket: Callable[..., ClientConnection], speaker: str, fields: dict[str, Any], name: str, status: int
) -> None:
    socket = open_socket()
    ask(socket, **{"voice_uuid": speaker, "request_id": 0, **fields})
    frames, audio = answers(socket)
    assert [frame["type"] for frame in frames] == ["error", "audio_end"]
    assert (frames[0]["success"], frames[0]["error_name"], frames[0]["status_code"]) == (False, name, status)
    assert frames[0]["error_params"]["explanation"] == frames[0]["message"]
    assert audio == b""
    ask(socket, voice_uuid=speaker)
    assert len(answers(socket)[1]) > 10_000


def test_what_is_no_json_is_told_and_the_connection_stays(
    open_socket: Callable[..., ClientConnection], speaker: str
) -> None:
    socket = open_socket()
    for junk in ("{", "[1]", b"\xff"):
        socket.send(junk)
        frame = json.loads(socket.recv(timeout=30))
        assert (frame["type"], frame["error_name"], frame["status_code"]) == ("error", "BadJSON", 400)
    ask(socket, voice_uuid=speaker)
    answers(socket, 0)


def test_more_than_may_wait_are_refused_in_their_turn_with_id_and_end(
    open_socket: Callable[..., ClientConnection], speaker: str
) -> None:
    socket = open_socket()
    # More sound than the connection holds: it is spoken until we read, and all the others wait.
    ask(socket, voice_uuid=speaker, data="A sentence is here. " * 70, precision="PCM_32", request_id=0)
    for request_id in range(1, 260):
        ask(socket, voice_uuid=speaker, data="Hi.", request_id=request_id)
    ask(socket, voice_uuid=speaker, data="Hi.")
    socket.send("{")
    # Too long to be read for its id while others wait.
    ask(socket, voice_uuid=speaker, data="Hi. " * 20_000, request_id=999)
    for request_id in range(256):
        frames, audio = answers(socket, request_id)
        assert len(audio) > 1_000, frames
    for request_id in range(256, 261):
        frames, audio = answers(socket, request_id)
        assert [frame["type"] for frame in frames] == ["error", "audio_end"]
        assert (frames[0]["error_name"], frames[0]["status_code"]) == ("Throttled", 429)
        assert int(frames[0]["error_params"]["retry_after_s"]) > 0
    for _ in range(2):
        junk = json.loads(socket.recv(timeout=30))
        assert (junk["type"], junk["status_code"], "request_id" in junk) == ("error", 429, False)
    ask(socket, voice_uuid=speaker)
    assert len(answers(socket, 261)[1]) > 10_000


def test_a_stranger_is_told_and_sent_away(open_socket: Callable[..., ClientConnection]) -> None:
    socket = open_socket("wrong")
    frame = json.loads(socket.recv(timeout=30))
    assert (frame["type"], frame["error_name"], frame["status_code"]) == ("error", "ConnectionFailure", 401)
    with pytest.raises(ConnectionClosed):
        socket.recv(timeout=30)


def test_who_leaves_in_the_middle_does_no_harm(
    open_socket: Callable[..., ClientConnection], speaker: str
) -> None:
    leaving = open_socket()
    for _ in range(40):
        ask(leaving, voice_uuid=speaker, data="A sentence is here. " * 140)
    assert leaving.recv(timeout=30)
    leaving.close()
    socket = open_socket()
    ask(socket, voice_uuid=speaker)
    assert len(answers(socket)[1]) > 10_000
