"""OpenAI by way of its Agents SDK: an agent that runs, by the Responses API unless said."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, Runner, function_tool
from openai import AsyncOpenAI
from opentelemetry import trace

from tests.libraries.scenarios.coroutines import run
from tests.libraries.scenarios.openai_calls import MODEL, QUESTION, REASONING_MODEL


def _agent(model: Any = MODEL, **options: Any) -> Any:
    return Agent("Guide", instructions="Answer in one sentence.", model=model, **options)


def _chat_completions() -> Any:
    return OpenAIChatCompletionsModel(MODEL, AsyncOpenAI(max_retries=0, timeout=20))


async def _stream(agent: Any) -> None:
    async for _ in Runner.run_streamed(agent, QUESTION).stream_events():
        pass


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


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sunny in {city}"


def tools() -> None:
    """A tool is called, and its result told: two calls of the model."""
    Runner.run_sync(_agent(tools=[function_tool(get_weather)]), "What is the weather in Paris?")


def reasoning() -> None:
    """A model that reasons."""
    Runner.run_sync(_agent(REASONING_MODEL), QUESTION)


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        Runner.run_sync(_agent("offline-rate-limit"), QUESTION)


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        run(_stream(_agent("offline-drop-stream")))


def within_span() -> None:
    """Two calls in a span of the application's."""
    with trace.get_tracer("application").start_as_current_span("handle request"):
        chat()
        chat_stream()


CALLS: Final[Mapping[str, Callable[[], None]]] = {
    call.__name__: call
    for call in (
        chat,
        chat_completions,
        chat_stream,
        chat_completions_stream,
        tools,
        reasoning,
        rate_limited,
        broken_stream,
        within_span,
    )
}
