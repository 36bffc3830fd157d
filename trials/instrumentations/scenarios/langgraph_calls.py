"""OpenAI by way of LangGraph: an agent, which is a graph of a model and of tools."""

from __future__ import annotations

import contextlib
from typing import Any

from langchain.agents import create_agent
from langchain_openai import ChatOpenAI

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    LONG_STREAMED_QUESTION,
    LONGER_QUESTION,
    MODEL,
    QUESTION,
    REFUSED_MODEL,
    WEATHER_QUESTION,
    drain,
    drain_async,
    enclose,
    get_weather,
    leave,
    run,
)


def _agent(name: str = MODEL, tools: Any = ()) -> Any:
    model = ChatOpenAI(model=name, max_retries=0, timeout=20, stream_usage=True)
    return create_agent(model, list(tools), system_prompt="Answer in one sentence.")


def _describe(question: str = QUESTION) -> Any:
    return {"messages": [{"role": "user", "content": question}]}


def chat() -> None:
    """One question, one answer."""
    _agent().invoke(_describe())


def chat_stream() -> None:
    """A stream."""
    drain(_agent().stream(_describe(), stream_mode="messages"))


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        drain(_agent().stream(_describe(LONG_STREAMED_QUESTION), stream_mode="messages"))


def tools() -> None:
    """A tool is called, and its result told: two calls of the model."""
    _agent(tools=[get_weather]).invoke(_describe(WEATHER_QUESTION))


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _agent(REFUSED_MODEL).invoke(_describe())


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        drain(_agent(BROKEN_MODEL).stream(_describe(), stream_mode="messages"))


def abandoned_stream() -> None:
    """The application stops to read a stream and closes it."""
    stream = _agent().stream(_describe(LONGER_QUESTION), stream_mode="messages")
    leave(stream)
    stream.close()


within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, in a coroutine."""
    run(_agent().ainvoke(_describe()))


def chat_stream_async() -> None:
    """A stream, in a coroutine."""
    run(drain_async(_agent().astream(_describe(), stream_mode="messages")))
