"""OpenAI by way of DSPy: a module that predicts the fields of its signature, below it LiteLLM."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

import dspy

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    EMBEDDING_MODEL,
    LONG_STREAMED_QUESTION,
    LONGER_QUESTION,
    MODEL,
    QUESTION,
    REASONING_MODEL,
    REFUSED_MODEL,
    WEATHER_QUESTION,
    drain_async,
    enclose,
    get_weather,
    leave_async,
    run,
)

_SETTLED: Final = 1.0
"""Seconds."""
_PREDICT: Final = dspy.Predict("question -> answer")
_CALL: Final = dspy.Predict("question, tools: list[dspy.Tool] -> calls: dspy.ToolCalls")


def _use(name: str = MODEL, **options: Any) -> Any:
    """A model's answers as JSON, which is what the offline provider can give."""
    model = dspy.LM(f"openai/{name}", cache=False, num_retries=0, timeout=20, **options)
    return dspy.context(lm=model, adapter=dspy.JSONAdapter(use_native_function_calling=True))


def _stream(question: str = QUESTION) -> Any:
    """Everything a program yields while it runs; the pieces of an answer are among it."""
    return dspy.streamify(_PREDICT)(question=question)


def chat() -> None:
    """One question, one answer."""
    with _use():
        _PREDICT(question=QUESTION)


def chat_stream() -> None:
    """A stream."""
    with _use():
        run(drain_async(_stream()))


def tools() -> None:
    """A tool is called."""
    with _use():
        _CALL(question=WEATHER_QUESTION, tools=[dspy.Tool(get_weather)])


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        with _use():
            run(drain_async(_stream(LONG_STREAMED_QUESTION)))


def reasoning() -> None:
    """A model that reasons."""
    with _use(REASONING_MODEL, temperature=1.0, max_tokens=16000):
        _PREDICT(question=QUESTION)


def embeddings() -> None:
    """Two texts; four dimensions, to keep the fixture small."""
    embed = dspy.Embedder(f"openai/{EMBEDDING_MODEL}", caching=False, dimensions=4)
    embed(["the Eiffel tower", "Paris"])


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception), _use(REFUSED_MODEL):
        _PREDICT(question=QUESTION)


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception), _use(BROKEN_MODEL):
        run(drain_async(_stream()))


def abandoned_stream() -> None:
    """The application stops to read a stream and closes it."""

    async def read() -> None:
        stream = _stream(LONGER_QUESTION)
        await leave_async(stream)
        await stream.aclose()

    with contextlib.suppress(asyncio.CancelledError), _use():
        run(read())
    # What runs the program ends after who read it.
    run(asyncio.sleep(_SETTLED))


within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, in a coroutine."""
    with _use():
        run(_PREDICT.acall(question=QUESTION))
