"""One function per scenario, on Groq's own client; runs in a library's own environment."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

from groq import AsyncGroq, Groq

from trials.instrumentations.scenarios.steps import (
    LONGER_QUESTION,
    QUESTION,
    WEATHER_QUESTION,
    WEATHER_TOOL,
    drain,
    enclose,
    leave,
)

MODEL: Final = "llama-3.3-70b-versatile"


def _ask(question: str = QUESTION, model: str = MODEL, **options: Any) -> Any:
    return Groq(max_retries=0, timeout=20).chat.completions.create(
        model=model, messages=[{"role": "user", "content": question}], **options
    )


def _stream(question: str = QUESTION, model: str = MODEL) -> Any:
    return _ask(question, model, stream=True)


async def _ask_async(**options: Any) -> Any:
    return await AsyncGroq(max_retries=0, timeout=20).chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": QUESTION}], **options
    )


def chat() -> None:
    """One question, one answer."""
    _ask()


def chat_stream() -> None:
    """A stream of events."""
    drain(_stream())


def tools() -> None:
    """A tool is called."""
    _ask(WEATHER_QUESTION, tools=[WEATHER_TOOL])


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
    stream.close()


within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, by the client for coroutines."""
    asyncio.run(_ask_async())


def chat_stream_async() -> None:
    """A stream of events, by the client for coroutines."""

    async def read() -> None:
        async for _ in await _ask_async(stream=True):
            pass

    asyncio.run(read())
