"""Roll-ups: sums that are the raw rows' after any history, and keep what the expiry took."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from tests.database.support.callers import administer, connect_as_owner, ingest, read_as_owner
from tests.database.support.deliveries import (
    Delivery,
    draw_answer,
    draw_delivery,
    draw_nested,
)
from tests.database.support.rolled_up import fold, list_marked, read_drift
from tests.database.support.spans import call, failed_call, step, trace_id

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def read_totals(database: Database, tenant: str) -> dict[str, Any]:
    """Give what the hours' totals add up to, what was taken included."""
    query = """
        select coalesce(sum(spans), 0)::int as requests, coalesce(sum(errors), 0)::int as errors,
          coalesce(sum(total_tokens), 0)::int as total_tokens,
          coalesce(sum(spans) filter (where taken), 0)::int as taken
        from public.roll_ups
        where tenant_id = %s and dimension = 'total' and grain = 60 and counted"""
    (totals,) = read_as_owner(database, query, (tenant,))
    return dict(totals)


def test_what_was_written_is_marked_and_folded(database: Database, tenant: str) -> None:
    """An hour is marked by each batch until it is folded; then its sums are the raw rows'."""
    ingest(database, tenant, [call(1, at=NOW), call(2, at=NOW - HOUR, user_id="maria")])
    ingest(database, tenant, [failed_call(3, at=NOW)])
    assert list_marked(database, tenant) == [NOW - HOUR, NOW]
    assert fold(database, tenant) > 0
    assert list_marked(database, tenant) == []
    assert read_drift(database, tenant) == []
    assert read_totals(database, tenant) == {
        "requests": 3,
        "errors": 1,
        "total_tokens": 220,
        "taken": 0,
    }


def test_a_failed_call_stands_in_the_row_of_its_model(database: Database, tenant: str) -> None:
    """A failure names only the model that was asked for; its price's name brings both together."""
    ingest(
        database, tenant, [call(1, at=NOW, response_model="fable-1-0925"), failed_call(2, at=NOW)]
    )
    fold(database, tenant)
    query = """
        select model, sum(spans)::int as spans, sum(errors)::int as errors from public.roll_ups
        where tenant_id = %s and dimension = 'detail' and grain = 60 group by model"""
    assert read_as_owner(database, query, (tenant,)) == [
        {"model": "fable-1", "spans": 2, "errors": 1}
    ]


def test_a_call_is_of_its_traces_user(database: Database, tenant: str) -> None:
    """One that names nobody stands in the sums of whom its trace is about, told before or after."""
    ingest(database, tenant, [call(1, at=NOW), call(2, trace=2, at=NOW, user_id="otto")])
    fold(database, tenant)
    ingest(database, tenant, [step(3, at=NOW + HOUR, user_id="maria", session_id="s1")])
    assert list_marked(database, tenant) == [NOW, NOW + HOUR]
    fold(database, tenant)
    query = """
        select dimension, value, spans from public.roll_ups
        where tenant_id = %s and dimension in ('user', 'session') and grain = 60
        order by dimension, value"""
    assert read_as_owner(database, query, (tenant,)) == [
        {"dimension": "session", "value": "s1", "spans": 1},
        {"dimension": "user", "value": "maria", "spans": 1},
        {"dimension": "user", "value": "otto", "spans": 1},
    ]
    assert read_drift(database, tenant) == []


