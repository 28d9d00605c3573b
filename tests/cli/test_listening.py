"""The socket of `sayso serve`."""

from __future__ import annotations

import asyncio
import socket

from sayso.cli import _listening


def test_answers_are_sent_at_once_and_not_held_back_for_more() -> None:
    async def accepted() -> int:
        seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            line = writer.get_extra_info("socket")
            seen.set_result(line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with _listening("127.0.0.1", 0) as listener:
            server = await asyncio.start_server(met, sock=listener)
            async with server:
                _, writer = await asyncio.open_connection(*listener.getsockname())
                found = await seen
                writer.close()
            return found

    assert asyncio.run(accepted())
