"""OpenAI by way of Semantic Kernel: an agent that runs."""

from __future__ import annotations

import contextlib
from typing import Any

from openai import AsyncOpenAI
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
from semantic_kernel.functions import kernel_function

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    LONG_STREAMED_QUESTION,
    MODEL,
    QUESTION,
    REASONING_MODEL,
    REFUSED_MODEL,
    WEATHER_QUESTION,
    drain_async,
    enclose,
    get_weather,
    run,
)


def _agent(name: str = MODEL, **options: Any) -> Any:
    client = AsyncOpenAI(max_retries=0, timeout=20)
    return ChatCompletionAgent(
        service=OpenAIChatCompletion(name, async_client=client),
        name="guide",
        instructions="Answer in one sentence.",
        **options,
    )


class _Weather:
    @kernel_function  # type: ignore[untyped-decorator]  # the library has none
    def get_weather(self, city: str) -> str:
        """Tell the weather in a city."""
        return get_weather(city)


def chat() -> None:
    """One question, one answer."""
    run(_agent().get_response(QUESTION))


def chat_stream() -> None:
    """A stream."""
    run(drain_async(_agent().invoke_stream(QUESTION)))


def tools() -> None:
    """A tool is called, and its result told: two calls of the model."""
    run(_agent(plugins=[_Weather()]).get_response(WEATHER_QUESTION))


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        run(drain_async(_agent().invoke_stream(LONG_STREAMED_QUESTION)))


def reasoning() -> None:
    """A model that reasons."""
    run(_agent(REASONING_MODEL).get_response(QUESTION))


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        run(_agent(REFUSED_MODEL).get_response(QUESTION))


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        run(drain_async(_agent(BROKEN_MODEL).invoke_stream(QUESTION)))


within_span = enclose(chat, chat_stream)
