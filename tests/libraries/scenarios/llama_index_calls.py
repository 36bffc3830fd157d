"""OpenAI by way of LlamaIndex; failures are asked for by a header, since it checks models' names.

``retrieval`` is what it is used for most: an index is built and asked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai import OpenAI
from opentelemetry import trace

from tests.libraries.scenarios.coroutines import run
from tests.libraries.scenarios.openai_calls import EMBEDDING_MODEL, MODEL, QUESTION

_ASKED: Final = [ChatMessage(role="user", content=QUESTION)]
_LONG: Final = [ChatMessage(role="user", content=f"{QUESTION} " * 12)]
_USAGE: Final = {"stream_options": {"include_usage": True}}


def _model(fault: str | None = None, **options: Any) -> Any:
    headers = {"x-offline-fault": fault} if fault else None
    return OpenAI(model=MODEL, max_retries=0, timeout=20, default_headers=headers, **options)


def _embedder() -> Any:
    return OpenAIEmbedding(model=EMBEDDING_MODEL, dimensions=4, max_retries=0, timeout=20)


def chat() -> None:
    """One question, one answer."""
    _model().chat(_ASKED)


def chat_stream() -> None:
    """A stream whose usage was asked for."""
    for _ in _model(additional_kwargs=_USAGE).stream_chat(_ASKED):
        pass


def chat_stream_without_usage() -> None:
    """A stream as it is without an option."""
    for _ in _model().stream_chat(_ASKED):
        pass


def tools() -> None:
    """A tool is called, and its result told."""
    tool = FunctionTool.from_defaults(get_weather)
    _model().predict_and_call([tool], user_msg="What is the weather in Paris?")


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sunny in {city}"


def embeddings() -> None:
    """Two texts."""
    _embedder().get_text_embedding_batch(["the Eiffel tower", "Paris"])


def retrieval() -> None:
    """An index is built of a document and asked: two embeddings and an answer."""
    index = VectorStoreIndex.from_documents(
        [Document(text="The Eiffel tower is in Paris.")], embed_model=_embedder()
    )
    index.as_query_engine(llm=_model()).query(QUESTION)


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _model("rate_limit").chat(_ASKED)


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        for _ in _model("drop_stream", additional_kwargs=_USAGE).stream_chat(_ASKED):
            pass


def abandoned_stream() -> None:
    """The application stops to read a stream and closes it."""
    stream = _model(additional_kwargs=_USAGE).stream_chat(_LONG)
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
    run(_model().achat(_ASKED))


def chat_stream_async() -> None:
    """A stream whose usage was asked for, in a coroutine."""

    async def read() -> None:
        async for _ in await _model(additional_kwargs=_USAGE).astream_chat(_ASKED):
            pass

    run(read())


CALLS: Final[Mapping[str, Callable[[], None]]] = {
    call.__name__: call
    for call in (
        chat,
        chat_stream,
        chat_stream_without_usage,
        tools,
        embeddings,
        retrieval,
        rate_limited,
        broken_stream,
        abandoned_stream,
        within_span,
        chat_async,
        chat_stream_async,
    )
}
