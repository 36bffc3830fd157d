"""The socket that the stack's servers listen on."""

from __future__ import annotations

import asyncio
import socket

from infra.local.listener import listen


def test_answers_do_not_wait_for_acknowledgements() -> None:
    """A connection that asyncio accepts there sends small writes at once."""

    async def accept() -> int:
        accepted = asyncio.get_running_loop().create_future()

        def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            accepted.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(take, sock=listen("127.0.0.1", 0)) as server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            no_delay: int = await accepted
            writer.close()
            await writer.wait_closed()
        return no_delay

    assert asyncio.run(accept()) != 0
