"""Bedrock by way of Strands Agents, whose default it is; every answer is streamed unless said."""

from __future__ import annotations

import contextlib
from typing import Any

from botocore.config import Config
from strands import Agent, tool
from strands.models import BedrockModel

from trials.instrumentations.scenarios.steps import (
    LONG_STREAMED_QUESTION,
    QUESTION,
    WEATHER_QUESTION,
    drain_async,
    enclose,
    get_weather,
    run,
)


def _agent(system: Any = "Answer in one sentence.", tools: Any = (), **options: Any) -> Any:
    """An agent of the default model, unless ``model_id`` names another."""
    limits = Config(retries={"total_max_attempts": 1}, read_timeout=20)
    return Agent(
        BedrockModel(boto_client_config=limits, **options),
        name="Guide",
        system_prompt=system,
        callback_handler=None,
        retry_strategy=None,
        tools=list(tools),
    )


def chat() -> None:
    """One question, one answer."""
    _agent(streaming=False)(QUESTION)


def chat_stream() -> None:
    """A stream."""
    _agent()(QUESTION)


def cached_stream() -> None:
    """A long instruction is written to the provider's cache, then read from it."""
    system = [{"text": LONG_STREAMED_QUESTION}, {"cachePoint": {"type": "default"}}]
    for _ in range(2):
        _agent(system)(QUESTION)


def tools() -> None:
    """A tool is called, and its result told: two calls of the model."""
    _agent(tools=[tool(get_weather)])(WEATHER_QUESTION)


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _agent(model_id="anthropic.offline-rate-limit")(QUESTION)


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        _agent(model_id="anthropic.offline-drop-stream")(QUESTION)


within_span = enclose(chat, chat_stream)


def chat_stream_async() -> None:
    """A stream whose events are read in a coroutine."""
    run(drain_async(_agent().stream_async(QUESTION)))
