"""OpenAI by way of Haystack: a pipeline of components; a stream is told to a callback.

Failures are asked for by the model's name; a stream cannot be left but by an error.
"""

from __future__ import annotations

import contextlib
from typing import Any, Final

from haystack import Document, Pipeline
from haystack.components.agents import Agent
from haystack.components.builders import ChatPromptBuilder
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.dataclasses import ChatMessage
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.tools import create_tool_from_function

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    EMBEDDING_MODEL,
    LONG_STREAMED_QUESTION,
    MODEL,
    QUESTION,
    REASONING_MODEL,
    REFUSED_MODEL,
    WEATHER_QUESTION,
    enclose,
    get_weather,
    run,
)

_LIMITS: Final[dict[str, Any]] = {"max_retries": 0, "timeout": 20}
_WITH_USAGE: Final = {"stream_options": {"include_usage": True}}


def _generator(name: str = MODEL, **options: Any) -> Any:
    return OpenAIChatGenerator(model=name, **_LIMITS, **options)


def _pipeline(name: str = MODEL, **options: Any) -> Any:
    pipeline = Pipeline()
    template = [ChatMessage.from_user("{{question}}")]
    pipeline.add_component("prompt", ChatPromptBuilder(template, required_variables="*"))
    pipeline.add_component("model", _generator(name, **options))
    pipeline.connect("prompt", "model")
    return pipeline


def _ask(name: str = MODEL, question: str = QUESTION, **options: Any) -> None:
    _pipeline(name, **options).run({"prompt": {"question": question}})


def _ignore(_: object) -> None:
    """What a piece of a stream is told to."""


def chat() -> None:
    """A pipeline of a prompt and a model."""
    _ask()


def chat_stream() -> None:
    """A stream whose usage was asked for."""
    _ask(streaming_callback=_ignore, generation_kwargs=_WITH_USAGE)


def chat_stream_without_usage() -> None:
    """A stream as it is without an option."""
    _ask(streaming_callback=_ignore)


def tools() -> None:
    """An agent's tool is called, and its result told: two calls of the model."""
    tool = create_tool_from_function(get_weather)
    agent = Agent(chat_generator=_generator(), tools=[tool])
    pipeline = Pipeline()
    pipeline.add_component("agent", agent)
    pipeline.run({"agent": {"messages": [ChatMessage.from_user(WEATHER_QUESTION)]}})


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        _ask(
            question=LONG_STREAMED_QUESTION,
            streaming_callback=_ignore,
            generation_kwargs=_WITH_USAGE,
        )


def reasoning() -> None:
    """A model that reasons."""
    _ask(REASONING_MODEL)


def embeddings() -> None:
    """Two documents; four dimensions, to keep the fixture small."""
    pipeline = Pipeline()
    embedder = OpenAIDocumentEmbedder(model=EMBEDDING_MODEL, dimensions=4, **_LIMITS)
    pipeline.add_component("embedder", embedder)
    documents = [Document(content="the Eiffel tower"), Document(content="Paris")]
    pipeline.run({"embedder": {"documents": documents}})


def retrieval() -> None:
    """A question is embedded, and what is near to it found."""
    store = InMemoryDocumentStore()
    store.write_documents([Document(content="Paris", embedding=[0.5, 0.5, 0.5, 0.5])])
    pipeline = Pipeline()
    embedder = OpenAITextEmbedder(model=EMBEDDING_MODEL, dimensions=4, **_LIMITS)
    pipeline.add_component("embedder", embedder)
    pipeline.add_component("retriever", InMemoryEmbeddingRetriever(store))
    pipeline.connect("embedder.embedding", "retriever.query_embedding")
    pipeline.run({"embedder": {"text": QUESTION}})


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _ask(REFUSED_MODEL)


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        _ask(BROKEN_MODEL, streaming_callback=_ignore, generation_kwargs=_WITH_USAGE)


within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, in a coroutine."""
    run(_pipeline().run_async({"prompt": {"question": QUESTION}}))
