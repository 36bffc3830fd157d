"""One call of ``ingest_spans``: committed whole, or refused, and then whose fault it is."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
from postgrest.exceptions import APIError

from functions.common.auth.access import CallerIdentity
from functions.common.database import ingest_as
from functions.common.errors import DatabaseUnavailableError, read_limit
from functions.common.expiring import ExpiringCache
from functions.ingest.breaker import CircuitBreaker
from llm_observe.supabase.halving import BatchRefusedError
from llm_observe.supabase.portions import Row
from llm_observe.supabase.refusals import Refusal, classify, describe_refusal, means_away

_log = logging.getLogger("llm_observe.api")

_CALL_SECONDS: Final = 7.5
"""A quarter is for connecting: what is left is more than the 5 s that the database lets
``llm_ingest`` run a statement, so that it is the database that ends a slow one."""
_TENANTS_TRIES: Final = 2
_REMEMBERED: Final = 60.0
"""Seconds that a tenant's failures are kept."""

_breaker = CircuitBreaker()
_tenants_breakers: ExpiringCache[str, CircuitBreaker] = ExpiringCache()


def commit_rows(
    caller: CallerIdentity,
    rows: Sequence[Row],
    deadline: float,
    *,
    evaluations: Sequence[Mapping[str, Any]] = (),
) -> Any:
    """Commit all rows and evaluations or none, by one call; gives what ``ingest_spans`` answers.

    ``deadline`` is in ``time.monotonic`` seconds.

    Raises:
        BatchRefusedError: if the database refuses a row, or nobody knows what.
        DatabaseUnavailableError: if the database does not answer in time; sent again, the rows
            may be stored.
        TooManyRequestsError: if the tenant is over its rate.
        APIError: if it is refused whatever the rows are.
    """
    own = _find_breaker(caller.tenant)
    if (pause := max(_breaker.seconds_left(), own.seconds_left())) > 0:
        raise DatabaseUnavailableError(_AWAY, retry_after=pause)
    hurried = deadline - time.monotonic() < _CALL_SECONDS
    try:
        answer = _call(caller, rows, evaluations, deadline)
    except httpx.TransportError as error:
        # In less time than a statement may take, it may only have been a slow one of theirs.
        slow = hurried and isinstance(error, httpx.TimeoutException)
        (own if slow else _breaker).note_failure()
        raise DatabaseUnavailableError(_AWAY) from error
    except APIError as error:
        _judge(error, own, empty=not rows and not evaluations)
        raise
    _breaker.note_success()
    own.note_success()
    return answer


def _find_breaker(tenant: str) -> CircuitBreaker:
    """Give the tenant's own, which opens on what is no other tenant's fault."""
    if (known := _tenants_breakers.find(tenant)) is not None:
        return known[0]
    made = CircuitBreaker(tries=_TENANTS_TRIES)
    return _tenants_breakers.store(tenant, made, _REMEMBERED)


def _call(
    caller: CallerIdentity,
    rows: Sequence[Row],
    evaluations: Sequence[Mapping[str, Any]],
    deadline: float,
) -> Any:
    def send() -> Any:
        left = min(_CALL_SECONDS, deadline - time.monotonic())
        if left <= 0:
            raise DatabaseUnavailableError(_AWAY)
        client = ingest_as(caller, timeout=left)
        # A call without spans asks for the tenant's settings.
        body: dict[str, Any] = {"spans": rows, "settings": not rows}
        if evaluations:
            body |= {"evaluations": evaluations, "settings": False}
        return client.rpc("ingest_spans", body).execute().data

    try:
        return send()
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        # A frozen environment's connection may be gone; sending again changes nothing.
        return send()


def _judge(error: APIError, own: CircuitBreaker, *, empty: bool) -> None:
    """Raise what a refusal comes to, but for one that is final; open whose breaker it is."""
    refusal = classify(error.code)
    if means_away(error.code):
        _breaker.note_failure()
    else:
        _breaker.note_success()
    match refusal:
        case Refusal.FINAL:
            return
        case Refusal.LIMIT:
            raise read_limit(error) from error
        case Refusal.ROW | Refusal.UNFORESEEN if not empty:
            reason = describe_refusal(error.code, error.message)
            raise BatchRefusedError(reason, certain=refusal is Refusal.ROW) from error
    own.note_failure()
    _log.error("database refused: %s", error.code)
    raise DatabaseUnavailableError(_AWAY) from error


_AWAY: Final = "The database did not answer in time. Send the same request again in a moment."
