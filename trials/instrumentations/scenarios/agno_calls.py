"""OpenAI by way of Agno: an agent that runs."""

from __future__ import annotations

from typing import Any

from agno.agent import Agent
from agno.models.openai import OpenAIChat, OpenAIResponses

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    LONG_STREAMED_QUESTION,
    MODEL,
    QUESTION,
    REASONING_MODEL,
    REFUSED_MODEL,
    WEATHER_QUESTION,
    drain,
    drain_async,
    enclose,
    get_weather,
    make_abandoned,
    make_failing,
    run,
)


def _agent(name: str = MODEL, kind: Any = OpenAIChat, **options: Any) -> Any:
    return Agent(
        name="Guide",
        model=kind(id=name, max_retries=0, timeout=20, retries=0),
        instructions="Answer in one sentence.",
        **options,
    )


def chat() -> None:
    """One question, one answer."""
    _agent().run(QUESTION)


def chat_stream() -> None:
    """A stream."""
    drain(_agent().run(QUESTION, stream=True))


def tools() -> None:
    """A tool is called, and its result told: two calls of the model."""
    _agent(tools=[get_weather]).run(WEATHER_QUESTION)


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        drain(_agent().run(LONG_STREAMED_QUESTION, stream=True))


def reasoning() -> None:
    """A model that reasons."""
    _agent(REASONING_MODEL).run(QUESTION)


def responses() -> None:
    """The Responses API."""
    _agent(kind=OpenAIResponses).run(QUESTION)


def responses_stream() -> None:
    """The Responses API, streamed."""
    drain(_agent(kind=OpenAIResponses).run(QUESTION, stream=True))


rate_limited = make_failing(lambda: _agent(REFUSED_MODEL).run(QUESTION))
broken_stream = make_failing(lambda: drain(_agent(BROKEN_MODEL).run(QUESTION, stream=True)))
abandoned_stream = make_abandoned(lambda question: _agent().run(question, stream=True))
within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, in a coroutine."""
    run(_agent().arun(QUESTION))


def chat_stream_async() -> None:
    """A stream, in a coroutine."""
    run(drain_async(_agent().arun(QUESTION, stream=True)))
