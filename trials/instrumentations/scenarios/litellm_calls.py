"""OpenAI by way of LiteLLM, each model named with its provider, as LiteLLM has it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import litellm

from trials.instrumentations.scenarios.openai_calls import LONG_QUESTION, TOOL
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
    run,
)

_SETTLED: Final = 1.0
"""Seconds in which LiteLLM's callbacks, which run beside the call, are surely done."""
_WITH_USAGE: Final[Mapping[str, Any]] = {"stream": True, "stream_options": {"include_usage": True}}


def _describe(question: str = QUESTION, model: str = MODEL, **options: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}]
    limits: dict[str, Any] = {"max_retries": 0, "timeout": 20}
    return {"model": f"openai/{model}", "messages": messages, **limits, **options}


def _ask(question: str = QUESTION, model: str = MODEL, **options: Any) -> Any:
    return litellm.completion(**_describe(question, model, **options))


def chat() -> None:
    """One question, one answer."""
    _ask()


def chat_stream() -> None:
    """A stream whose usage was asked for."""
    drain(_ask(**_WITH_USAGE))


def chat_stream_without_usage() -> None:
    """A stream as it is without an option."""
    drain(_ask(stream=True))


def tools() -> None:
    """A tool is called."""
    _ask(WEATHER_QUESTION, tools=[TOOL])


def cached() -> None:
    """The second of two equal long questions is read from the provider's cache."""
    _ask(LONG_QUESTION, max_tokens=8)
    _ask(LONG_QUESTION, max_tokens=8)


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        drain(_ask(LONG_STREAMED_QUESTION, max_tokens=8, **_WITH_USAGE))


def priority() -> None:
    """A dearer tier was asked for and serves, whole and streamed."""
    _ask(model=PRIORITY_MODEL, service_tier="priority")
    drain(_ask(model=PRIORITY_MODEL, service_tier="priority", **_WITH_USAGE))


def reasoning() -> None:
    """A model that reasons."""
    _ask(model=REASONING_MODEL, reasoning_effort="low")


def embeddings() -> None:
    """Two texts; four dimensions, to keep the fixture small."""
    litellm.embedding(
        model=f"openai/{EMBEDDING_MODEL}", input=["the Eiffel tower", "Paris"], dimensions=4
    )


def responses() -> None:
    """The Responses API."""
    litellm.responses(model=f"openai/{REASONING_MODEL}", input=QUESTION)


def responses_priority() -> None:
    """The Responses API, where a dearer tier was asked for and serves."""
    litellm.responses(model=f"openai/{PRIORITY_MODEL}", input=QUESTION, service_tier="priority")


def responses_stream() -> None:
    """The Responses API, streamed."""
    drain(litellm.responses(model=f"openai/{MODEL}", input=QUESTION, stream=True))


rate_limited = make_failing(lambda: _ask(model=REFUSED_MODEL))
broken_stream = make_failing(lambda: drain(_ask(model=BROKEN_MODEL, **_WITH_USAGE)))
abandoned_stream = make_abandoned(
    lambda question: _ask(question, **_WITH_USAGE),
    close=lambda stream: stream.completion_stream.close(),
)
within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, in a coroutine."""
    run(_ask_async())


def chat_stream_async() -> None:
    """A stream whose usage was asked for, in a coroutine."""

    async def read() -> None:
        await drain_async(await litellm.acompletion(**_describe(**_WITH_USAGE)))
        await asyncio.sleep(_SETTLED)

    run(read())


async def _ask_async() -> None:
    await litellm.acompletion(**_describe())
    await asyncio.sleep(_SETTLED)
