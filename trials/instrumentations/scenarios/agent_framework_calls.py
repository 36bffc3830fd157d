"""OpenAI by way of Microsoft's Agent Framework: an agent that runs, by the Responses API."""

from __future__ import annotations

import contextlib
from typing import Any

from agent_framework import Agent
from agent_framework.openai import OpenAIChatClient, OpenAIChatCompletionClient
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


def _agent(name: str = MODEL, kind: Any = OpenAIChatClient, **options: Any) -> Any:
    client = kind(model=name, async_client=AsyncOpenAI(max_retries=0, timeout=20))
    return Agent(client, "Answer in one sentence.", name="guide", **options)


def _ask(agent: Any, question: str = QUESTION) -> None:
    async def wait() -> None:
        await agent.run(question)

    run(wait())


def _stream(agent: Any, question: str = QUESTION) -> None:
    run(drain_async(agent.run(question, stream=True)))


def chat() -> None:
    """One question, one answer."""
    _ask(_agent())


def chat_stream() -> None:
    """A stream."""
    _stream(_agent())


def chat_completions() -> None:
    """The same by the API of before."""
    _ask(_agent(kind=OpenAIChatCompletionClient))


def chat_completions_stream() -> None:
    """A stream by the API of before."""
    _stream(_agent(kind=OpenAIChatCompletionClient))


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        _stream(_agent(), LONG_STREAMED_QUESTION)


def priority() -> None:
    """A dearer tier was asked for and serves, whole and streamed."""
    _ask(_agent(PRIORITY_MODEL, default_options={"service_tier": "priority"}))
    _stream(_agent(PRIORITY_MODEL, default_options={"service_tier": "priority"}))


def tools() -> None:
    """A tool is called, and its result told: two calls of the model."""
    _ask(_agent(tools=[get_weather]), WEATHER_QUESTION)


def reasoning() -> None:
    """A model that reasons."""
    _ask(_agent(REASONING_MODEL))


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _ask(_agent(REFUSED_MODEL))


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        _stream(_agent(BROKEN_MODEL))


within_span = enclose(chat, chat_stream)
