"""OpenAI by way of smolagents: an agent that calls tools until one of them is the answer."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from smolagents import ChatMessage, OpenAIModel

from trials.instrumentations.scenarios.steps import (
    LONG_STREAMED_QUESTION,
    MODEL,
    QUESTION,
    REFUSED_MODEL,
    drain,
)

_ASKED: Final = [{"role": "user", "content": QUESTION}]


def _model(name: str = MODEL) -> Any:
    return OpenAIModel(name, client_kwargs={"max_retries": 0, "timeout": 20}, retry=False)


def chat() -> None:
    """One question, one answer."""
    _model().generate([ChatMessage.from_dict(each) for each in _ASKED])


def chat_stream() -> None:
    """A stream."""
    drain(_model().generate_stream([ChatMessage.from_dict(each) for each in _ASKED]))


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    asked = [{"role": "user", "content": LONG_STREAMED_QUESTION}]
    for _ in range(2):
        drain(_model().generate_stream([ChatMessage.from_dict(each) for each in asked]))


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _model(REFUSED_MODEL).generate([ChatMessage.from_dict(each) for each in _ASKED])
