"""OpenAI by way of LangChain: a chain's span, a model's, and the client's where it is traced."""

from __future__ import annotations

from typing import Any

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from trials.instrumentations.scenarios.openai_calls import LONG_QUESTION, TOOL
from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    EMBEDDING_MODEL,
    LONG_STREAMED_QUESTION,
    MODEL,
    PRIORITY_MODEL,
    QUESTION,
    REASONING_MODEL,
    REFUSED_MODEL,
    WEATHER_QUESTION,
    drain,
    drain_async,
    enclose,
    make_abandoned,
    make_failing,
    run,
)


def _model(name: str = MODEL, **options: Any) -> Any:
    return ChatOpenAI(model=name, max_retries=0, timeout=20, **options)


def chat() -> None:
    """A chain of a prompt and a model."""
    (ChatPromptTemplate.from_template("{question}") | _model()).invoke({"question": QUESTION})


def chat_stream() -> None:
    """A stream whose usage was asked for."""
    drain(_model(stream_usage=True).stream(QUESTION))


def chat_stream_without_usage() -> None:
    """A stream whose usage was not asked for."""
    drain(_model(stream_usage=False).stream(QUESTION))


def tools() -> None:
    """A tool is called."""
    _model().bind_tools([TOOL]).invoke(WEATHER_QUESTION)


def cached() -> None:
    """The second of two equal long questions is read from the provider's cache."""
    for _ in range(2):
        _model(max_tokens=8).invoke(LONG_QUESTION)


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        drain(_model(max_tokens=8, stream_usage=True).stream(LONG_STREAMED_QUESTION))


def priority() -> None:
    """A dearer tier was asked for and serves, whole and streamed."""
    _model(PRIORITY_MODEL, service_tier="priority").invoke(QUESTION)
    drain(_model(PRIORITY_MODEL, service_tier="priority", stream_usage=True).stream(QUESTION))


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


def responses_priority() -> None:
    """The Responses API, where a dearer tier was asked for and serves."""
    _model(PRIORITY_MODEL, service_tier="priority", use_responses_api=True).invoke(QUESTION)


def responses_stream() -> None:
    """The Responses API, streamed."""
    drain(_model(use_responses_api=True).stream(QUESTION))


rate_limited = make_failing(lambda: _model(REFUSED_MODEL).invoke(QUESTION))
broken_stream = make_failing(
    lambda: drain(_model(BROKEN_MODEL, stream_usage=True).stream(QUESTION))
)
abandoned_stream = make_abandoned(lambda question: _model(stream_usage=True).stream(question))
within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, in a coroutine."""
    run(_model().ainvoke(QUESTION))


def chat_stream_async() -> None:
    """A stream whose usage was asked for, in a coroutine."""
    run(drain_async(_model(stream_usage=True).astream(QUESTION)))
