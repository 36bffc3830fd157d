"""Partitions: any time finds a place, and a month can get its partition late."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import ingest, read_as, read_as_owner
from tests.database.support.spans import call, span_id, trace_id

_PLACE = "select tableoid::regclass::text as partition from public.{} where tenant_id = %s"


def places(database: Database, tenant: str) -> list[str]:
    return [
        row["partition"]
        for table in ("spans", "span_contents")
        for row in read_as_owner(database, _PLACE.format(table), (tenant,))
    ]


@pytest.mark.parametrize("year", [1970, 1999, 2090, 2099])
def test_any_time_is_stored_and_found(database: Database, tenant: str, year: int) -> None:
    """A skewed clock's span goes to the default partition and is read like any other."""
    ingest(database, tenant, [call(2, at=datetime(year, 1, 1, tzinfo=UTC), input="in")])
    assert places(database, tenant) == ["spans_default", "span_contents_default"]
    query = "select span_id, input, extract(year from start_time) as year from public.span_details"
    assert read_as(database, "authenticated", tenant, query) == [
        {"span_id": span_id(2), "input": "in", "year": year}
    ]
    traces = "select trace_id from public.trace_summaries"
    assert read_as(database, "authenticated", tenant, traces) == [{"trace_id": trace_id(1)}]


def test_this_month_has_a_partition(database: Database, tenant: str) -> None:
    """What is written now goes to its month, by UTC."""
    now = datetime.now(UTC)
    ingest(database, tenant, [call(2, at=now, input="in")])
    assert places(database, tenant) == [f"spans_{now:%Y_%m}", f"span_contents_{now:%Y_%m}"]


def test_a_late_partition_takes_its_months_rows(database: Database, tenant: str) -> None:
    """Rows that came before their month's partition move into it; neighbours stay, none is lost."""
    moments = [
        datetime(2040, 1, 31, 23, 59, 59, 999999, UTC),
        datetime(2040, 2, 1, tzinfo=UTC),
        datetime(2040, 2, 29, 23, 59, 59, 999999, UTC),
        datetime(2040, 3, 1, tzinfo=UTC),
    ]
    spans = [call(n, at=at, input={"n": n}) for n, at in enumerate(moments, 1)]
    ingest(database, tenant, spans)
    details = "select to_jsonb(d) as row from public.span_details d order by start_ns"
    before = read_as(database, "authenticated", tenant, details)
    for table in ("spans", "span_contents"):
        read_as_owner(database, f"select app.ensure_partition('{table}', '2040-02-01')")
    assert sorted(places(database, tenant)) == sorted(
        ["spans_default", "spans_2040_02"] * 2
        + ["span_contents_default", "span_contents_2040_02"] * 2
    )
    assert read_as(database, "authenticated", tenant, details) == before
    assert ingest(database, tenant, spans)["stored"] == 0
