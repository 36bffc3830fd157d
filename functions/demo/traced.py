"""The part that the two demo endpoints share. Only they import a model provider's client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import httpx
from openai import OpenAI, OpenAIError
from postgrest.exceptions import APIError

import llm_observe
from functions.common.auth.access import CallerIdentity
from functions.common.database import manage_as
from functions.common.environment import MOST_DEMO_RUNS, load_demo_limit, load_settings
from functions.common.errors import ErrorBody, ModelUnavailableError
from functions.common.summaries import find_trace, to_trace_summary
from llm_observe.supabase.refusals import means_away

FAILURES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorBody} for status in (410, 429, 502)
}
"""Answers of the demos beside the usual errors."""
_TIMEOUT: Final = 3.0
"""Seconds for the count; the model's calls need the rest of the function's."""


def start_tracing() -> None:
    """Trace the calls of this function, once per process; a wrong limit is said at start."""
    load_demo_limit()
    llm_observe.init(load_settings(), strict=True)


def count_run(caller: CallerIdentity) -> None:
    """Count a run before it spends anything; the database looks the caller up, too.

    In development mode nobody else pays: it runs as often as wished, without the database as well.

    Raises:
        postgrest.exceptions.APIError: if the caller may not any more, or the tenant not today.
        httpx.HTTPError: if the database does not answer.
    """
    dev = load_settings().dev
    limit: dict[str, Any] = {"most_a_day": MOST_DEMO_RUNS if dev else load_demo_limit()}
    try:
        manage_as(caller, timeout=_TIMEOUT).rpc("start_demo_run", limit).execute()
    except (httpx.HTTPError, APIError) as error:
        away = not isinstance(error, APIError) or means_away(error.code)
        if not (away and dev):
            raise


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
