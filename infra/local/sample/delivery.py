"""From generated spans to stored rows, through the library's own pipeline."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import psycopg

from infra.local.sample.trace import TENANT
from infra.local.sample.week import WEEK, generate_traces
from llm_observe._delivery.drain import Lane
from llm_observe._delivery.exporter import Outcome, SupabaseSpanExporter
from llm_observe._delivery.finished import FinishedSpan
from llm_observe._delivery.ledger import Ledger
from llm_observe.config import Settings
from llm_observe.supabase.data_api import DataApi

_BATCH: Final = 250
_PATIENCE: Final = 30.0
"""Seconds for one batch. Nobody's request waits for it."""
_OVERLAP: Final = timedelta(hours=1)
"""A trace that was still running at the last run began at most so long before its newest span."""


class DeliveryError(RuntimeError):
    """The sample's spans did not all reach the database."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A report of the delivery: the window and its counts, redelivered ones included."""

    start: datetime
    end: datetime
    traces: int
    spans: int


def deliver_sample(settings: Settings, database_url: str, now: datetime) -> Delivery:
    """Write what tenant ``sample`` lacks of the week up to ``now``.

    Raises:
        ConfigurationError: if the library's settings don't say where the Data API is.
        DeliveryError: if the Data API refuses spans or can't be reached.
        psycopg.Error: if the database can't be reached as its owner.
    """
    ledger = Ledger()
    api = DataApi.from_settings(settings)
    exporter = SupabaseSpanExporter.from_data_api(api, ledger, digest_master=settings.digest_key)
    # Content is never kept, whatever the environment allows.
    lane = Lane(exporter, replace(settings, capture_content=False), ledger)
    try:
        # To ask makes the tenant's row, which must be labelled before it has data.
        wanted = exporter.find_settings(TENANT, deadline=_deadline())
        if isinstance(wanted, Outcome):
            raise DeliveryError(f"Spans of the sample were not stored: {wanted.name.lower()}.")
        start = max(now - WEEK, _label_tenant(database_url) - _OVERLAP)
        traces = list(generate_traces(start, now))
        for batch in _cut(traces):
            for span in batch:
                ledger.emit(span.tenant)
            lane.run(batch, _deadline())
            _check(ledger)
    finally:
        exporter.reset()
    return Delivery(start, now, len(traces), sum(map(len, traces)))


def _label_tenant(database_url: str) -> datetime:
    """Mark the tenant's data as generated; gives the start of its newest span."""
    with psycopg.connect(database_url) as connection:
        labelled = connection.execute(
            "update public.tenants set generated = true where tenant_id = %s", (TENANT,)
        )
        if labelled.rowcount != 1:
            raise DeliveryError(
                f"DATABASE_URL has no tenant {TENANT}: is it the database behind SUPABASE_URL?"
            )
        newest = connection.execute(
            "select coalesce(max(start_time), timestamptz 'epoch') from public.spans"
            " where tenant_id = %s",
            (TENANT,),
        ).fetchone()
    if newest is None:
        raise DeliveryError("The database did not answer.")
    found: datetime = newest[0]
    return found


def _cut(traces: Sequence[Sequence[FinishedSpan]]) -> Iterator[list[FinishedSpan]]:
    """Give whole traces in batches of about one size."""
    batch: list[FinishedSpan] = []
    for trace in traces:
        batch.extend(trace)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _check(ledger: Ledger) -> None:
    counts = ledger.snapshot()
    if counts["stored"] != counts["emitted"]:
        lost = ", ".join(counts["dropped"]) or "nobody answered in time"
        raise DeliveryError(f"Spans of the sample were not stored: {lost}.")


def _deadline() -> float:
    return time.monotonic() + _PATIENCE
