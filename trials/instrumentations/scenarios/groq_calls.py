"""One function per scenario, on Groq's own client; runs in a library's own environment."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from groq import AsyncGroq, Groq

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

MODEL: Final = "llama-3.3-70b-versatile"
CACHING_MODEL: Final = "moonshotai/kimi-k2-instruct-0905"
LONG_QUESTION: Final = "a1" * 600
"""1,200 tokens."""


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


def cached() -> None:
    """The second of two equal long questions is read from the provider's cache."""
    _ask(LONG_QUESTION, CACHING_MODEL)
    _ask(LONG_QUESTION, CACHING_MODEL)


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    drain(_stream(LONG_STREAMED_QUESTION, CACHING_MODEL))
    drain(_stream(LONG_STREAMED_QUESTION, CACHING_MODEL))


rate_limited, bad_request, overloaded = make_refusals(lambda model: _ask(model=model))
broken_stream = make_failing(lambda: drain(_stream(model=BROKEN_MODEL)))
abandoned_stream = make_abandoned(_stream, after=3)
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
