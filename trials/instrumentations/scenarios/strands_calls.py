"""OpenAI by way of Strands Agents: an agent that runs; every answer is streamed unless said."""

from __future__ import annotations

import contextlib
from typing import Any

from strands import Agent, tool
from strands.models.openai import OpenAIModel

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


def _agent(name: str = MODEL, *, stream: bool = True, **options: Any) -> Any:
    limits = {"max_retries": 0, "timeout": 20}
    model = OpenAIModel(client_args=limits, model_id=name, stream=stream)
    return Agent(
        model,
        name="Guide",
        system_prompt="Answer in one sentence.",
        callback_handler=None,
        retry_strategy=None,
        **options,
    )


def chat() -> None:
    """One question, one answer."""
    _agent(stream=False)(QUESTION)


def chat_stream() -> None:
    """A stream."""
    _agent()(QUESTION)


def tools() -> None:
    """A tool is called, and its result told: two calls of the model."""
    _agent(tools=[tool(get_weather)])(WEATHER_QUESTION)


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        _agent()(LONG_STREAMED_QUESTION)


def reasoning() -> None:
    """A model that reasons."""
    _agent(REASONING_MODEL)(QUESTION)


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _agent(REFUSED_MODEL)(QUESTION)


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        _agent(BROKEN_MODEL)(QUESTION)


within_span = enclose(chat, chat_stream)


def chat_stream_async() -> None:
    """A stream whose events are read in a coroutine."""
    run(drain_async(_agent().stream_async(QUESTION)))
