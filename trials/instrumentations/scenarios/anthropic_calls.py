"""One function per scenario, on Anthropic's own client; runs in a library's own environment."""

from __future__ import annotations

import asyncio
import os
from typing import Any, Final

from anthropic import Anthropic, AsyncAnthropic

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    LONG_STREAMED_QUESTION,
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

MODEL: Final = os.environ.get("SCENARIO_MODEL", "claude-haiku-4-5")
"""Another platform has names of its own, see ``anthropic_platforms``."""
OLDER_MODEL: Final = "claude-3-5-haiku-20241022"
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


def _mark(text: str) -> dict[str, Any]:
    """Give a text that is to be cached."""
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}


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
    for _ in range(2):
        _ask(system=[_mark(LONG_INSTRUCTION)])


def cached_stream() -> None:
    """The same of streams: written to the provider's cache, then read from it."""
    for _ in range(2):
        drain(_ask(system=[_mark(LONG_STREAMED_QUESTION)], stream=True))


def cached_stream_older() -> None:
    """The same of a model whose streams tell the input at their beginning alone."""
    for _ in range(2):
        drain(_ask(model=OLDER_MODEL, system=[_mark("c3" * 600)], stream=True))


def priority() -> None:
    """The dearer tier serves, whole and streamed."""
    _ask(service_tier="auto")
    drain(_ask(service_tier="auto", stream=True))


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
