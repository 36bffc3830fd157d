"""An offline server that speaks the Gemini API and says plainly that it is no model.

Deterministic, and only what the scenarios need: answers whole and streamed, function calls,
implicit caching, thinking, embeddings, and failures by the name of the model:
``offline-rate-limit``, ``offline-bad-request`` and ``offline-overloaded`` refuse,
``offline-drop-stream`` stops within its answer. https://ai.google.dev/api/generate-content
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

_THINKS: Final = "gemini-2.5-flash"
_THOUGHTS: Final = 24
"""Tokens that the one model thinks before each answer, unless it is told to think none."""
_LEAST_CACHED: Final = 1024
"""https://ai.google.dev/gemini-api/docs/caching, of the 2.5 Flash models."""
_CHUNKS_BEFORE_BREAK: Final = 3
_FAILURES: Final = {
    "offline-rate-limit": (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota"),
    "offline-bad-request": (400, "INVALID_ARGUMENT", "Request contains an invalid argument"),
    "offline-overloaded": (503, "UNAVAILABLE", "The model is overloaded"),
}
_RETRY: Final = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}


class Models:
    """POST /{version}/models/{model}:{method}; remembers per key which long texts it has seen."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._cached: defaultdict[str, set[str]] = defaultdict(set)

    async def call(self, request: Request) -> Response:
        """Answer whole, as server-sent events or with embeddings, or as the model's name asks."""
        model, _, method = request.path_params["call"].partition(":")
        asked = await request.json()
        if model in _FAILURES:
            return refuse(*_FAILURES[model])
        if method == "batchEmbedContents":
            return JSONResponse(write_embeddings(asked))
        if not asked.get("contents"):
            return refuse(400, "INVALID_ARGUMENT", "* GenerateContentRequest.contents is not given")
        cached = self._cached[request.headers.get("x-goog-api-key", "")]
        chunks = list(write_chunks(model, asked, cached))
        if method == "generateContent":
            await self._pace.write(len(chunks))
            return JSONResponse(join_chunks(chunks))
        kind: type[StreamingResponse] = StreamingResponse
        if model == "offline-drop-stream":
            chunks, kind = chunks[:_CHUNKS_BEFORE_BREAK], BrokenStream
        return kind(self._send(chunks), media_type="text/event-stream")

    async def _send(self, chunks: list[dict[str, Any]]) -> AsyncIterator[str]:
        for chunk in chunks:
            await asyncio.sleep(self._pace.per_token)
            yield f"data: {json.dumps(chunk)}\r\n\r\n"


def create_app(pace: Pace | None = None) -> Starlette:
    """Build the ASGI application with a cache of its own."""
    call = Models(pace).call
    paths = ("/v1/models/{call}", "/v1beta/models/{call}")
    return Starlette(routes=[Route(path, call, methods=["POST"]) for path in paths])


def refuse(code: int, status: str, message: str) -> JSONResponse:
    """Give an error as https://google.aip.dev/193 shapes it."""
    error: dict[str, Any] = {
        "code": code,
        "message": f"{message} (offline server: this failure was asked for)",
        "status": status,
    }
    return JSONResponse({"error": error | ({"details": [_RETRY]} if code == 429 else {})}, code)


def write_chunks(model: str, asked: dict[str, Any], cached: set[str]) -> Iterator[dict[str, Any]]:
    """Give a streamed answer's ``GenerateContentResponse`` objects.

    Each counts the answer up to itself; the last one says why it ended.
    """
    usage = _count(model, asked, cached)
    told = {
        "modelVersion": model.replace("offline-drop-stream", "gemini-2.5-flash-lite"),
        "responseId": f"genai_offline{secrets.token_hex(10)}",
    }
    parts = list(_answer(asked))
    written = 0
    for place, part in enumerate(parts, 1):
        written += count_tokens(part.get("text") or json.dumps(part.get("functionCall")))
        end = {"finishReason": "STOP"} if place == len(parts) else {}
        candidate = {"content": {"parts": [part], "role": "model"}, **end, "index": 0}
        counted = {
            "candidatesTokenCount": written,
            "totalTokenCount": usage["totalTokenCount"] + written,
        }
        yield {"candidates": [candidate], "usageMetadata": usage | counted, **told}


def join_chunks(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the answer as it is where it is not streamed."""
    parts = [chunk["candidates"][0]["content"]["parts"][0] for chunk in chunks]
    if "text" in parts[0]:
        parts = [{"text": "".join(part["text"] for part in parts)}]
    last = chunks[-1]
    candidate = last["candidates"][0] | {"content": {"parts": parts, "role": "model"}}
    return last | {"candidates": [candidate]}


def write_embeddings(asked: dict[str, Any]) -> dict[str, Any]:
    """Give a vector for each request; https://ai.google.dev/api/embeddings."""
    texts = [_read_text(each["content"]) for each in asked["requests"]]
    sizes = [each.get("outputDimensionality", 768) for each in asked["requests"]]
    tokens = sum(count_tokens(text) for text in texts)
    return {
        "embeddings": [{"values": [1.0] + [0.0] * (size - 1)} for size in sizes],
        "usageMetadata": {"promptTokenCount": tokens},
    }


def _answer(asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    tools = [each for tool in asked.get("tools", ()) for each in tool["functionDeclarations"]]
    if tools:
        schema = tools[0].get("parameters") or tools[0].get("parametersJsonSchema") or {}
        arguments = dict.fromkeys(schema.get("properties", {}), "Paris")
        yield {"functionCall": {"name": tools[0]["name"], "args": arguments}}
        return
    question = _read_text(asked["contents"][-1])
    text = f'(offline answer, no model was called) A model would answer "{question[:200]}" here.'
    for piece in split_tokens(text):
        yield {"text": piece}


def _read_text(content: dict[str, Any]) -> str:
    return " ".join(str(part.get("text", "")) for part in content["parts"])


def _count(model: str, asked: dict[str, Any], cached: set[str]) -> dict[str, Any]:
    """Count the input with what is cached in it, and beside the answer what was thought."""
    said = [*asked["contents"], *filter(None, [asked.get("systemInstruction")])]
    texts = [_read_text(each) for each in said]
    told = sum(count_tokens(text) for text in texts)
    told += count_tokens(json.dumps(asked["tools"])) if asked.get("tools") else 0
    read = sum(count_tokens(text) for text in texts if text in cached)
    cached |= {text for text in texts if count_tokens(text) >= _LEAST_CACHED}
    thinking = asked.get("generationConfig", {}).get("thinkingConfig", {})
    thoughts = _THOUGHTS if model == _THINKS and thinking.get("thinkingBudget") != 0 else 0
    return {
        "promptTokenCount": told,
        "totalTokenCount": told + thoughts,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": told}],
        **({"cachedContentTokenCount": read} if read else {}),
        **({"thoughtsTokenCount": thoughts} if thoughts else {}),
        **({"serviceTier": asked["serviceTier"]} if "serviceTier" in asked else {}),
    }
