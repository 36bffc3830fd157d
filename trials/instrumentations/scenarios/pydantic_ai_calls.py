"""OpenAI by way of Pydantic AI: an agent that runs."""

from __future__ import annotations

import contextlib
from typing import Any

from openai import AsyncOpenAI
from pydantic_ai import Agent, Embedder
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    EMBEDDING_MODEL,
    LONG_STREAMED_QUESTION,
    LONGER_QUESTION,
    MODEL,
    PRIORITY_MODEL,
    QUESTION,
    REASONING_MODEL,
    REFUSED_MODEL,
    WEATHER_QUESTION,
    enclose,
    get_weather,
    leave_async,
    run,
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
        await leave_async(result.stream_text(delta=True, debounce_by=None), leave_after)


def chat() -> None:
    """One question, one answer."""
    _agent().run_sync(QUESTION)


def chat_stream() -> None:
    """A stream."""
    run(_stream(_agent()))


def tools() -> None:
    """A tool is called, and its result told: two calls of the model."""
    _agent(tools=[get_weather]).run_sync(WEATHER_QUESTION)


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        run(_stream(_agent(), LONG_STREAMED_QUESTION))


def priority() -> None:
    """A dearer tier was asked for and serves, whole and streamed."""
    settings = {"openai_service_tier": "priority"}
    _agent(PRIORITY_MODEL, model_settings=settings).run_sync(QUESTION)
    run(_stream(_agent(PRIORITY_MODEL, model_settings=settings)))


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
        _agent(REFUSED_MODEL).run_sync(QUESTION)


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        run(_stream(_agent(BROKEN_MODEL)))


def abandoned_stream() -> None:
    """The application stops to read a stream and leaves it."""
    with contextlib.suppress(Exception):
        run(_stream(_agent(), LONGER_QUESTION, leave_after=2))


within_span = enclose(chat, chat_stream)
