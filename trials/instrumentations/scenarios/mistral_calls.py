"""One function per scenario, on Mistral's own client; runs in a library's own environment."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any, Final

try:
    from mistralai.client import Mistral
except ImportError:  # before version 2
    from mistralai import Mistral

from trials.instrumentations.scenarios.steps import (
    LONGER_QUESTION,
    QUESTION,
    WEATHER_QUESTION,
    WEATHER_TOOL,
    drain,
    enclose,
    leave,
)

MODEL: Final = "mistral-small-2506"
EMBEDDING_MODEL: Final = "mistral-embed"


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


def embeddings() -> None:
    """Two texts."""
    _client().embeddings.create(model=EMBEDDING_MODEL, inputs=["the Eiffel tower", "Paris"])


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _ask(model="offline-rate-limit")


def bad_request() -> None:
    """The provider refuses: 400."""
    with contextlib.suppress(Exception):
        _ask(model="offline-bad-request")


def overloaded() -> None:
    """The provider refuses: 503."""
    with contextlib.suppress(Exception):
        _ask(model="offline-overloaded")


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        drain(_stream(model="offline-drop-stream"))


def abandoned_stream() -> None:
    """The application stops to read a stream and closes it."""
    stream = _stream(LONGER_QUESTION)
    leave(stream, after=3)
    # What instruments it may be a generator in its place.
    getattr(stream, "response", stream).close()


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
