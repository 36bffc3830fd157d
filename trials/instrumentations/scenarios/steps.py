"""What the scenarios of several libraries share: a question, a tool, a stream read or left."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterable, Callable, Coroutine, Iterable
from functools import partial
from typing import Any, Final

from opentelemetry import trace

MODEL: Final = "gpt-4o-mini"
PRIORITY_MODEL: Final = "gpt-4.1"
"""Whose dearer tier has a price that is known."""
REASONING_MODEL: Final = "o4-mini"
EMBEDDING_MODEL: Final = "text-embedding-3-small"
REFUSED_MODEL: Final = "offline-rate-limit"
WRONG_MODEL: Final = "offline-bad-request"
OVERLOADED_MODEL: Final = "offline-overloaded"
BROKEN_MODEL: Final = "offline-drop-stream"
"""Models whose calls the offline provider fails; where a library checks names, a header asks."""
QUESTION: Final = "Which city has the Eiffel tower?"
LONGER_QUESTION: Final = f"{QUESTION} " * 12
"""Its answer is long enough for a stream that is left to be left in the middle."""
LONG_STREAMED_QUESTION: Final = "b2" * 600
"""1,200 tokens that no other scenario sends, so that its first call finds nothing cached."""
WEATHER_QUESTION: Final = "What is the weather in Paris?"
WEATHER_TOOL: Final = {
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
"""As OpenAI and those who follow it describe a tool."""

# Frameworks keep clients that die with their event loop, so there is one.
_LOOP: Final = asyncio.new_event_loop()
asyncio.set_event_loop(_LOOP)


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sunny in {city}"


def drain(stream: Iterable[object]) -> None:
    """Read a stream to its end."""
    for _ in stream:
        pass


def leave(stream: Iterable[object], after: int = 2) -> None:
    """Read a stream's first parts, up to number ``after`` from 0, and no more."""
    for place, _ in enumerate(stream):
        if place == after:
            break


async def drain_async(stream: AsyncIterable[object]) -> None:
    """Read a stream to its end, in a coroutine."""
    async for _ in stream:
        pass


async def leave_async(stream: AsyncIterable[object], after: int = 2) -> None:
    """Read a stream's first parts, up to number ``after`` from 0, and no more."""
    place = 0
    async for _ in stream:
        if place == after:
            break
        place += 1


def run(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine to its end, in the one event loop."""
    _LOOP.run_until_complete(coroutine)


def make_failing(call: Callable[[], object]) -> Callable[[], None]:
    """Give the scenario of a call that fails, as the application sees it: it goes on."""

    def fail() -> None:
        with contextlib.suppress(Exception):
            call()

    return fail


def make_refusals(
    ask: Callable[[str], object],
) -> tuple[Callable[[], None], Callable[[], None], Callable[[], None]]:
    """Give the scenarios of a provider that refuses a model's call: 429, 400 and 503."""
    rate_limited, bad_request, overloaded = (
        make_failing(partial(ask, model))
        for model in (REFUSED_MODEL, WRONG_MODEL, OVERLOADED_MODEL)
    )
    return rate_limited, bad_request, overloaded


def make_abandoned(
    begin: Callable[[str], Any],
    *,
    after: int = 2,
    close: Callable[[Any], None] = lambda stream: stream.close(),
) -> Callable[[], None]:
    """Give the scenario of an application that stops to read a stream and closes it."""

    def abandon() -> None:
        stream = begin(LONGER_QUESTION)
        leave(stream, after)
        close(stream)

    return abandon


def enclose(*calls: Callable[[], None]) -> Callable[[], None]:
    """Give the scenario of these calls in a span of the application's."""

    def within_span() -> None:
        with trace.get_tracer("application").start_as_current_span("handle request"):
            for call in calls:
                call()

    return within_span
