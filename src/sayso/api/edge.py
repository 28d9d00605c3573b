"""The outermost layer: request ids, the access log, drained bodies, and no error that gets out.

It is plain ASGI, outside the framework, for two reasons. The framework raises unexpected errors once
more after it has answered them, which makes the server drop the connection under the client's next
request; here they end. And an answer that is sent while the client still uploads is lost on it (the
Node SDK hangs); here the rest is read and dropped first.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import MutableMapping
from typing import Any

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sayso.api.answers import Answer
from sayso.wire.responses import failure

access = logging.getLogger("sayso.access")
log = logging.getLogger("sayso.api")

MAX_DRAIN_BYTES = 128 * 1024 * 1024
MAX_DRAIN_S = 15.0
_GIVEN_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")


class Edge:
    """Wraps the app; see the module."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the life of the server."""
        match scope["type"]:
            case "http":
                await _Exchange(self._app, scope, receive, send).run()
            case "websocket":
                await self._app({**scope, "path": _without_slash(scope["path"])}, receive, send)
            case _:
                await self._app(scope, receive, send)


class _Exchange:
    """One request and its answer."""

    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        self._id = given.decode() if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
        self._waits_for_go = headers.get(b"expect", b"").lower() == b"100-continue"
        # A copy: the path is changed here and the server's own log shall show what came.
        self._scope: MutableMapping[str, Any] = dict(scope)
        self._scope["path"] = _without_slash(scope["path"])
        self._scope["sayso.request_id"] = self._id
        self._app, self._receive, self._send = app, receive, send
        self._body_begun = False
        self._body_ended = False
        self._gone = False
        self._status: int | None = None
        self._ended = False
        self._began = time.monotonic()

    async def run(self) -> None:
        """Answer, whatever happens, and write one line about it."""
        try:
            await self._app(self._scope, self.receive, self.send)
        except Exception as error:  # noqa: BLE001  (the edge: nothing is above that could answer)
            await self._after(error)
        finally:
            self._note()

    async def _after(self, error: Exception) -> None:
        if self._gone or self._ended:
            # Nobody listens any more, or the framework has answered and logged it already.
            return
        log.error("request %s failed", self._id, exc_info=error)
        if self._status is None:
            body = failure(f"something went wrong on our side; the log knows more under {self._id}")
            await Answer(body, 500)(self._scope, self.receive, self.send)
        # Begun and not ended: the server closes the connection, so that half a file does not pass
        # for a whole one.

    async def receive(self) -> Message:
        """What the client sends, with its end remembered."""
        message = await self._receive()
        self._body_begun = True
        if message["type"] == "http.disconnect":
            self._gone = self._body_ended = True
        elif not message.get("more_body", False):
            self._body_ended = True
        return message

    async def send(self, message: Message) -> None:
        """What the app answers, after the rest of the body."""
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", []), (b"x-request-id", self._id.encode())]
            if not await self._drained():
                headers.append((b"connection", b"close"))
            message = {**message, "headers": headers}
            self._status = message["status"]
        elif not message.get("more_body", False):
            self._ended = True
        await self._send(message)

    async def _drained(self) -> bool:
        """Read what the client still sends. False when that is too much or takes too long."""
        if self._body_ended:
            return True
        if self._waits_for_go and not self._body_begun:
            return False
        seen = 0
        with anyio.move_on_after(MAX_DRAIN_S):
            while not self._body_ended:
                seen += len((await self.receive()).get("body", b""))
                if seen > MAX_DRAIN_BYTES:
                    return False
        return self._body_ended

    def _note(self) -> None:
        took_ms = (time.monotonic() - self._began) * 1000
        path = self._scope["path"]
        if path.startswith("/media/"):
            # Whoever has the link may listen: it does not belong into a log.
            path = "/media/…"
        # A path holds what a stranger typed: shown so that it cannot forge a line of its own.
        shown = path.encode("unicode_escape").decode("ascii")[:200]
        status = "gone" if self._status is None else self._status
        access.info("%s %s %s %.0f ms %s", self._scope["method"], shown, status, took_ms, self._id)


def _without_slash(path: str) -> str:
    # One slash too many is forgiven instead of redirected: a redirect has no body to parse.
    return path[:-1] if len(path) > 1 and path.endswith("/") else path
