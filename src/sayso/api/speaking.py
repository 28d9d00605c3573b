"""Speech while somebody waits: a queue for the engine, and a response that is sent as it is spoken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

R = TypeVar("R")

MAX_SPEAKING = 4
"""Requests that occupy a thread for speech at once. More wait without one, so that a burst of speech
cannot take the threads in which everything else is answered."""

_limiter: RunVar[CapacityLimiter] = RunVar("sayso_speaking")


def _turns() -> CapacityLimiter:
    # One for each event loop: tests start several.
    try:
        return _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(MAX_SPEAKING)
        _limiter.set(limiter)
        return limiter


async def in_turn(work: Callable[[], R]) -> R:
    """Run `work` in a thread when it is its turn."""
    return await to_thread.run_sync(work, limiter=_turns())


class LiveSpeech(Response):
    """A WAV file that is sent while it is being spoken; it ends when the listener leaves."""

    media_type = "audio/wav"

    def __init__(self, start: bytes, rest: Iterator[bytes]) -> None:
        """`start`: head and first samples, sent as one piece, for one SDK reads nothing but that as the
        head; `rest`: the samples after it."""
        super().__init__()
        del self.headers["content-length"]
        # Proxies that collect an answer before they pass it on are told not to.
        self.headers["x-accel-buffering"] = "no"
        self.headers["cache-control"] = "no-store"
        self._start = start
        self._rest = rest

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_until_gone, receive, tasks.cancel_scope.cancel)
                await self._send_all(send)
                tasks.cancel_scope.cancel()
        finally:
            # Ends the speaker's work on what nobody hears any more.
            close = getattr(self._rest, "close", None)
            if close is not None:
                with anyio.CancelScope(shield=True), suppress(RuntimeError):
                    await to_thread.run_sync(close)

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._start, "more_body": True})
        while True:
            piece = await in_turn(lambda: next(self._rest, None))
            if piece is None:
                break
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive, then: Callable[[], None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    then()
