"""The web socket /stream: many requests on one connection, answered in order while they are spoken."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import anyio
from anyio import to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from sayso.api.auth import find_secret
from sayso.api.errors import status_of
from sayso.api.incoming import identified
from sayso.api.speaking import closing, patiently, turns
from sayso.api.turns import Place
from sayso.domain.account import Caller
from sayso.errors import BadRequest, NotSignedIn, Rejected, SaysoError, Throttled
from sayso.services import Services
from sayso.usecases import accounts, speech
from sayso.wire.body import parse_object
from sayso.wire.socket import SocketSpeech, audio_frames, binary_frames, end_frame, error_frame

router = APIRouter()
log = logging.getLogger("sayso.api")

MAX_AHEAD, MAX_AHEAD_CHARACTERS = 256, 1_000_000
"""Requests of one connection that may wait for the one that is spoken; more are refused, in their turn."""
_MOST_READ_OF_DROPPED = 65_536
"""Characters of a request that is refused unsaid; in a longer one its id is not looked for, for all others would wait."""
_FLOOD = 10_000
"""So many waiting messages are no conversation."""
_POLICY_VIOLATION = 1008
_WAIT_S = 5


@router.websocket("/stream")
@router.websocket("/{prefix:path}/stream")
async def stream(socket: WebSocket) -> None:
    """See the module."""
    services: Services = socket.app.state.services
    await socket.accept()
    try:
        caller = await _signed_in(socket, services)
        await _Talk(socket, services, caller).run()
    except NotSignedIn as refused:
        # Accepted first: a refused handshake has no place for a message that clients read.
        await socket.send_text(error_frame(str(refused), "ConnectionFailure", HTTPStatus.UNAUTHORIZED, {}))
        await socket.close(_POLICY_VIOLATION)
    except (WebSocketDisconnect, TimeoutError, RuntimeError):
        # RuntimeError: sent to after it had closed.
        log.debug("a web socket was left")


async def _signed_in(socket: WebSocket, services: Services) -> Caller:
    secret = find_secret(socket.headers.get("authorization"), socket.headers.get("x-access-token"))
    if secret is None:
        raise NotSignedIn("no token was sent; send Authorization: Bearer <token> with the handshake")
    return await to_thread.run_sync(accounts.sign_in, services, secret)


@dataclass(frozen=True, slots=True)
class _Dropped:
    """A request that came when too many waited: what its answer needs, for its text is not kept."""

    request_id: float | None
    """As it was sent, where that is a number."""
    is_json: bool


def _dropped(text: str) -> _Dropped:
    if len(text) > _MOST_READ_OF_DROPPED:
        return _Dropped(None, is_json=False)
    try:
        fields = _fields_of(text)
    except BadRequest:
        return _Dropped(None, is_json=False)
    return _Dropped(_number_in(fields.get("request_id")), is_json=True)


def _number_in(given: object) -> float | None:
    return given if isinstance(given, int | float) and not isinstance(given, bool) else None


def _fields_of(text: str) -> dict[str, Any]:
    return parse_object(text.encode("utf-8", "surrogatepass"))


class _Talk:
    """One connection of a known caller."""

    def __init__(self, socket: WebSocket, services: Services, caller: Caller) -> None:
        self._socket, self._services, self._caller = socket, services, caller
        self._next_id: float = 0
        self._ahead = self._ahead_characters = 0

    async def run(self) -> None:
        """Until the client leaves."""
        # As long as a flood: the reader never waits, so it notices at once who leaves.
        send, receive = anyio.create_memory_object_stream[str | _Dropped](_FLOOD)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._read, send, tasks.cancel_scope)
                await self._answer_all(receive)
                tasks.cancel_scope.cancel()
        except* (WebSocketDisconnect, TimeoutError, RuntimeError) as left:
            log.debug("a web socket was left: %s", left.exceptions[0])
            await _close(self._socket)

    async def _read(self, out: MemoryObjectSendStream[str | _Dropped], scope: anyio.CancelScope) -> None:
        async with out:
            while True:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    # What is being said has nobody to hear it.
                    scope.cancel()
                    return
                text = message.get("text")
                if text is None:
                    text = (message.get("bytes") or b"").decode("utf-8", "replace")
                try:
                    out.send_nowait(self._kept(text))
                except anyio.WouldBlock:
                    await _close(self._socket)
                    scope.cancel()
                    return

    def _kept(self, text: str) -> str | _Dropped:
        """`text` if it may wait."""
        too_much = self._ahead >= MAX_AHEAD or self._ahead_characters + len(text) > MAX_AHEAD_CHARACTERS
        if too_much and self._ahead:
            return _dropped(text)
        self._ahead += 1
        self._ahead_characters += len(text)
        return text

    async def _answer_all(self, texts: MemoryObjectReceiveStream[str | _Dropped]) -> None:
        async with texts:
            async for text in texts:
                if isinstance(text, _Dropped):
                    await self._refuse(text)
                    continue
                try:
                    await self._answer(text)
                finally:
                    self._ahead -= 1
                    self._ahead_characters -= len(text)

    async def _refuse(self, dropped: _Dropped) -> None:
        message = f"more than {MAX_AHEAD} requests wait on this connection: this one was dropped"
        params = {"retry_after_s": str(_WAIT_S)}
        request_id = self._id_of(dropped.request_id) if dropped.is_json else None
        await self._send(error_frame(message, "Throttled", HTTPStatus.TOO_MANY_REQUESTS, params, request_id))
        if request_id is not None:
            await self._send(end_frame(request_id))

    async def _answer(self, text: str) -> None:
        try:
            fields = _fields_of(text)
        except BadRequest as wrong:
            await self._send(error_frame(str(wrong), "BadJSON", HTTPStatus.BAD_REQUEST, {}))
            return
        request_id = self._id_of(fields.get("request_id"))
        try:
            await self._speak(SocketSpeech.read(fields), request_id)
        except SaysoError as refused:
            status = status_of(refused)
            message, params = str(refused), dict(refused.fields) if isinstance(refused, Rejected) else {}
            if isinstance(refused, Throttled):
                params["retry_after_s"] = str(refused.retry_after_s)
            if status is HTTPStatus.INTERNAL_SERVER_ERROR:
                log.error("a request on a web socket failed", exc_info=refused)
                message = "something went wrong on our side; the log knows more"
            name = type(refused).__name__
            await self._send(error_frame(message, name, status, params, request_id))
        except (WebSocketDisconnect, TimeoutError, RuntimeError):
            raise
        except Exception as fault:
            log.error("a request on a web socket failed", exc_info=fault)
            message = "something went wrong on our side; the log knows more"
            await self._send(error_frame(message, "InternalError", 500, {}, request_id))
        # After an error too: a client that only knows the end waits for it.
        await self._send(end_frame(request_id))

    def _id_of(self, given: object) -> float:
        number = _number_in(given)
        request_id = self._next_id if number is None else number
        self._next_id = request_id + 1
        return request_id

    async def _speak(self, form: SocketSpeech, request_id: float) -> None:
        place = turns(self._services).enter(self._caller.account_id)
        try:
            async for audio, frames in self._spoken(form, request_id, place):
                if form.binary_response:
                    for part in binary_frames(audio):
                        await patiently(self._socket.send_bytes(part))
                else:
                    for frame in frames:
                        await self._send(frame)
        finally:
            place.leave()

    async def _spoken(
        self, form: SocketSpeech, request_id: float, place: Place
    ) -> AsyncIterator[tuple[bytes, list[str]]]:
        sound = form.sound
        order = speech.SpeechOrder(
            voice_id=identified(form.voice_uuid, "voice"),
            text=form.data,
            sound=sound,
            project_id=None if form.project_uuid is None else identified(form.project_uuid, "project"),
            seed=form.seed,
            uses_terms=form.apply_custom_pronunciations,
        )
        bits = await place.run(lambda: speech.live(self._services, self._caller, order, form.container))
        async with closing(bits):
            while (bit := await place.run(lambda: next(bits, None))) is not None:
                if bit.audio or bit.times.letters:
                    yield bit.audio, list(audio_frames(bit.audio, bit.times, sound.rate_hz, request_id))

    async def _send(self, frame: str) -> None:
        await patiently(self._socket.send_text(frame))


async def _close(socket: WebSocket) -> None:
    try:
        with anyio.move_on_after(1, shield=True):
            await socket.close()
    except (WebSocketDisconnect, RuntimeError):
        # It is closed.
        return
