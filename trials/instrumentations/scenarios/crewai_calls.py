"""OpenAI by way of CrewAI: a crew of one agent with one task.

The failure is asked for by a header, since a model whose name it does not know is not called.
"""

from __future__ import annotations

import contextlib
from typing import Any

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool

from trials.instrumentations.scenarios.steps import (
    LONG_STREAMED_QUESTION,
    MODEL,
    QUESTION,
    WEATHER_QUESTION,
    get_weather,
)


def _ask(question: str = QUESTION, tools: Any = (), **options: Any) -> None:
    llm = LLM(model=f"openai/{MODEL}", max_retries=0, timeout=20, **options)
    agent = Agent(
        role="guide",
        goal="answer",
        backstory="brief",
        llm=llm,
        tools=list(tools),
        max_retry_limit=0,
    )
    task = Task(description=question, expected_output="one sentence", agent=agent)
    Crew(agents=[agent], tasks=[task]).kickoff()


def chat() -> None:
    """One question, one answer."""
    _ask()


def chat_stream() -> None:
    """A stream."""
    _ask(stream=True)


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        _ask(LONG_STREAMED_QUESTION, stream=True)


def tools() -> None:
    """A tool is called, and its result told."""
    _ask(WEATHER_QUESTION, tools=[tool(get_weather)])


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _ask(default_headers={"x-offline-fault": "rate_limit"})
