"""One function per scenario, on Mistral's own client; runs in a library's own environment."""

from __future__ import annotations

import asyncio
import os
from typing import Any, Final

try:
    from mistralai.client import Mistral
except ImportError:  # before version 2
    from mistralai import Mistral

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    LONG_STREAMED_QUESTION,
    QUESTION,
    WEATHER_QUESTION,
    WEATHER_TOOL,
    drain,
    enclose,
    make_abandoned,
    make_failing,
    make_refusals,
)

MODEL: Final = "mistral-small-2506"
EMBEDDING_MODEL: Final = "mistral-embed"
LONG_QUESTION: Final = "a1" * 600
"""1,200 tokens."""


def _client() -> Mistral:
    return Mistral(
        api_key=os.environ["MISTRAL_API_KEY"],
        server_url=os.environ["MISTRAL_SERVER_URL"],
        timeout_ms=20_000,
    )


def _ask(question: str = QUESTION, model: str = MODEL, **options: Any) -> Any:
    messages = [{"role": "user", "content": question}]
    return _client().chat.complete(model=model, messages=messages, **options)


def _stream(question: str = QUESTION, model: str = MODEL) -> Any:
    return _client().chat.stream(model=model, messages=[{"role": "user", "content": question}])


def _describe() -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": QUESTION}]}


def chat() -> None:
    """One question, one answer."""
    _ask()


def chat_stream() -> None:
    """A stream of events."""
    drain(_stream())


def tools() -> None:
    """A tool is called."""
    _ask(WEATHER_QUESTION, tools=[WEATHER_TOOL])


def cached() -> None:
    """The second of two equal long questions is read from the provider's cache."""
    _ask(LONG_QUESTION)
    _ask(LONG_QUESTION)


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    drain(_stream(LONG_STREAMED_QUESTION))
    drain(_stream(LONG_STREAMED_QUESTION))


def embeddings() -> None:
    """Two texts."""
    _client().embeddings.create(model=EMBEDDING_MODEL, inputs=["the Eiffel tower", "Paris"])


rate_limited, bad_request, overloaded = make_refusals(lambda model: _ask(model=model))
broken_stream = make_failing(lambda: drain(_stream(model=BROKEN_MODEL)))
abandoned_stream = make_abandoned(
    _stream,
    after=3,
    # What instruments it may be a generator in its place.
    close=lambda stream: getattr(stream, "response", stream).close(),
)
within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, by the client for coroutines."""

    async def ask() -> None:
        await _client().chat.complete_async(**_describe())

    asyncio.run(ask())


def chat_stream_async() -> None:
    """A stream of events, by the client for coroutines."""

    async def read() -> None:
        async for _ in await _client().chat.stream_async(**_describe()):
            pass

    asyncio.run(read())
