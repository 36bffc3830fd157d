"""OpenAI by way of Google's Agent Development Kit: an agent that runs, below it LiteLLM."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from google.adk.agents import LlmAgent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
from google.genai import types

from trials.instrumentations.scenarios.steps import (
    LONG_STREAMED_QUESTION,
    MODEL,
    QUESTION,
    REASONING_MODEL,
    REFUSED_MODEL,
    WEATHER_QUESTION,
    enclose,
    get_weather,
    run,
)

_USER: Final = "reader"


async def _ask(
    question: str = QUESTION, name: str = MODEL, *, stream: bool = False, **options: Any
) -> None:
    model = LiteLlm(f"openai/{name}", num_retries=0, timeout=20)
    agent = LlmAgent(name="guide", model=model, instruction="Answer in one sentence.", **options)
    runner = InMemoryRunner(agent, app_name="guides")
    session = await runner.session_service.create_session(app_name="guides", user_id=_USER)
    said = types.Content(role="user", parts=[types.Part(text=question)])
    mode = StreamingMode.SSE if stream else StreamingMode.NONE
    async for _ in runner.run_async(
        user_id=_USER,
        session_id=session.id,
        new_message=said,
        run_config=RunConfig(streaming_mode=mode),
    ):
        pass


def chat() -> None:
    """One question, one answer."""
    run(_ask())


def chat_stream() -> None:
    """A stream."""
    run(_ask(stream=True))


def tools() -> None:
    """A tool is called, and its result told: two calls of the model."""
    run(_ask(WEATHER_QUESTION, tools=[get_weather]))


def cached_stream() -> None:
    """Two equal long questions are streamed; the second is read from the provider's cache."""
    for _ in range(2):
        run(_ask(LONG_STREAMED_QUESTION, stream=True))


def reasoning() -> None:
    """A model that reasons."""
    run(_ask(name=REASONING_MODEL))


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        run(_ask(name=REFUSED_MODEL))


within_span = enclose(chat, chat_stream)
