"""Speech while somebody waits: places and turns for requests, and a response that is sent as it is spoken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import anyio
from anyio import from_thread, to_thread
from anyio.lowlevel import RunVar
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from sayso.api.turns import Place, Turns
from sayso.domain.account import Caller
from sayso.errors import Unavailable
from sayso.services import Services

R = TypeVar("R")

MAX_SPEAKING = 4
"""Requests that occupy a thread for speech at once. More wait without one, so that a burst of speech
cannot take the threads in which everything else is answered."""
MAX_STALL_S = 120.0
"""A listener who takes nothing for so long has gone."""

_turns: RunVar[Turns] = RunVar("sayso_turns")


def turns(services: Services) -> Turns:
    """The queue of this event loop: tests start several."""
    try:
        return _turns.get()
    except LookupError:
        made = Turns(MAX_SPEAKING, services.limits.speech_queue)
        _turns.set(made)
        return made


PassOn = Callable[[], None]
"""To be called between two pieces of speech, from the thread that speaks: others have their turn meanwhile. Raises
Unavailable when the client has gone."""


async def in_turn(services: Services, caller: Caller, request: Request, work: Callable[[PassOn], R]) -> R:
    """Run `work` in a thread, when it is the caller's turn. Raises Throttled when too many wait."""
    place = turns(services).enter(caller.account_id)
    try:
        return await place.run(lambda: work(_passing_on(place, request)))
    finally:
        place.leave()


def _passing_on(place: Place, request: Request) -> PassOn:
    async def others_first() -> None:
        await place.pass_on()
        if await request.is_disconnected():
            raise Unavailable("the client has gone: nobody waits for this speech")

    return lambda: from_thread.run(others_first)


async def live(
    services: Services, caller: Caller, request: Request, work: Callable[[PassOn], LiveSpeech]
) -> LiveSpeech:
    """The response that `work` makes, which keeps its place until it is sent. Raises Throttled."""
    place = turns(services).enter(caller.account_id)
    try:
        response = await place.run(lambda: work(_passing_on(place, request)))
    except BaseException:
        place.leave()
        raise
    response.place = place
    return response


class LiveSpeech(Response):
    """A sound file that is sent while it is being spoken, or a page with its sounds; it ends when the listener leaves."""

    def __init__(self, start: bytes, rest: Iterator[bytes], media_type: str = "audio/wav") -> None:
        """`start`: head and first samples, sent as one piece, for one SDK reads nothing but that as the
        head; `rest`: the samples after it, each piece in a turn of its own, b"" where a turn gave none."""
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        # Proxies that collect an answer before they pass it on are told not to.
        self.headers["x-accel-buffering"] = "no"
        self.headers["cache-control"] = "no-store"
        self.place: Place | None = None
        self._start = start
        self._rest = rest

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            async with closing(self._rest), anyio.create_task_group() as tasks:
                tasks.start_soon(_until_gone, receive, tasks.cancel_scope.cancel)
                await self._send_all(send)
                tasks.cancel_scope.cancel()
        finally:
            if self.place is not None:
                self.place.leave()

    async def _send_all(self, send: Send) -> None:
        async def out(message: Message) -> None:
            await patiently(send(message))

        await out({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await out({"type": "http.response.body", "body": self._start, "more_body": True})
        run = to_thread.run_sync if self.place is None else self.place.run
        while (piece := await run(lambda: next(self._rest, None))) is not None:
            if piece:
                await out({"type": "http.response.body", "body": piece, "more_body": True})
        await out({"type": "http.response.body", "body": b"", "more_body": False})


async def patiently(sending: Awaitable[None]) -> None:
    """Wait for a listener who reads slowly, but not for one who does not read. Raises TimeoutError."""
    with anyio.fail_after(MAX_STALL_S):
        await sending


@asynccontextmanager
async def closing(pieces: Iterator[R]) -> AsyncIterator[None]:
    """Ends the speaker's work on what nobody hears any more."""
    try:
        yield
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            with anyio.CancelScope(shield=True), suppress(RuntimeError):
                await to_thread.run_sync(close)


async def _until_gone(receive: Receive, then: Callable[[], None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    then()
