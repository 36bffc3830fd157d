"""Stands before an offline provider and writes down what it really sent."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Exchange:
    """One request and its answer as they went over the wire; ``headers`` are the answer's."""

    path: str
    request: bytearray = field(default_factory=bytearray)
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytearray = field(default_factory=bytearray)
    is_whole: bool = False
    client_left: bool = False
    is_over: bool = False


class Witness:
    """ASGI middleware that keeps every POST as an exchange, in order of arrival."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._exchanges: list[Exchange] = []
        self._changed = threading.Condition()

    def take(self, timeout: float = 10.0) -> list[Exchange]:
        """Give the exchanges since the last time, once all are over; wait ``timeout`` s for that.

        Raises TimeoutError if one is still under way then.
        """
        with self._changed:
            if not self._changed.wait_for(
                lambda: all(exchange.is_over for exchange in self._exchanges), timeout
            ):
                raise TimeoutError(f"The provider is still answering after {timeout} s.")
            taken, self._exchanges = self._exchanges, []
        return taken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and watch both directions."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope["path"])
        with self._changed:
            self._exchanges.append(exchange)
        try:
            await self._app(scope, _watch_request(exchange, receive), _watch(exchange, send))
        finally:
            with self._changed:
                exchange.is_over = True
                self._changed.notify_all()


def _watch_request(exchange: Exchange, receive: Receive) -> Receive:
    async def watched() -> Message:
        message = await receive()
        if message["type"] == "http.disconnect":
            exchange.client_left = not exchange.is_whole
        else:
            exchange.request += message.get("body", b"")
        return message

    return watched


def _watch(exchange: Exchange, send: Send) -> Send:
    async def watched(message: Message) -> None:
        await send(message)
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            exchange.headers = {
                name.decode(): value.decode() for name, value in message.get("headers", ())
            }
        else:
            exchange.answer += message.get("body", b"")
            exchange.is_whole = not message.get("more_body", False)

    return watched
