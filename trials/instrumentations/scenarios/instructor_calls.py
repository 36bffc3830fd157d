"""OpenAI by way of Instructor: an answer is an object of a model of Pydantic's."""

from __future__ import annotations

import contextlib
from typing import Any

import instructor
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from trials.instrumentations.scenarios.steps import (
    LONG_STREAMED_QUESTION,
    MODEL,
    QUESTION,
    REASONING_MODEL,
    REFUSED_MODEL,
    drain,
    enclose,
    run,
)


class Place(BaseModel):
    """A place on earth."""

    city: str
    country: str


def _describe(name: str = MODEL, question: str = QUESTION, **options: Any) -> dict[str, Any]:
    asked = [{"role": "user", "content": question}]
    return {"model": name, "messages": asked, "response_model": Place, "max_retries": 0, **options}


def _ask(name: str = MODEL, **options: Any) -> Any:
    client = instructor.from_openai(OpenAI(max_retries=0, timeout=20))
    return client.chat.completions.create(**_describe(name, **options))


def _read(**options: Any) -> None:
    asked = {"response_model": instructor.Partial[Place], "stream": True}
    drain(_ask(**asked, stream_options={"include_usage": True}, **options))


def chat() -> None:
    """One question, one object."""
    _ask()


def chat_stream() -> None:
    """An object that grows as its stream is read."""
    _read()


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        _read(question=LONG_STREAMED_QUESTION)


def reasoning() -> None:
    """A model that reasons."""
    _ask(REASONING_MODEL)


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _ask(REFUSED_MODEL)


within_span = enclose(chat, chat_stream)


def chat_async() -> None:
    """One question, one object, in a coroutine."""
    client = instructor.from_openai(AsyncOpenAI(max_retries=0, timeout=20))
    run(client.chat.completions.create(**_describe()))
