"""OpenAI by way of its Agents SDK: an agent that runs, by the Responses API unless said."""

from __future__ import annotations

import contextlib
from typing import Any

from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, Runner, function_tool
from openai import AsyncOpenAI

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    LONG_STREAMED_QUESTION,
    MODEL,
    PRIORITY_MODEL,
    QUESTION,
    REASONING_MODEL,
    REFUSED_MODEL,
    WEATHER_QUESTION,
    drain_async,
    enclose,
    get_weather,
    run,
)


def _agent(model: Any = MODEL, **options: Any) -> Any:
    return Agent("Guide", instructions="Answer in one sentence.", model=model, **options)


def _chat_completions() -> Any:
    return OpenAIChatCompletionsModel(MODEL, AsyncOpenAI(max_retries=0, timeout=20))


async def _stream(agent: Any, question: str = QUESTION) -> None:
    await drain_async(Runner.run_streamed(agent, question).stream_events())


def chat() -> None:
    """One question, one answer."""
    Runner.run_sync(_agent(), QUESTION)


def chat_completions() -> None:
    """The same by the API of before."""
    Runner.run_sync(_agent(_chat_completions()), QUESTION)


def chat_stream() -> None:
    """A stream."""
    run(_stream(_agent()))


def chat_completions_stream() -> None:
    """A stream by the API of before, whose usage was asked for."""
    run(_stream(_agent(_chat_completions(), model_settings=ModelSettings(include_usage=True))))


def tools() -> None:
    """A tool is called, and its result told: two calls of the model."""
    Runner.run_sync(_agent(tools=[function_tool(get_weather)]), WEATHER_QUESTION)


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        run(_stream(_agent(), LONG_STREAMED_QUESTION))


def priority() -> None:
    """A dearer tier was asked for and serves, whole and streamed."""
    settings = ModelSettings(extra_args={"service_tier": "priority"})
    Runner.run_sync(_agent(PRIORITY_MODEL, model_settings=settings), QUESTION)
    run(_stream(_agent(PRIORITY_MODEL, model_settings=settings)))


def reasoning() -> None:
    """A model that reasons."""
    Runner.run_sync(_agent(REASONING_MODEL), QUESTION)


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        Runner.run_sync(_agent(REFUSED_MODEL), QUESTION)


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        run(_stream(_agent(BROKEN_MODEL)))


within_span = enclose(chat, chat_stream)