@pytest.mark.parametrize("days", [1, 30])
def test_the_expiry_lowers_no_sum(database: Database, tenant: str, days: int) -> None:
    """What was taken stays in the sums, whether its hour was folded before or not, and once."""
    old = NOW - timedelta(days=40)
    ingest(database, tenant, [call(1, trace=1, at=old), call(2, trace=2, at=old + 2 * HOUR)])
    fold(database, tenant)
    ingest(database, tenant, [failed_call(3, trace=3, at=old), call(4, trace=4, at=NOW)])
    administer(database, tenant, "set_retention", span_days=days, content_days=None)
    for _ in range(2):
        with connect_as_owner(database) as owner:
            owner.execute("select app.expire_batch(%s, 1)", (tenant,))
    with connect_as_owner(database) as owner:
        owner.execute("select app.expire_batch(%s, 1000)", (tenant,))
    fold(database, tenant)
    assert read_totals(database, tenant) == {
        "requests": 4,
        "errors": 1,
        "total_tokens": 330,
        "taken": 3,
    }
    assert read_drift(database, tenant) == []
    rows = read_as_owner(
        database,
        "select count(*)::int as rows from public.roll_ups where tenant_id = %s and taken "
        "and dimension = 'total' and grain = 60",
        (tenant,),
    )
    assert rows == [{"rows": 2}], "one for each hour, however many batches took from it"


def test_what_comes_late_is_added_to_what_was_taken(database: Database, tenant: str) -> None:
    """A span of an hour that expired is in the sums, until it expires and after."""
    old = NOW - timedelta(days=40)
    ingest(database, tenant, [call(1, trace=1, at=old)])
    administer(database, tenant, "set_retention", span_days=30, content_days=None)
    for requests, taken in ((2, 1), (2, 2)):
        with connect_as_owner(database) as owner:
            owner.execute("select app.expire_batch(%s, 1000)", (tenant,))
        if taken == 1:
            ingest(database, tenant, [call(2, trace=2, at=old)])
        fold(database, tenant)
        totals = read_totals(database, tenant)
        assert (totals["requests"], totals["taken"]) == (requests, taken)
        assert read_drift(database, tenant) == []


def test_a_deletion_lowers_the_sums(database: Database, tenant: str) -> None:
    """A trace and a person that are forgotten leave every sum; of the person no sum is left."""
    ingest(
        database,
        tenant,
        [
            call(1, trace=1, at=NOW, user_id="maria"),
            call(2, trace=2, at=NOW),
            call(3, trace=3, at=NOW, user_id="otto"),
        ],
    )
    fold(database, tenant)
    administer(database, tenant, "forget_user", user_id="maria")
    people = (
        "select distinct value from public.roll_ups where tenant_id = %s and dimension = 'user'"
    )
    assert read_as_owner(database, people, (tenant,)) == [{"value": "otto"}]
    administer(database, tenant, "forget_trace", trace_id=trace_id(2))
    fold(database, tenant)
    assert read_totals(database, tenant)["requests"] == 1
    assert read_drift(database, tenant) == []


def test_a_change_by_hand_is_marked(database: Database, tenant: str) -> None:
    """An update and a deletion in Supabase Studio mark their hours as any other."""
    ingest(database, tenant, [call(1, at=NOW), call(2, trace=2, at=NOW - DAY)])
    for statement in (
        "update public.spans set total_tokens = 7 where tenant_id = %s and span_id like '%%1'",
        "delete from public.spans where tenant_id = %s and span_id like '%%2'",
    ):
        fold(database, tenant)
        with connect_as_owner(database) as owner:
            owner.execute(statement, (tenant,))
        assert len(list_marked(database, tenant)) == 1
    fold(database, tenant)
    assert read_totals(database, tenant)["total_tokens"] == 7
    assert read_drift(database, tenant) == []


DELIVERIES = st.one_of(draw_delivery(), draw_answer(), draw_nested())


@given(histories=st.lists(st.lists(DELIVERIES, min_size=1, max_size=8), min_size=1, max_size=4))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_after_any_history_the_sums_are_the_raw_rows(
    database: Database, another_tenant: Callable[[], str], histories: list[list[Delivery]]
) -> None:
    """Merging, uncounting and redelivery in any order, folded after each: no drift, no mark."""
    tenant = another_tenant()
    for batch in histories:
        ingest(database, tenant, batch)
        fold(database, tenant)
        assert read_drift(database, tenant) == []
        assert list_marked(database, tenant) == []
