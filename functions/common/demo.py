"""What the two demo endpoints share. Only they import a model provider's client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import httpx
from openai import OpenAI, OpenAIError
from postgrest.exceptions import APIError

import llm_observe
from functions.common.access import CallerIdentity
from functions.common.database import find_trace
from functions.common.environment import load_settings
from functions.common.errors import ModelUnavailableError
from functions.common.rows import to_trace_summary


def start_tracing() -> None:
    """Trace the calls of this function, once per process."""
    llm_observe.init(load_settings())


@cache
def create_client() -> OpenAI:
    """Give the client; where it points is openai's own ``OPENAI_BASE_URL``."""
    return OpenAI(max_retries=1)


@contextmanager
def calling_models() -> Iterator[None]:
    """Turn a provider's failure into an answer of ours, without its words.

    Raises:
        ModelUnavailableError: if a model call inside failed.
    """
    try:
        yield
    except OpenAIError as error:
        raise ModelUnavailableError(
            f"The model did not answer ({type(error).__name__}). Its trace tells more."
        ) from error


def total_up(caller: CallerIdentity, trace_id: str) -> tuple[int | None, float | None]:
    """Send the spans and read the trace's tokens and dollars as they were stored.

    Unknown where the database does not answer: the demo's answer matters more than its telemetry.
    """
    llm_observe.flush()
    try:
        found = find_trace(caller, trace_id)
    except (httpx.HTTPError, APIError):
        return None, None
    if found is None:
        return None, None
    trace = to_trace_summary(found)
    return trace.total_tokens, trace.total_cost_usd
