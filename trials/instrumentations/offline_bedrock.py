"""An offline server that speaks Amazon Bedrock's runtime API and says plainly that it is no model.

Deterministic, and only what the scenarios need: Converse and InvokeModel with Anthropic's bodies,
whole and streamed, Titan's embeddings, and failures by the name of the model, which refuse or stop
within their answer. https://docs.aws.amazon.com/bedrock/latest/APIReference
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from infra.local.offline_openai.delivery import Pace
from infra.local.offline_openai.tokens import count_tokens
from trials.instrumentations.breaking import BrokenStream
from trials.instrumentations.event_stream import encode_event
from trials.instrumentations.offline_anthropic import write_events, write_message

_FAILURES: Final = {
    "offline-rate-limit": (429, "ThrottlingException", "Too many requests, please wait"),
    "offline-bad-request": (400, "ValidationException", "The provided request is not valid"),
    "offline-overloaded": (503, "ServiceUnavailableException", "Bedrock is unable to process"),
}
_DROPS: Final = "offline-drop-stream"
_EVENTS_BEFORE_BREAK: Final = 5
_EMBEDDING_SIZE: Final = 256
_MAKERS_OWN: Final = re.compile(r"(?:[a-z-]+\.)?anthropic\.(.+?)(?:-v\d+(?::\d+)?)?")
"""``claude-haiku-4-5-20251001`` in ``us.anthropic.claude-haiku-4-5-20251001-v1:0``."""
_STREAM_TYPE: Final = "application/vnd.amazon.eventstream"
_CREDENTIAL: Final = re.compile(r"Credential=([^/]+)/")

Json = dict[str, Any]
Event = tuple[str, Json]


class Runtime:
    """POST /model/{id}/{action}; remembers per access key what it was told to cache."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._cached: defaultdict[str, set[str]] = defaultdict(set)

    async def call(self, request: Request) -> Response:
        """Answer whole or as an event stream, or as the model's name asks."""
        asked, model = await request.json(), request.path_params["model"]
        headers = {"x-amzn-requestid": str(uuid.uuid4())}
        if failure := next((each for each in _FAILURES if each in model), None):
            return refuse(*_FAILURES[failure], headers)
        # A signature names its key, a bearer's token is one.
        authorization = request.headers.get("authorization", "")
        key = _CREDENTIAL.search(authorization)
        cached = self._cached[key[1] if key else authorization]
        match request.path_params["action"]:
            case "converse":
                body = write_answer(model, asked, cached)
                await self._pace.write(body["usage"]["outputTokens"])
                return JSONResponse(body, headers=headers)
            case "converse-stream":
                return self._stream(model, write_answer_events(model, asked, cached), headers)
            case "invoke" if "inputText" in asked:
                return JSONResponse(write_embedding(asked), headers=headers)
            case "invoke":
                body = write_message(asked | {"model": _name(model)}, cached)
                await self._pace.write(body["usage"]["output_tokens"])
                return JSONResponse(body, headers=headers | _tell_counts(body["usage"]))
            case _:
                body = write_message(asked | {"model": _name(model)}, cached)
                return self._stream(model, write_chunks(body), headers)

    def _stream(self, model: str, events: Iterator[Event], headers: dict[str, str]) -> Response:
        sent, kind = list(events), StreamingResponse
        if _DROPS in model:
            sent, kind = sent[:_EVENTS_BEFORE_BREAK], BrokenStream
        return kind(self._send(sent), media_type=_STREAM_TYPE, headers=headers)

    async def _send(self, events: list[Event]) -> AsyncIterator[bytes]:
        for name, payload in events:
            await asyncio.sleep(self._pace.per_token)
            yield encode_event(name, json.dumps(payload).encode())


def create_app(pace: Pace | None = None) -> Starlette:
    """Build the ASGI application with a cache of its own."""
    call = Runtime(pace).call
    return Starlette(routes=[Route("/model/{model}/{action}", call, methods=["POST"])])


def refuse(status: int, kind: str, message: str, headers: dict[str, str]) -> JSONResponse:
    """Give an error as Bedrock does, which names its kind in a header."""
    said = f"{message} (offline server: this failure was asked for)"
    return JSONResponse({"message": said}, status, headers | {"x-amzn-errortype": kind})


