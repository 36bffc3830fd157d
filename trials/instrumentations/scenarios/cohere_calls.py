"""One function per scenario, on Cohere's own client; runs in a library's own environment."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from cohere import AsyncClientV2, ClientV2

from trials.instrumentations.scenarios.steps import (
    BROKEN_MODEL,
    QUESTION,
    WEATHER_QUESTION,
    WEATHER_TOOL,
    drain,
    enclose,
    make_abandoned,
    make_failing,
    make_refusals,
)

MODEL: Final = "command-a-03-2025"
EMBEDDING_MODEL: Final = "embed-v4.0"


def _describe(question: str = QUESTION, model: str = MODEL) -> dict[str, Any]:
    return {
        "model": model,
        "messages": [{"role": "user", "content": question}],
        "request_options": {"max_retries": 0},
    }


def _ask(question: str = QUESTION, model: str = MODEL, **options: Any) -> Any:
    return ClientV2(timeout=20).chat(**_describe(question, model), **options)


def _stream(question: str = QUESTION, model: str = MODEL) -> Any:
    return ClientV2(timeout=20).chat_stream(**_describe(question, model))


def chat() -> None:
    """One question, one answer."""
    _ask()


def chat_stream() -> None:
    """A stream of events."""
    drain(_stream())


def tools() -> None:
    """A tool is called."""
    _ask(WEATHER_QUESTION, tools=[WEATHER_TOOL])


def embeddings() -> None:
    """Two texts."""
    ClientV2(timeout=20).embed(
        model=EMBEDDING_MODEL,
        texts=["the Eiffel tower", "Paris"],
        input_type="search_document",
        embedding_types=["float"],
    )


rate_limited, bad_request, overloaded = make_refusals(lambda model: _ask(model=model))
broken_stream = make_failing(lambda: drain(_stream(model=BROKEN_MODEL)))
abandoned_stream = make_abandoned(_stream, after=3)
within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one answer, by the client for coroutines."""

    async def ask() -> None:
        await AsyncClientV2(timeout=20).chat(**_describe())

    asyncio.run(ask())


def chat_stream_async() -> None:
    """A stream of events, by the client for coroutines."""

    async def read() -> None:
        async for _ in AsyncClientV2(timeout=20).chat_stream(**_describe()):
            pass

    asyncio.run(read())
