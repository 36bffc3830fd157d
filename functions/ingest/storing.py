"""From spans to committed rows: all of them, or a reason for each that is not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from functions.common.auth.access import CallerIdentity
from functions.common.environment import load_settings
from functions.common.expiring import ExpiringCache
from functions.ingest.committing import commit_rows
from functions.ingest.rejections import Rejections
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import SourceSpan
from llm_observe.records import SpanRecord, weigh
from llm_observe.supabase.halving import store_portions
from llm_observe.supabase.portions import Row
from llm_observe.supabase.tenant_settings import TenantSettings, read_tenant_settings
from llm_observe.transcription import Transcriber

_log = logging.getLogger("llm_observe.api")

_SETTINGS_GOOD_FOR: Final = 60.0
"""Seconds: how long a destroyed salt, or a rule that is gone, may still be used."""
_AT_ONCE: Final = 32
"""Spans that take each step together: the processor forgets less between them."""
_UNREADABLE: Final = "it could not be read; this is our mistake."

Refuse = Callable[[Row, str], None]
"""Takes a row that can never be stored, and why."""

_tenants: ExpiringCache[str, TenantSettings] = ExpiringCache()


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
    wanted = find_tenant_settings(caller, deadline)
    settings = wanted.restrict(load_settings())
    way = Transcriber(caller.tenant, wanted.key, load_prices(), settings, wanted.rules)
    return way.read, way.protect, way.write, SpanRecord.to_row


def _make_each(
    make: Callable[[Any], Any], sources: Iterable[Any], rejections: Rejections
) -> Iterator[Any]:
    """Make what can be made: one odd span must not cost its batch."""
    for source in sources:
        try:
            yield make(source)
        except Exception as error:  # noqa: BLE001  # one bad span costs no other
            # Not the exception itself: it may quote content.
            _log.error("a span could not be read: %s", type(error).__name__)
            rejections.add(_UNREADABLE)


def ingest_rows(caller: CallerIdentity, rows: list[Row], refuse: Refuse, deadline: float) -> None:
    """Commit what the database takes, in portions, and refuse the rows that it never will.

    Raises:
        DatabaseUnavailableError: if the database does not answer in time; nothing or a part of
            the rows is stored, and all may be sent again.
        TooManyRequestsError: if the tenant is over its rate.
        APIError: if it is refused whoever sends what.
    """

    def send(batch: Sequence[Row]) -> None:
        commit_rows(caller, batch, deadline)

    store_portions(rows, weigh, send, refuse)


def find_tenant_settings(caller: CallerIdentity, deadline: float) -> TenantSettings:
    """Ask what the tenant wants of its spans: once a minute, in one round trip.

    Raises:
        DatabaseUnavailableError: if the database does not answer in time.
        APIError: if the caller is refused.
    """
    if (known := _tenants.find(caller.tenant)) is not None:
        return known[0]
    wanted = read_tenant_settings(
        commit_rows(caller, [], deadline), tenant=caller.tenant, master=load_settings().digest_key
    )
    return _tenants.store(caller.tenant, wanted, _SETTINGS_GOOD_FOR)
