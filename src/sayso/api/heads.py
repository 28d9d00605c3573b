"""The HTTP protocol with a limit on what comes before a body.

The parser collects a header or an address however long it is, by copying it at each piece: a stranger
without a token could hold the event loop for seconds and fill the memory with one request.
"""

from __future__ import annotations

import json
from asyncio import BaseTransport
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sayso.wire.responses import failure

MAX_HEAD_BYTES = 256 * 1024
"""Address and headers of one request; what arrives in one piece with its end passes all the same."""


class LimitedHeads(HttpToolsProtocol):
    """See the module."""

    def connection_made(self, transport: BaseTransport) -> None:
        """A client has come."""
        self._in_head = True
        self._head_bytes = 0
        super().connection_made(transport)  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        """Bytes of one or more requests."""
        began_before = self._in_head
        super().data_received(data)
        if not (began_before and self._in_head) or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self.send_400_response(
                f"the address or the headers are longer than {MAX_HEAD_BYTES:,} bytes; send what is long as a body"
            )

    def send_400_response(self, msg: str) -> None:
        """Bytes that are no request are refused in the envelope too: `msg`, or the parser's own words."""
        if msg == "Invalid HTTP request received.":
            msg = "this is no HTTP/1.1 request that can be read: check its first line, its headers and their lengths"
        body = json.dumps(failure(msg)).encode()
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(
            body
        )
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head + body)
        self.transport.close()

    def on_message_begin(self) -> Any:
        """A request begins."""
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> Any:
        """Its body, if any, follows."""
        self._in_head = False
        super().on_headers_complete()
