"""One function per scenario, on Anthropic's own client; runs in a library's own environment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from anthropic import Anthropic, AsyncAnthropic
from opentelemetry import trace

MODEL: Final = "claude-haiku-4-5"
QUESTION: Final = "Which city has the Eiffel tower?"
LONG_INSTRUCTION: Final = "a1" * 600
"""1,200 tokens, marked to be cached."""
TOOL: Final = {
    "name": "get_weather",
    "description": "Tell the weather in a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}


def _client() -> Anthropic:
    return Anthropic(max_retries=0, timeout=20)


def _ask(question: str = QUESTION, **options: Any) -> Any:
    wanted: dict[str, Any] = {"model": MODEL, "max_tokens": 200, **options}
    return _client().messages.create(messages=[{"role": "user", "content": question}], **wanted)


async def _ask_async(**options: Any) -> Any:
    client = AsyncAnthropic(max_retries=0, timeout=20)
    return await client.messages.create(
        model=MODEL, max_tokens=200, messages=[{"role": "user", "content": QUESTION}], **options
    )


def chat() -> None:
    """One question, one answer."""
    _ask()


def chat_stream() -> None:
    """A stream of events."""
    for _ in _ask(stream=True):
        pass


def chat_stream_helper() -> None:
    """A stream by the client's own helper, ``messages.stream()``."""
    with _client().messages.stream(
        model=MODEL, max_tokens=200, messages=[{"role": "user", "content": QUESTION}]
    ) as stream:
        for _ in stream.text_stream:
            pass


def tools() -> None:
    """A tool is called."""
    _ask("What is the weather in Paris?", tools=[TOOL])


def cached() -> None:
    """A long instruction is written to the provider's cache, then read from it."""
    instruction = {
        "type": "text",
        "text": LONG_INSTRUCTION,
        "cache_control": {"type": "ephemeral"},
    }
    _ask(system=[instruction])
    _ask(system=[instruction])


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _ask(model="offline-rate-limit")


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        for _ in _ask(model="offline-drop-stream", stream=True):
            pass


def abandoned_stream() -> None:
    """The application stops to read a stream and closes it."""
    stream = _ask(f"{QUESTION} " * 12, stream=True)
    for place, _ in enumerate(stream):
        if place == 3:
            break
    stream.close()


def within_span() -> None:
    """Two calls in a span of the application's."""
    with trace.get_tracer("application").start_as_current_span("handle request"):
        chat()
        chat_stream()


def chat_async() -> None:
    """One question, one answer, by the client for coroutines."""
    asyncio.run(_ask_async())


def chat_stream_async() -> None:
    """A stream of events, by the client for coroutines."""

    async def read() -> None:
        async for _ in await _ask_async(stream=True):
            pass

    asyncio.run(read())


CALLS: Final[Mapping[str, Callable[[], None]]] = {
    call.__name__: call
    for call in (
        chat,
        chat_stream,
        chat_stream_helper,
        tools,
        cached,
        rate_limited,
        broken_stream,
        abandoned_stream,
        within_span,
        chat_async,
        chat_stream_async,
    )
}
