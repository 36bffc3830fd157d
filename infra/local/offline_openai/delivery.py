"""How an answer travels: its pace, server-sent events, and streams that break on demand."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Send

from infra.local.offline_openai.errors import ApiError
from infra.local.offline_openai.faults import Fault
from infra.local.offline_openai.requests import JsonObject

_TIMEOUT_S = 600.0
_EVENTS_BEFORE_BREAK = 4


@dataclass(frozen=True)
class Pace:
    """Seconds to the first token, per prompt token and per completion token."""

    first: float = 0.08
    per_prompt_token: float = 0.000_02
    per_token: float = 0.006

    def scale(self, factor: float) -> Pace:
        """Return a pace that takes this many times as long."""
        return Pace(self.first * factor, self.per_prompt_token * factor, self.per_token * factor)

    async def think(self, prompt_tokens: int, reasoning_tokens: int) -> None:
        """Wait as long as the first token takes; a hidden reasoning token takes a tenth."""
        hidden = reasoning_tokens * self.per_token / 10
        await asyncio.sleep(self.first + prompt_tokens * self.per_prompt_token + hidden)

    async def write(self, tokens: int) -> None:
        """Wait as long as writing so many tokens takes."""
        await asyncio.sleep(tokens * self.per_token)


@dataclass(frozen=True)
class Event:
    """One server-sent event; chat's have no name, ``tokens`` is how many it took to write."""

    data: JsonObject
    name: str | None = None
    tokens: int = 1

    def encode(self) -> bytes:
        """Return the event's lines."""
        name = f"event: {self.name}\n" if self.name else ""
        return f"{name}data: {json.dumps(self.data, separators=(',', ':'))}\n\n".encode()


class _BrokenResponse(StreamingResponse):
    """A body that stops without its end, so that the server closes the connection."""

    async def stream_response(self, send: Send) -> None:
        headers = self.raw_headers
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        async for chunk in self.body_iterator:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def wait_for_client(request: Request) -> None:
    """Answer nothing until the client gives up; ApiError 500 after ten minutes."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_TIMEOUT_S):
            # The body has been read, so the next message is the client's leaving.
            await request.receive()
    raise _fail()


def deliver_object(body: JsonObject, fault: Fault | None) -> Response:
    """Return a whole answer, or half of one where a broken connection was asked for."""
    if fault is None:
        return JSONResponse(body)
    if fault.name != "drop_stream":
        raise _fail()
    encoded = json.dumps(body).encode()
    headers = {"content-length": str(len(encoded))}
    half = _send_bytes(encoded[: len(encoded) // 2])
    return _BrokenResponse(half, headers=headers, media_type="application/json")


def deliver_stream(
    events: Iterator[Event], pace: Pace, fault: Fault | None, end: bytes = b""
) -> Response:
    """Return server-sent events at a pace; ``end`` closes the stream where the API has an end."""
    media_type = "text/event-stream; charset=utf-8"
    if fault is None:
        return StreamingResponse(_send_events(events, pace, end), media_type=media_type)
    first = (event for event, _ in zip(events, range(_EVENTS_BEFORE_BREAK), strict=False))
    if fault.name == "drop_stream":
        return _BrokenResponse(_send_events(first, pace, b""), media_type=media_type)
    error = Event(_fail().body(), name="error").encode()
    return StreamingResponse(_send_events(first, pace, error), media_type=media_type)


def _fail() -> ApiError:
    return ApiError(
        500,
        "The server had an error while processing your request "
        "(offline server: this failure was asked for)",
        "server_error",
    )


async def _send_events(events: Iterator[Event], pace: Pace, end: bytes) -> AsyncIterator[bytes]:
    for event in events:
        await pace.write(event.tokens)
        yield event.encode()
    if end:
        yield end


async def _send_bytes(body: bytes) -> AsyncIterator[bytes]:
    yield body
