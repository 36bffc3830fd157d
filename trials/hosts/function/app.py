"""Somebody's function: it calls a model in every way that the installed client knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from openai import AsyncOpenAI, OpenAI

_MODEL = "gpt-4o-mini"
_MESSAGES: Any = [{"role": "user", "content": "Where is my parcel?"}]
_client = OpenAI(max_retries=0, timeout=20)


def _chat() -> Any:
    answer = _client.chat.completions.create(model=_MODEL, messages=_MESSAGES)
    return _read(answer)


def _read(answer: Any) -> Any:
    return [answer.choices[0].message.content, answer.usage.total_tokens, type(answer).__name__]


def _stream() -> Any:
    stream = _client.chat.completions.create(model=_MODEL, messages=_MESSAGES, stream=True)
    return [_read_chunk(chunk) for chunk in stream]


def _read_chunk(chunk: Any) -> Any:
    return [chunk.choices[0].delta.content, getattr(chunk, "usage", None)]


async def _call_async() -> Any:
    async with AsyncOpenAI(max_retries=0, timeout=20) as client:
        answer = await client.chat.completions.create(model=_MODEL, messages=_MESSAGES)
        stream: Any = await client.chat.completions.create(
            model=_MODEL, messages=_MESSAGES, stream=True
        )
        return [_read(answer), [_read_chunk(chunk) async for chunk in stream]]


def _embed() -> Any:
    answer = _client.embeddings.create(model="text-embedding-3-small", input="parcel")
    return [len(answer.data), len(answer.data[0].embedding)]


def _call_raw() -> Any:
    answer = _client.chat.completions.with_raw_response.create(model=_MODEL, messages=_MESSAGES)
    return [answer.status_code, _read(answer.parse())]


def _respond() -> Any:
    answer: Any = _client.responses.create(model="gpt-5-mini", input="Where is my parcel?")
    return [answer.output_text, answer.usage.total_tokens]


def _fail() -> Any:
    return _client.chat.completions.create(model="no-such-model", messages=_MESSAGES)


_WAYS: Mapping[str, Callable[[], Any]] = {
    "chat": _chat,
    "stream": _stream,
    "async": lambda: asyncio.run(_call_async()),
    "embeddings": _embed,
    "raw": _call_raw,
    "responses": _respond,
    "error": _fail,
}


def handler(_event: object, _context: object) -> dict[str, Any]:
    """Answer what each way of calling came to, its error included."""
    return {way: _try(call) for way, call in _WAYS.items()}


def _try(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:  # noqa: BLE001  # errors are compared, too
        return f"{type(error).__module__}.{type(error).__qualname__}"
