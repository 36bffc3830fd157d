"""OpenAI by way of LangChain: a chain's span, a model's, and the client's where it is traced."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from opentelemetry import trace

from tests.libraries.scenarios.coroutines import run
from tests.libraries.scenarios.openai_calls import (
    EMBEDDING_MODEL,
    LONG_QUESTION,
    MODEL,
    QUESTION,
    REASONING_MODEL,
    TOOL,
)


def _model(name: str = MODEL, **options: Any) -> Any:
    return ChatOpenAI(model=name, max_retries=0, timeout=20, **options)


def chat() -> None:
    """A chain of a prompt and a model."""
    (ChatPromptTemplate.from_template("{question}") | _model()).invoke({"question": QUESTION})


def chat_stream() -> None:
    """A stream whose usage was asked for."""
    for _ in _model(stream_usage=True).stream(QUESTION):
        pass


def chat_stream_without_usage() -> None:
    """A stream whose usage was not asked for."""
    for _ in _model(stream_usage=False).stream(QUESTION):
        pass


def tools() -> None:
    """A tool is called."""
    _model().bind_tools([TOOL]).invoke("What is the weather in Paris?")


def cached() -> None:
    """The second of two equal long questions is read from the provider's cache."""
    for _ in range(2):
        _model(max_tokens=8).invoke(LONG_QUESTION)


def reasoning() -> None:
    """A model that reasons."""
    _model(REASONING_MODEL, reasoning_effort="low").invoke(QUESTION)


def embeddings() -> None:
    """Two texts; four dimensions, to keep the fixture small."""
    model = OpenAIEmbeddings(model=EMBEDDING_MODEL, dimensions=4, check_embedding_ctx_length=False)
    model.embed_documents(["the Eiffel tower", "Paris"])


def responses() -> None:
    """The Responses API."""
    _model(REASONING_MODEL, use_responses_api=True).invoke(QUESTION)


def responses_stream() -> None:
    """The Responses API, streamed."""
    for _ in _model(use_responses_api=True).stream(QUESTION):
        pass


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _model("offline-rate-limit").invoke(QUESTION)


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        for _ in _model("offline-drop-stream", stream_usage=True).stream(QUESTION):
            pass


def abandoned_stream() -> None:
    """The application stops to read a stream and closes it."""
    stream = _model(stream_usage=True).stream(f"{QUESTION} " * 12)
    for place, _ in enumerate(stream):
        if place == 2:
            break
    stream.close()


def within_span() -> None:
    """Two calls in a span of the application's."""
    with trace.get_tracer("application").start_as_current_span("handle request"):
        chat()
        chat_stream()


def chat_async() -> None:
    """One question, one answer, in a coroutine."""
    run(_model().ainvoke(QUESTION))


def chat_stream_async() -> None:
    """A stream whose usage was asked for, in a coroutine."""

    async def read() -> None:
        async for _ in _model(stream_usage=True).astream(QUESTION):
            pass

    run(read())


CALLS: Final[Mapping[str, Callable[[], None]]] = {
    call.__name__: call
    for call in (
        chat,
        chat_stream,
        chat_stream_without_usage,
        tools,
        cached,
        reasoning,
        embeddings,
        responses,
        responses_stream,
        rate_limited,
        broken_stream,
        abandoned_stream,
        within_span,
        chat_async,
        chat_stream_async,
    )
}
