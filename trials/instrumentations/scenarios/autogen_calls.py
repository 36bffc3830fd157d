"""OpenAI by way of AutoGen: an agent that runs."""

from __future__ import annotations

import contextlib
from typing import Any

from autogen_agentchat.agents import AssistantAgent
from autogen_ext.models.openai import OpenAIChatCompletionClient

from trials.instrumentations.scenarios.steps import (
    LONG_STREAMED_QUESTION,
    MODEL,
    QUESTION,
    WEATHER_QUESTION,
    drain_async,
    get_weather,
    run,
)


def _agent(name: str = MODEL, fault: str | None = None, **options: Any) -> Any:
    headers = {"x-offline-fault": fault} if fault else None
    model = OpenAIChatCompletionClient(
        model=name,
        max_retries=0,
        timeout=20,
        include_name_in_message=False,
        default_headers=headers,
    )
    return AssistantAgent("guide", model, system_message="Answer in one sentence.", **options)


def chat() -> None:
    """One question, one answer."""
    run(_agent().run(task=QUESTION))


def chat_stream() -> None:
    """A stream."""
    run(drain_async(_agent(model_client_stream=True).run_stream(task=QUESTION)))


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        agent = _agent(model_client_stream=True)
        run(drain_async(agent.run_stream(task=LONG_STREAMED_QUESTION)))


def tools() -> None:
    """A tool is called, and its result is the answer."""
    run(_agent(tools=[get_weather]).run(task=WEATHER_QUESTION))


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        run(_agent(fault="rate_limit").run(task=QUESTION))
