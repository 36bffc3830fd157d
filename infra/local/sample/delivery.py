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
from llm_observe.config import Settings
from llm_observe.data_api import DataApi
from llm_observe.exporter import DigestKeyring, SupabaseSpanExporter, Transcribed
from llm_observe.ledger import Ledger
from llm_observe.pricing import load_prices
from llm_observe.privacy import DigestKey
from llm_observe.transcription import FinishedSpan, transcribe

_BATCH: Final = 250
_PATIENCE: Final = 30.0
"""Seconds for one batch. Nobody's request waits for it."""
_OVERLAP: Final = timedelta(hours=1)
"""A trace that was still running at the last run began at most so long before its newest span."""


class DeliveryError(RuntimeError):
    """The sample's spans did not all reach the database."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was written: the window and its counts, redelivered ones included."""

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
    try:
        exporter = SupabaseSpanExporter.from_data_api(api, ledger)
        # An empty batch makes the tenant's row, which must be labelled before it has data.
        exporter.export(TENANT, [], deadline=_deadline())
        _check(ledger)
        start = max(now - WEEK, _label_tenant(database_url) - _OVERLAP)
        key = DigestKeyring(settings.digest_key, exporter).get(TENANT, deadline=_deadline())
        traces = list(generate_traces(start, now))
        for batch in _transcribe_all(traces, key, settings):
            ledger.emit(len(batch))
            exporter.export(TENANT, batch, deadline=_deadline())
            _check(ledger)
    finally:
        api.close()
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


def _transcribe_all(
    traces: Sequence[Sequence[FinishedSpan]], key: DigestKey | None, settings: Settings
) -> Iterator[list[Transcribed]]:
    """Make records, in batches; content is never kept, whatever the environment allows."""
    closed = replace(settings, capture_content=False)
    prices = load_prices()
    batch: list[Transcribed] = []
    for trace in traces:
        for finished in trace:
            record = transcribe(finished, key=key, prices=prices, settings=closed)
            batch.append(Transcribed(finished, record))
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _check(ledger: Ledger) -> None:
    dropped = ledger.snapshot()["dropped"]
    if dropped:
        raise DeliveryError(f"Spans of the sample were not stored: {', '.join(dropped)}.")


def _deadline() -> float:
    return time.monotonic() + _PATIENCE
