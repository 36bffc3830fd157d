"""One function per scenario, on OpenAI's own client; runs in a library's own environment."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionToolParam

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    EMBEDDING_MODEL,
    LONG_STREAMED_QUESTION,
    MODEL,
    PRIORITY_MODEL,
    QUESTION,
    REASONING_MODEL,
    REFUSED_MODEL,
    WEATHER_QUESTION,
    drain,
    drain_async,
    enclose,
    make_abandoned,
    make_failing,
)

LONG_QUESTION: Final = "a1" * 600
"""1,200 tokens: OpenAI caches prefixes from 1,024 on."""
_WITH_USAGE: Final[dict[str, Any]] = {
    "stream": True,
    "stream_options": {"include_usage": True},
}
TOOL: Final[ChatCompletionToolParam] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


def _client() -> OpenAI:
    return OpenAI(max_retries=0, timeout=20)


def _chat(question: str = QUESTION, model: str = MODEL, **options: Any) -> Any:
    return _client().chat.completions.create(
        model=model, messages=[{"role": "user", "content": question}], **options
    )


async def _chat_async(**options: Any) -> Any:
    client = AsyncOpenAI(max_retries=0, timeout=20)
    return await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": QUESTION}], **options
    )


def chat() -> None:
    """One question, one answer."""
    _chat()


def chat_stream() -> None:
    """A stream whose usage was asked for."""
    drain(_chat(stream=True, stream_options={"include_usage": True}))


def chat_stream_without_usage() -> None:
    """A stream as it is without an option: the provider tells no usage."""
    drain(_chat(stream=True))


def tools() -> None:
    """A tool is called."""
    _chat(WEATHER_QUESTION, tools=[TOOL])


def cached() -> None:
    """The second of two equal long questions is read from the provider's cache."""
    _chat(LONG_QUESTION, max_tokens=8)
    _chat(LONG_QUESTION, max_tokens=8)


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        drain(_chat(LONG_STREAMED_QUESTION, max_tokens=8, **_WITH_USAGE))


def priority() -> None:
    """A dearer tier was asked for and serves, whole and streamed."""
    _chat(model=PRIORITY_MODEL, service_tier="priority")
    drain(_chat(model=PRIORITY_MODEL, service_tier="priority", **_WITH_USAGE))


def reasoning() -> None:
    """A model that reasons."""
    _chat(model=REASONING_MODEL, reasoning_effort="low")


def embeddings() -> None:
    """Two texts; four dimensions, to keep the fixture small."""
    _client().embeddings.create(
        model=EMBEDDING_MODEL, input=["the Eiffel tower", "Paris"], dimensions=4
    )


def responses() -> None:
    """The Responses API."""
    _client().responses.create(model=REASONING_MODEL, input=QUESTION)


def responses_priority() -> None:
    """The Responses API, where a dearer tier was asked for and serves."""
    _client().responses.create(model=PRIORITY_MODEL, input=QUESTION, service_tier="priority")


def responses_stream() -> None:
    """The Responses API, streamed: usage comes with the last event."""
    drain(_client().responses.create(model=MODEL, input=QUESTION, stream=True))


rate_limited = make_failing(lambda: _chat(model=REFUSED_MODEL))
broken_stream = make_failing(
    lambda: drain(_chat(model=BROKEN_MODEL, stream=True, stream_options={"include_usage": True}))
)
abandoned_stream = make_abandoned(
    lambda question: _chat(question, stream=True, stream_options={"include_usage": True})
)
within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, by the client for coroutines."""
    asyncio.run(_chat_async())


def chat_stream_async() -> None:
    """A stream whose usage was asked for, by the client for coroutines."""

    async def read() -> None:
        await drain_async(await _chat_async(stream=True, stream_options={"include_usage": True}))

    asyncio.run(read())
