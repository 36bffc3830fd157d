"""OpenAI by way of smolagents: an agent that calls tools until one of them is the answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from smolagents import ChatMessage, OpenAIModel

from tests.libraries.scenarios.openai_calls import MODEL, QUESTION

_ASKED: Final = [{"role": "user", "content": QUESTION}]


def _model(name: str = MODEL) -> Any:
    return OpenAIModel(name, client_kwargs={"max_retries": 0, "timeout": 20}, retry=False)


def chat() -> None:
    """One question, one answer."""
    _model().generate([ChatMessage.from_dict(each) for each in _ASKED])


def chat_stream() -> None:
    """A stream."""
    for _ in _model().generate_stream([ChatMessage.from_dict(each) for each in _ASKED]):
        pass


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _model("offline-rate-limit").generate([ChatMessage.from_dict(each) for each in _ASKED])


CALLS: Final[Mapping[str, Callable[[], None]]] = {
    call.__name__: call for call in (chat, chat_stream, rate_limited)
}
