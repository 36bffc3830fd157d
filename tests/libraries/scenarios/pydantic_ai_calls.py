"""OpenAI by way of Pydantic AI: an agent that runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from openai import AsyncOpenAI
from opentelemetry import trace
from pydantic_ai import Agent, Embedder
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.libraries.scenarios.coroutines import run
from tests.libraries.scenarios.openai_calls import (
    EMBEDDING_MODEL,
    MODEL,
    QUESTION,
    REASONING_MODEL,
)


def _agent(name: str = MODEL, kind: Any = OpenAIChatModel, **options: Any) -> Any:
    provider = OpenAIProvider(openai_client=AsyncOpenAI(max_retries=0, timeout=20))
    return Agent(
        kind(name, provider=provider),
        name="guide",
        instructions="Answer in one sentence.",
        **options,
    )


async def _stream(agent: Any, question: str = QUESTION, leave_after: int = 10**6) -> None:
    async with agent.run_stream(question) as result:
        place = 0
        async for _ in result.stream_text(delta=True, debounce_by=None):
            place += 1
            if place > leave_after:
                break


def chat() -> None:
    """One question, one answer."""
    _agent().run_sync(QUESTION)


def chat_stream() -> None:
    """A stream."""
    run(_stream(_agent()))


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sunny in {city}"


def tools() -> None:
    """A tool is called, and its result told: two calls of the model."""
    _agent(tools=[get_weather]).run_sync("What is the weather in Paris?")


def reasoning() -> None:
    """A model that reasons."""
    _agent(REASONING_MODEL).run_sync(QUESTION)


def embeddings() -> None:
    """Two texts; four dimensions, to keep the fixture small."""
    embedder = Embedder(f"openai:{EMBEDDING_MODEL}", settings={"dimensions": 4})
    embedder.embed_documents_sync(["the Eiffel tower", "Paris"])


def responses() -> None:
    """The Responses API."""
    _agent(kind=OpenAIResponsesModel).run_sync(QUESTION)


def responses_stream() -> None:
    """The Responses API, streamed."""
    run(_stream(_agent(kind=OpenAIResponsesModel)))


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _agent("offline-rate-limit").run_sync(QUESTION)


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        run(_stream(_agent("offline-drop-stream")))


def abandoned_stream() -> None:
    """The application stops to read a stream and leaves it."""
    with contextlib.suppress(Exception):
        run(_stream(_agent(), f"{QUESTION} " * 12, leave_after=2))


def within_span() -> None:
    """Two calls in a span of the application's."""
    with trace.get_tracer("application").start_as_current_span("handle request"):
        chat()
        chat_stream()


CALLS: Final[Mapping[str, Callable[[], None]]] = {
    call.__name__: call
    for call in (
        chat,
        chat_stream,
        tools,
        reasoning,
        embeddings,
        responses,
        responses_stream,
        rate_limited,
        broken_stream,
        abandoned_stream,
        within_span,
    )
}
