"""Offline servers that speak Groq's and Mistral's chat completions and say they are no models.

Deterministic, and only what the scenarios need: answers whole and streamed, tool calls, Mistral's
embeddings, and failures by the name of the model, which refuse or stop within their answer.
https://console.groq.com/docs/api-reference and https://docs.mistral.ai/api
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from infra.local.offline_openai.delivery import Pace
from infra.local.offline_openai.prefix_cache import PrefixCache
from infra.local.offline_openai.tokens import count_tokens, split_tokens
from trials.instrumentations.breaking import BrokenStream
from trials.instrumentations.offline_answers import make_answer

Json = dict[str, Any]

_DROPS: Final = "offline-drop-stream"
_CHUNKS_BEFORE_BREAK: Final = 4
_SAID: Final = "(offline server: this failure was asked for)"
_GROQ_FAILURES: Final[dict[str, tuple[int, Json]]] = {
    "offline-rate-limit": (429, {"type": "tokens", "code": "rate_limit_exceeded"}),
    "offline-bad-request": (400, {"type": "invalid_request_error"}),
    "offline-overloaded": (503, {"type": "internal_server_error"}),
}
_MISTRAL_FAILURES: Final[dict[str, tuple[int, Json]]] = {
    "offline-rate-limit": (429, {"type": "rate_limited", "code": "1300"}),
    "offline-bad-request": (400, {"type": "invalid_request_message_order", "code": "3230"}),
    "offline-overloaded": (503, {"type": "unreachable_backend", "code": "1100"}),
}


@dataclass(frozen=True)
class Completions:
    """POST chat/completions and embeddings, as Groq or as Mistral answers."""

    pace: Pace
    is_groq: bool
    cache: PrefixCache = field(default_factory=PrefixCache)

    async def complete(self, request: Request) -> Response:
        """Answer whole or as a stream, or as the model's name asks."""
        asked = await request.json()
        if refused := self.refuse(asked["model"]):
            return refused
        key = request.headers.get("authorization", "")
        answer = write_completion(asked, self._measure(key, asked))
        if not asked.get("stream"):
            await self.pace.write(answer["usage"]["completion_tokens"])
            return JSONResponse(answer)
        chunks = list(write_chunks(answer, is_groq=self.is_groq))
        kind: type[StreamingResponse] = StreamingResponse
        ends = True
        if asked["model"] == _DROPS:
            chunks, kind, ends = chunks[:_CHUNKS_BEFORE_BREAK], BrokenStream, False
        return kind(self._send(chunks, ends=ends), media_type="text/event-stream")

    async def embed(self, request: Request) -> Response:
        """Give a vector for each text."""
        asked = await request.json()
        texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
        tokens = sum(count_tokens(text) for text in texts)
        vectors = [
            {"object": "embedding", "index": place, "embedding": [1.0, 0.0, 0.0, 0.0]}
            for place, _ in enumerate(texts)
        ]
        return JSONResponse(
            {
                "id": f"mistral_offline{secrets.token_hex(10)}",
                "object": "list",
                "data": vectors,
                "model": asked["model"],
                "usage": {
                    "prompt_tokens": tokens,
                    "total_tokens": tokens,
                    "completion_tokens": 0,
                },
            }
        )

    def refuse(self, model: str) -> Response | None:
        """Give the error that the model's name asks for: Groq's is an object in another."""
        if self.is_groq and model in _GROQ_FAILURES:
            status, error = _GROQ_FAILURES[model]
            return JSONResponse({"error": {"message": f"Refused {_SAID}"} | error}, status)
        if not self.is_groq and model in _MISTRAL_FAILURES:
            status, error = _MISTRAL_FAILURES[model]
            told = {"object": "error", "message": f"Refused {_SAID}", "param": None} | error
            return JSONResponse(told, status)
        return None

    def _measure(self, key: str, asked: Json) -> int:
        """Give how many of a question's first tokens this key has sent before."""
        said = "\n".join(str(each["content"]) for each in asked["messages"])
        return self.cache.measure(f"{key}:{asked['model']}", split_tokens(said))

    async def _send(self, chunks: list[Json], *, ends: bool) -> AsyncIterator[str]:
        for chunk in chunks:
            await asyncio.sleep(self.pace.per_token)
            yield f"data: {json.dumps(chunk)}\n\n"
        if ends:
            yield "data: [DONE]\n\n"


def create_groq(pace: Pace | None = None) -> Starlette:
    """Build Groq's application."""
    calls = Completions(pace or Pace(), is_groq=True)
    return Starlette(
        routes=[Route("/openai/v1/chat/completions", calls.complete, methods=["POST"])]
    )


def create_mistral(pace: Pace | None = None) -> Starlette:
    """Build Mistral's application, below ``/mistral`` since its paths are those of OpenAI's."""
    calls = Completions(pace or Pace(), is_groq=False)
    return Starlette(
        routes=[
            Route("/mistral/v1/chat/completions", calls.complete, methods=["POST"]),
            Route("/mistral/v1/embeddings", calls.embed, methods=["POST"]),
        ]
    )


def write_completion(asked: Json, cached: int = 0) -> Json:
    """Give the ``chat.completion`` that answers a request; it tells a cache that was read."""
    made = make_answer(asked)
    message: Json = {"role": "assistant", "content": "" if made.calls else made.text}
    return {
        "id": f"chatcmpl-offline{secrets.token_hex(12)}",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": asked["model"].replace(_DROPS, "offline-model"),
        "choices": [
            {
                "index": 0,
                "message": message | ({"tool_calls": made.calls} if made.calls else {}),
                "finish_reason": "tool_calls" if made.calls else "stop",
            }
        ],
        "usage": {
            "prompt_tokens": made.input_tokens,
            "completion_tokens": made.output_tokens,
            "total_tokens": made.input_tokens + made.output_tokens,
            **({"prompt_tokens_details": {"cached_tokens": cached}} if cached else {}),
        },
    }


def write_chunks(answer: Json, *, is_groq: bool) -> Iterator[Json]:
    """Give the chunks of a streamed answer; the last one tells the usage without being asked."""
    (choice,) = answer["choices"]
    common = {key: answer[key] for key in ("id", "created", "model")}
    common["object"] = "chat.completion.chunk"
    message = choice["message"]
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in split_tokens(message["content"])]
    if calls := message.get("tool_calls"):
        deltas.append({"tool_calls": [{"index": 0, **calls[0]}]})
    for delta in deltas:
        yield common | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    end = {"index": 0, "delta": {"content": ""}, "finish_reason": choice["finish_reason"]}
    usage = {"usage": answer["usage"]}
    yield common | {"choices": [end], **({"x_groq": usage} if is_groq else {}), **usage}
