"""One function per scenario, on Anthropic's own client; runs in a library's own environment."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from anthropic import Anthropic, AsyncAnthropic

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    LONGER_QUESTION,
    QUESTION,
    REFUSED_MODEL,
    WEATHER_QUESTION,
    drain,
    drain_async,
    enclose,
    leave,
    make_failing,
)

MODEL: Final = "claude-haiku-4-5"
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
    drain(_ask(stream=True))


def chat_stream_helper() -> None:
    """A stream by the client's own helper, ``messages.stream()``."""
    with _client().messages.stream(
        model=MODEL, max_tokens=200, messages=[{"role": "user", "content": QUESTION}]
    ) as stream:
        drain(stream.text_stream)


def tools() -> None:
    """A tool is called."""
    _ask(WEATHER_QUESTION, tools=[TOOL])


def cached() -> None:
    """A long instruction is written to the provider's cache, then read from it."""
    instruction = {
        "type": "text",
        "text": LONG_INSTRUCTION,
        "cache_control": {"type": "ephemeral"},
    }
    _ask(system=[instruction])
    _ask(system=[instruction])


rate_limited = make_failing(lambda: _ask(model=REFUSED_MODEL))
broken_stream = make_failing(lambda: drain(_ask(model=BROKEN_MODEL, stream=True)))


def abandoned_stream() -> None:
    """The application stops to read a stream and closes it."""
    stream = _ask(LONGER_QUESTION, stream=True)
    leave(stream, 3)
    stream.close()


within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, by the client for coroutines."""
    asyncio.run(_ask_async())


def chat_stream_async() -> None:
    """A stream of events, by the client for coroutines."""

    async def read() -> None:
        await drain_async(await _ask_async(stream=True))

    asyncio.run(read())
