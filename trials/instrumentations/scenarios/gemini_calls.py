"""One function per scenario, on Google's Gen AI client; runs in a library's own environment."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from google.genai import Client

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    LONG_STREAMED_QUESTION,
    LONGER_QUESTION,
    QUESTION,
    WEATHER_QUESTION,
    drain,
    enclose,
    leave,
    make_failing,
    make_refusals,
)

MODEL: Final = "gemini-2.5-flash-lite"
THINKING_MODEL: Final = "gemini-2.5-flash"
EMBEDDING_MODEL: Final = "gemini-embedding-001"
LONG_INSTRUCTION: Final = "a1" * 600
"""1,200 tokens: Gemini caches prefixes from 1,024 on."""
TOOL: Final = {
    "function_declarations": [
        {
            "name": "get_weather",
            "description": "Tell the weather in a city.",
            "parameters": {
                "type": "OBJECT",
                "properties": {"city": {"type": "STRING"}},
                "required": ["city"],
            },
        }
    ]
}


def _ask(question: str = QUESTION, model: str = MODEL, **config: Any) -> Any:
    # A client that nobody keeps closes its connections at once.
    with Client() as client:
        return client.models.generate_content(model=model, contents=question, config=config or None)


def _read_stream(model: str = MODEL, **config: Any) -> None:
    with Client() as client:
        drain(
            client.models.generate_content_stream(
                model=model, contents=QUESTION, config=config or None
            )
        )


def chat() -> None:
    """One question, one answer."""
    _ask()


def chat_stream() -> None:
    """A stream of events."""
    _read_stream()


def tools() -> None:
    """A function is called."""
    _ask(WEATHER_QUESTION, tools=[TOOL])


def cached() -> None:
    """A long instruction is cached by itself, then read from the cache."""
    _ask(system_instruction=LONG_INSTRUCTION)
    _ask(system_instruction=LONG_INSTRUCTION)


def cached_stream() -> None:
    """The same of streams: cached by itself, then read from the cache."""
    _read_stream(system_instruction=LONG_STREAMED_QUESTION)
    _read_stream(system_instruction=LONG_STREAMED_QUESTION)


def priority() -> None:
    """A dearer tier was asked for and serves."""
    _ask(service_tier="priority")


def priority_stream() -> None:
    """The same of a stream."""
    _read_stream(service_tier="priority")


def reasoning() -> None:
    """A model that thinks."""
    _ask(model=THINKING_MODEL)


def embeddings() -> None:
    """A text; four dimensions, to keep the fixture small."""
    with Client() as client:
        client.models.embed_content(
            model=EMBEDDING_MODEL, contents="the Eiffel tower", config={"output_dimensionality": 4}
        )


rate_limited, bad_request, overloaded = make_refusals(lambda model: _ask(model=model))
broken_stream = make_failing(lambda: _read_stream(BROKEN_MODEL))


def abandoned_stream() -> None:
    """The application stops to read a stream and closes it."""
    with Client() as client:
        stream = client.models.generate_content_stream(model=MODEL, contents=LONGER_QUESTION)
        leave(stream, after=3)
        stream.close()


within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, by the client for coroutines."""

    async def ask() -> None:
        async with Client().aio as client:
            await client.models.generate_content(model=MODEL, contents=QUESTION)

    asyncio.run(ask())


def chat_stream_async() -> None:
    """A stream of events, by the client for coroutines."""

    async def read() -> None:
        async with Client().aio as client:
            models = client.models
            async for _ in await models.generate_content_stream(model=MODEL, contents=QUESTION):
                pass

    asyncio.run(read())
