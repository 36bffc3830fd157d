"""OpenAI by way of LlamaIndex; failures are asked for by a header, since it checks models' names.

``retrieval`` is what it is used for most: an index is built and asked.
"""

from __future__ import annotations

import contextlib
from typing import Any, Final

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai import OpenAI

from trials.instrumentations.scenarios.steps import (
    EMBEDDING_MODEL,
    LONG_STREAMED_QUESTION,
    LONGER_QUESTION,
    MODEL,
    QUESTION,
    WEATHER_QUESTION,
    drain,
    drain_async,
    enclose,
    get_weather,
    leave,
    run,
)

_ASKED: Final = [ChatMessage(role="user", content=QUESTION)]
_LONG: Final = [ChatMessage(role="user", content=LONGER_QUESTION)]
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
    drain(_model(additional_kwargs=_USAGE).stream_chat(_ASKED))


def chat_stream_without_usage() -> None:
    """A stream as it is without an option."""
    drain(_model().stream_chat(_ASKED))


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    asked = [ChatMessage(role="user", content=LONG_STREAMED_QUESTION)]
    for _ in range(2):
        drain(_model(additional_kwargs=_USAGE).stream_chat(asked))


def tools() -> None:
    """A tool is called, and its result told."""
    tool = FunctionTool.from_defaults(get_weather)
    _model().predict_and_call([tool], user_msg=WEATHER_QUESTION)


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
        drain(_model("drop_stream", additional_kwargs=_USAGE).stream_chat(_ASKED))


def abandoned_stream() -> None:
    """The application stops to read a stream and closes it."""
    stream = _model(additional_kwargs=_USAGE).stream_chat(_LONG)
    leave(stream)
    stream.close()


within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, in a coroutine."""
    run(_model().achat(_ASKED))


def chat_stream_async() -> None:
    """A stream whose usage was asked for, in a coroutine."""

    async def read() -> None:
        await drain_async(await _model(additional_kwargs=_USAGE).astream_chat(_ASKED))

    run(read())
