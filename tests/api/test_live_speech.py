"""Speech that is sent while it is spoken: it stops when nobody listens, and breaks off where it breaks."""

from collections.abc import Iterator

import anyio
from starlette.types import Message

from sayso.api.speaking import LiveSpeech


def test_a_listener_who_leaves_ends_the_speech() -> None:
    spoken, closed, sent = 0, False, 0
    left = anyio.Event()

    def endless() -> Iterator[bytes]:
        nonlocal spoken, closed
        try:
            while True:
                spoken += 1
                yield b"x"
        finally:
            closed = True

    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal sent
        sent += 1
        if sent == 4:
            left.set()

    async def listen() -> None:
        with anyio.fail_after(10):
            await LiveSpeech(b"RIFF", endless())({"type": "http"}, receive, send)

    anyio.run(listen)
    assert closed
    # One piece may be under way while the listener leaves.
    assert spoken <= 6


def test_the_head_and_the_first_sound_are_one_piece() -> None:
    messages: list[Message] = []

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        messages.append(message)

    async def listen() -> None:
        await LiveSpeech(b"RIFFfirst", iter([b"second", b"third"]))({"type": "http"}, receive, send)

    anyio.run(listen)
    assert [message.get("body") for message in messages] == [None, b"RIFFfirst", b"second", b"third", b""]
    assert [message.get("more_body") for message in messages[1:]] == [True, True, True, False]
    assert b"content-length" not in dict(messages[0]["headers"])