def write_answer(model: str, asked: Json, cached: set[str]) -> Json:
    """Give Converse's answer, which names neither itself nor the model."""
    message = write_message(_to_anthropic(model, asked), cached)
    return {
        "metrics": {"latencyMs": 250},
        "output": {"message": {"content": _name_blocks(message), "role": "assistant"}},
        "stopReason": message["stop_reason"],
        "usage": _count(message["usage"]),
        **_tell_tier(asked),
    }


def write_answer_events(model: str, asked: Json, cached: set[str]) -> Iterator[Event]:
    """Give ConverseStream's events: a block that is text is not announced, a tool's use is."""
    message = write_message(_to_anthropic(model, asked), cached)
    yield "messageStart", {"role": "assistant"}
    for event in write_events(message):
        place = {"contentBlockIndex": event.get("index")}
        match event["type"]:
            case "content_block_start" if event["content_block"]["type"] == "tool_use":
                block = event["content_block"]
                start = {"toolUse": {"name": block["name"], "toolUseId": block["id"]}}
                yield "contentBlockStart", place | {"start": start}
            case "content_block_delta":
                delta = event["delta"]
                text = {"text": delta.get("text")}
                tool = {"toolUse": {"input": delta.get("partial_json")}}
                said = text if delta["type"] == "text_delta" else tool
                yield "contentBlockDelta", place | {"delta": said}
            case "content_block_stop":
                yield "contentBlockStop", place
    yield "messageStop", {"stopReason": message["stop_reason"]}
    end = {"metrics": {"latencyMs": 250}, "usage": _count(message["usage"])}
    yield "metadata", end | _tell_tier(asked)


def _tell_tier(asked: Json) -> Json:
    """Give the tier that serves: the one that was asked for, if any was."""
    return {"serviceTier": asked["serviceTier"]} if "serviceTier" in asked else {}


def write_chunks(message: Json) -> Iterator[Event]:
    """Give InvokeModelWithResponseStream's events: Anthropic's, each as bytes of a chunk."""
    usage = message["usage"]
    metrics = {
        "inputTokenCount": usage["input_tokens"],
        "outputTokenCount": usage["output_tokens"],
        "invocationLatency": 250,
        "firstByteLatency": 100,
    }
    for event in write_events(message):
        is_last = event["type"] == "message_stop"
        said = event | ({"amazon-bedrock-invocationMetrics": metrics} if is_last else {})
        yield "chunk", {"bytes": base64.b64encode(json.dumps(said).encode()).decode()}


def write_embedding(asked: Json) -> Json:
    """Give the vector of Titan Text Embeddings V2."""
    vector = [1.0] + [0.0] * (asked.get("dimensions", _EMBEDDING_SIZE) - 1)
    return {"embedding": vector, "inputTextTokenCount": count_tokens(asked["inputText"])}


def _name(model: str) -> str:
    found = _MAKERS_OWN.fullmatch(model)
    return found[1] if found else model


def _to_anthropic(model: str, asked: Json) -> Json:
    """Give a request of Converse's in the maker's own words; a cache point follows its block."""
    system: list[Json] = []
    for block in asked.get("system", ()):
        if "cachePoint" in block:
            system[-1]["cache_control"] = {"type": "ephemeral"}
        else:
            system.append({"type": "text", "text": block["text"]})
    tools = [each["toolSpec"] for each in asked.get("toolConfig", {}).get("tools", ())]
    return {
        "model": _name(model),
        "system": system,
        "messages": asked["messages"],
        "tools": [
            {"name": tool["name"], "input_schema": tool["inputSchema"]["json"]} for tool in tools
        ],
    }


def _name_blocks(message: Json) -> list[Json]:
    return [
        {"text": block["text"]}
        if block["type"] == "text"
        else {"toolUse": {"toolUseId": block["id"], "name": block["name"], "input": block["input"]}}
        for block in message["content"]
    ]


def _count(usage: Json) -> Json:
    """Give the counts under Converse's names; the input leaves out what the cache is about."""
    read, written = usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
    return {
        "inputTokens": usage["input_tokens"],
        "outputTokens": usage["output_tokens"],
        "totalTokens": usage["input_tokens"] + usage["output_tokens"] + read + written,
        "cacheReadInputTokens": read,
        "cacheWriteInputTokens": written,
    }


def _tell_counts(usage: Json) -> dict[str, str]:
    return {
        "x-amzn-bedrock-invocation-latency": "250",
        "x-amzn-bedrock-input-token-count": str(usage["input_tokens"]),
        "x-amzn-bedrock-output-token-count": str(usage["output_tokens"]),
    }
