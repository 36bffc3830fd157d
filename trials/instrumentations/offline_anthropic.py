"""An offline server that speaks Anthropic's Messages API and says plainly that it is no model.

Deterministic, and only what the scenarios need: plain answers, streams, tool use, prompt caching,
and failures by the name of the model: ``offline-rate-limit`` refuses, ``offline-drop-stream``
stops within its answer. https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from infra.local.offline_openai.delivery import Pace
from infra.local.offline_openai.tokens import count_tokens, split_tokens
from trials.instrumentations.breaking import BrokenStream

_PATHS: Final = (
    "/v1/messages",
    "/v1/projects/{project}/locations/{location}/publishers/anthropic/models/{model}:{method}",
)
"""Anthropic's own and Vertex AI's, which names the model."""
_SNAPSHOTS: Final = {
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
    "claude-haiku-4-5@20251001": "claude-haiku-4-5-20251001",
}
_TELLS_OUTPUT_AT_END: Final = "claude-3-5"
_EVENTS_BEFORE_BREAK: Final = 5
# What a block lacks when it is announced.
_EMPTY: Final[dict[str, dict[str, Any]]] = {"text": {"text": ""}, "tool_use": {"input": {}}}
_LIMITED: Final = {
    "type": "error",
    "error": {
        "type": "rate_limit_error",
        "message": "Rate limit reached (offline server: this failure was asked for)",
    },
}


class Messages:
    """POST /v1/messages; remembers per key which blocks with ``cache_control`` it has seen."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._cached: defaultdict[str, set[str]] = defaultdict(set)

    async def create(self, request: Request) -> Response:
        """Answer whole or as a stream, or as the model's name asks."""
        asked = request.path_params | await request.json()
        headers = {"request-id": f"req_offline{secrets.token_hex(10)}"}
        if asked["model"] == "offline-rate-limit":
            return JSONResponse(_LIMITED, 429, headers | {"retry-after": "1"})
        # Anthropic's client names its key in one of two headers.
        key = request.headers.get("x-api-key") or request.headers.get("authorization", "")
        message = write_message(asked, self._cached[key])
        if not asked.get("stream"):
            await self._pace.write(message["usage"]["output_tokens"])
            return JSONResponse(message, headers=headers)
        events = list(write_events(message))
        kind: type[StreamingResponse] = StreamingResponse
        if asked["model"] == "offline-drop-stream":
            events, kind = events[:_EVENTS_BEFORE_BREAK], BrokenStream
        return kind(self._send(events), media_type="text/event-stream", headers=headers)

    async def _send(self, events: list[dict[str, Any]]) -> AsyncIterator[str]:
        for event in events:
            await asyncio.sleep(self._pace.per_token)
            yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"


def create_app(pace: Pace | None = None) -> Starlette:
    """Build the ASGI application with a cache of its own."""
    create = Messages(pace).create
    return Starlette(routes=[Route(path, create, methods=["POST"]) for path in _PATHS])


def write_message(asked: dict[str, Any], cached: set[str]) -> dict[str, Any]:
    """Give the ``message`` that answers a request; remembers in ``cached`` what it was told to."""
    # Who tells a tool's result, under Anthropic's name for it or Bedrock's, gets an answer.
    tools = [] if _tells_result(asked["messages"][-1]) else asked.get("tools", [])
    question = _read_text(asked["messages"][-1]["content"])
    text = f'(offline answer, no model was called) A model would answer "{question[:200]}" here.'
    content = [_call(tool) for tool in tools[:1]] or [{"type": "text", "text": text}]
    model = asked["model"].replace("offline-drop-stream", "claude-haiku-4-5")
    return {
        "id": f"msg_offline{secrets.token_hex(10)}",
        "type": "message",
        "role": "assistant",
        "model": _SNAPSHOTS.get(model, model),
        "content": content,
        "stop_reason": "tool_use" if tools else "end_turn",
        "stop_sequence": None,
        "usage": _count(asked, cached) | {"output_tokens": _count_output(content)},
    }


def write_events(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the events of a streamed message in Anthropic's order."""
    begun = message | {
        "content": [],
        "stop_reason": None,
        "usage": message["usage"] | {"output_tokens": 1},
    }
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(message["content"]):
        empty = block | _EMPTY[block["type"]]
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        for delta in _cut(block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": end, "usage": _tell_end(message)}
    yield {"type": "message_stop"}


def _tell_end(message: dict[str, Any]) -> dict[str, Any]:
    """Give the usage at a stream's end: of an older model's, the output alone."""
    usage: dict[str, Any] = message["usage"]
    is_older = message["model"].startswith(_TELLS_OUTPUT_AT_END)
    return {"output_tokens": usage["output_tokens"]} if is_older else usage


def _cut(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if block["type"] == "text":
        for piece in split_tokens(block["text"]):
            yield {"type": "text_delta", "text": piece}
    else:
        for piece in split_tokens(json.dumps(block["input"])):
            yield {"type": "input_json_delta", "partial_json": piece}


def _call(tool: dict[str, Any]) -> dict[str, Any]:
    arguments = dict.fromkeys(tool["input_schema"].get("properties", {}), "Paris")
    id_ = f"toolu_offline{secrets.token_hex(10)}"
    return {"type": "tool_use", "id": id_, "name": tool["name"], "input": arguments}


def _tells_result(message: dict[str, Any]) -> bool:
    blocks = message["content"] if isinstance(message["content"], list) else []
    return any("toolResult" in each or each.get("type") == "tool_result" for each in blocks)


def _read_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return " ".join(str(block.get("text", "")) for block in content)


def _count_output(content: list[dict[str, Any]]) -> int:
    return sum(count_tokens(block.get("text") or json.dumps(block["input"])) for block in content)


def _count(asked: dict[str, Any], cached: set[str]) -> dict[str, Any]:
    """Count the input as Anthropic does: beside what is read from or written to the cache."""
    told = sum(count_tokens(_read_text(each["content"])) for each in asked["messages"])
    told += count_tokens(json.dumps(asked["tools"])) if asked.get("tools") else 0
    read = written = 0
    for block in asked.get("system") or () if not isinstance(asked.get("system"), str) else ():
        tokens = count_tokens(block["text"])
        if "cache_control" not in block:
            told += tokens
        elif block["text"] in cached:
            read += tokens
        else:
            cached.add(block["text"])
            written += tokens
    return {
        "input_tokens": told,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "service_tier": "priority" if asked.get("service_tier") == "auto" else "standard",
    }
