"""An offline server that speaks Cohere's chat and embeddings (v2) and says that it is no model.

Deterministic, and only what the scenarios need: answers whole and streamed, tool calls, and
failures by the name of the model, which refuse or stop within their answer.
https://docs.cohere.com/reference/chat
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from infra.local.offline_openai.delivery import Pace
from infra.local.offline_openai.tokens import count_tokens, split_tokens
from trials.instrumentations.breaking import BrokenStream
from trials.instrumentations.offline_answers import make_answer

Json = dict[str, Any]

_FAILURES: Final = {
    "offline-rate-limit": 429,
    "offline-bad-request": 400,
    "offline-overloaded": 503,
}
_DROPS: Final = "offline-drop-stream"
_EVENTS_BEFORE_BREAK: Final = 5
_PREAMBLE_TOKENS: Final = 66
"""What the model reads beside what is said to it, and nobody is billed for."""


class Cohere:
    """POST /v2/chat and /v2/embed."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()

    async def chat(self, request: Request) -> Response:
        """Answer whole or as a stream, or as the model's name asks."""
        asked = await request.json()
        if asked["model"] in _FAILURES:
            said = {"id": _make_id(), "message": "(offline server: this failure was asked for)"}
            return JSONResponse(said, _FAILURES[asked["model"]])
        answer = write_answer(asked)
        if not asked.get("stream"):
            await self._pace.write(int(answer["usage"]["tokens"]["output_tokens"]))
            return JSONResponse(answer)
        events = list(write_events(answer))
        kind: type[StreamingResponse] = StreamingResponse
        if asked["model"] == _DROPS:
            events, kind = events[:_EVENTS_BEFORE_BREAK], BrokenStream
        return kind(self._send(events), media_type="text/event-stream")

    async def embed(self, request: Request) -> Response:
        """Give a vector for each text."""
        asked = await request.json()
        tokens = sum(count_tokens(text) for text in asked["texts"])
        return JSONResponse(
            {
                "id": _make_id(),
                "embeddings": {"float": [[1.0, 0.0, 0.0, 0.0] for _ in asked["texts"]]},
                "texts": asked["texts"],
                "meta": {
                    "api_version": {"version": "2"},
                    "billed_units": {"input_tokens": tokens},
                },
                "response_type": "embeddings_by_type",
            }
        )

    async def _send(self, events: list[Json]) -> AsyncIterator[str]:
        for event in events:
            await asyncio.sleep(self._pace.per_token)
            yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"


def create_app(pace: Pace | None = None) -> Starlette:
    """Build the ASGI application."""
    cohere = Cohere(pace)
    return Starlette(
        routes=[
            Route("/v2/chat", cohere.chat, methods=["POST"]),
            Route("/v2/embed", cohere.embed, methods=["POST"]),
        ]
    )


def write_answer(asked: Json) -> Json:
    """Give the answer to a request, which names no model."""
    made = make_answer(asked)
    text = [{"type": "text", "text": made.text}]
    said = {"tool_calls": made.calls} if made.calls else {"content": text}
    told, written = made.input_tokens, made.output_tokens
    return {
        "id": _make_id(),
        "finish_reason": "TOOL_CALL" if made.calls else "COMPLETE",
        "message": {"role": "assistant", **said},
        "usage": {
            "billed_units": {"input_tokens": told, "output_tokens": written},
            "tokens": {"input_tokens": told + _PREAMBLE_TOKENS, "output_tokens": written},
        },
    }


def write_events(answer: Json) -> Iterator[Json]:
    """Give the events of a streamed answer of text; the last one tells its end and its usage."""
    begun = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}
    yield {"type": "message-start", "id": answer["id"], "delta": {"message": begun}}
    (block,) = answer["message"]["content"]
    empty = {"type": "text", "text": ""}
    yield {"type": "content-start", "index": 0, "delta": {"message": {"content": empty}}}
    for piece in split_tokens(block["text"]):
        delta = {"message": {"content": {"text": piece}}}
        yield {"type": "content-delta", "index": 0, "delta": delta}
    yield {"type": "content-end", "index": 0}
    end = {"finish_reason": answer["finish_reason"], "usage": answer["usage"]}
    yield {"type": "message-end", "delta": end}


def _make_id() -> str:
    return f"cohere_offline{secrets.token_hex(10)}"
