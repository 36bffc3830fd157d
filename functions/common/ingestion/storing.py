"""From spans to committed rows: all of them, or a reason for each that is not."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import httpx
from postgrest.exceptions import APIError

from functions.common.access import CallerIdentity
from functions.common.database import ingest_as
from functions.common.environment import load_settings
from functions.common.errors import DatabaseUnavailableError, TooManyRequestsError
from functions.common.expiring import ExpiringCache
from functions.common.ingestion.breaker import CircuitBreaker
from functions.common.ingestion.rejections import Rejections
from llm_observe.dialects import SourceSpan
from llm_observe.pricing import load_prices
from llm_observe.records import SpanRecord
from llm_observe.tenant_settings import TenantSettings, read_tenant_settings
from llm_observe.transcription import Transcriber

_log = logging.getLogger("llm_observe.api")

_SETTINGS_GOOD_FOR: Final = 60.0
"""Seconds: how long a destroyed salt, or a rule that is gone, may still be used."""
_REFUSED: Final = re.compile(r"22\w{3}|23502|23514")
"""SQLSTATEs that say something of a row: data exceptions, missing values, failed checks."""
_STATEMENT_SECONDS: Final = 6.0
"""A little more than the database lets ``llm_ingest`` run a statement."""
_AT_ONCE: Final = 32
"""Spans that take each step together: the processor forgets less between them."""
_UNREADABLE: Final = "it could not be read; this is our mistake."

Row = dict[str, Any]
Refuse = Callable[[Row, str], None]
"""Takes a row that can never be stored, and why."""

_tenants: ExpiringCache[str, TenantSettings] = ExpiringCache()
_breaker = CircuitBreaker()


def make_rows(
    caller: CallerIdentity, spans: Iterable[SourceSpan], rejections: Rejections, deadline: float
) -> list[Row]:
    """Give the rows of spans, their content protected.

    ``deadline`` is in ``time.monotonic`` seconds.

    Raises:
        DatabaseUnavailableError: if the tenant's settings are not known and cannot be asked for.
    """
    rows: list[Row] = []
    coming: Iterator[Any] = iter(spans)
    steps = None
    while batch := list(islice(coming, _AT_ONCE)):
        steps = steps or _prepare_steps(caller, deadline)
        for step in steps:
            batch = list(_make_each(step, batch, rejections))
        rows += batch
    return rows


def _prepare_steps(caller: CallerIdentity, deadline: float) -> Sequence[Callable[[Any], Any]]:
    """Give what leads from a span to its row, each step to what the next one takes."""
    wanted, settings = _find_tenant_settings(caller, deadline), load_settings()
    way = Transcriber(caller.tenant, wanted.key, load_prices(), settings, wanted.rules)
    return way.read, way.protect, way.write, SpanRecord.to_row


def _make_each(
    make: Callable[[Any], Any], sources: Iterable[Any], rejections: Rejections
) -> Iterator[Any]:
    """Make what can be made: one odd span must not cost its batch."""
    for source in sources:
        try:
            yield make(source)
        except Exception as error:  # noqa: BLE001
            # Not the exception itself: it may quote content.
            _log.error("a span could not be read: %s", type(error).__name__)
            rejections.add(_UNREADABLE)


def ingest_rows(caller: CallerIdentity, rows: list[Row], refuse: Refuse, deadline: float) -> None:
    """Commit what the database takes: halve a batch that it refuses, down to the row it means.

    Raises:
        DatabaseUnavailableError: if the database does not answer in time; nothing or a part of
            the rows is stored, and all may be sent again.
        TooManyRequestsError: if the tenant is over its rate.
    """
    try:
        commit_rows(caller, rows, deadline)
    except APIError as error:
        if not _REFUSED.fullmatch(error.code or ""):
            raise
        if len(rows) == 1:
            refuse(rows[0], str(error.message))
            return
        middle = len(rows) // 2
        ingest_rows(caller, rows[:middle], refuse, deadline)
        ingest_rows(caller, rows[middle:], refuse, deadline)


def commit_rows(caller: CallerIdentity, rows: list[Row], deadline: float) -> Any:
    """Commit all rows or none, by one call; gives what ``ingest_spans`` answers.

    Raises:
        APIError: if the database refuses a row.
        DatabaseUnavailableError, TooManyRequestsError: as ``ingest_rows``.
    """
    if (pause := _breaker.seconds_left()) > 0:
        raise DatabaseUnavailableError(_AWAY, retry_after=pause)
    try:
        answer = _call(caller, rows, deadline)
    except httpx.TransportError as error:
        _breaker.note_failure()
        raise DatabaseUnavailableError(_AWAY) from error
    except APIError as error:
        _judge(error)
        raise
    _breaker.note_success()
    return answer


def _call(caller: CallerIdentity, rows: list[Row], deadline: float) -> Any:
    def send() -> Any:
        left = min(_STATEMENT_SECONDS, deadline - time.monotonic())
        if left <= 0:
            raise DatabaseUnavailableError(_AWAY)
        client = ingest_as(caller, timeout=left)
        # Who sends no span asks what the tenant wants of them.
        body: dict[str, Any] = {"spans": rows, "settings": not rows}
        return client.rpc("ingest_spans", body).execute().data

    try:
        return send()
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        # A frozen environment's connection may be gone; sending again changes nothing.
        return send()


def _judge(error: APIError) -> None:
    """Sort a refusal: over the rate, of a row, or trouble that may pass."""
    code = error.code or ""
    if code in {"PT429", "429"}:
        _breaker.note_success()
        raise TooManyRequestsError(
            str(error.message), retry_after=_read_seconds(error.details)
        ) from error
    if _REFUSED.fullmatch(code) or code.startswith(("PT4", "42")):
        _breaker.note_success()
        return
    _breaker.note_failure()
    _log.error("database refused: %s", code)
    raise DatabaseUnavailableError(_AWAY) from error


def _read_seconds(details: Any) -> float:
    return float(details) if str(details).isdecimal() else 1.0


def _find_tenant_settings(caller: CallerIdentity, deadline: float) -> TenantSettings:
    """Ask what the tenant wants of its spans: once a minute, in one round trip."""
    if (known := _tenants.find(caller.tenant)) is not None:
        return known[0]
    wanted = read_tenant_settings(
        commit_rows(caller, [], deadline), tenant=caller.tenant, master=load_settings().digest_key
    )
    return _tenants.store(caller.tenant, wanted, _SETTINGS_GOOD_FOR)


_AWAY: Final = "The database did not answer in time. Send the same request again in a moment."
