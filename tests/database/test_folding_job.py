"""The job roll_ups: marked hours are folded in bounded steps, fairly, and each once in a run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import Connection, administer, connect_as_owner, ingest
from tests.database.support.rolled_up import list_marked, read_drift
from tests.database.support.spans import call

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_BROKEN = """
create or replace function public.refuse_to_fold() returns trigger
language plpgsql set search_path = '' as $$ begin raise exception 'no'; end $$;
create trigger refuse_to_fold before insert on public.roll_ups
  for each row when (new.bucket_start = '{hour}') execute function public.refuse_to_fold();
"""


def write(database: Database, tenant: str, *hours: datetime) -> None:
    ingest(database, tenant, [call(n, trace=n, at=hour) for n, hour in enumerate(hours, 1)])


@pytest.fixture(autouse=True)
def _nothing_marked(owner: Connection) -> None:
    """Begin with no run and no mark, whatever a test left behind."""
    owner.execute(
        "update public.job_runs set outcome = 'done', finished_at = now() where outcome = 'running'"
    )
    owner.execute("call app.fold_data()")
    owner.execute("delete from public.roll_up_changes")


def begin(owner: Connection) -> Any:
    """Begin a run."""
    row = owner.execute("select app.start_run('roll_ups', interval '5 minutes') as run").fetchone()
    assert row is not None
    return row["run"]


def step(owner: Connection, run: Any, most: int) -> bool:
    row = owner.execute("select app.fold_step(%s, %s) as more", (run, most)).fetchone()
    assert row is not None
    return bool(row["more"])


def read_last(owner: Connection) -> dict[str, Any]:
    query = "select * from public.job_runs where job = 'roll_ups' order by started_at desc limit 1"
    row = owner.execute(query).fetchone()
    assert row is not None
    return row


def test_what_is_marked_is_folded(database: Database, owner: Connection, tenant: str) -> None:
    """By one run, which tells how many hours it folded and how many sums it made."""
    write(database, tenant, NOW, NOW - HOUR, NOW - 40 * DAY)
    owner.execute("call app.fold_data()")
    assert list_marked(database, tenant) == []
    assert read_drift(database, tenant) == []
    run = read_last(owner)
    assert run["outcome"] == "done"
    assert run["did"]["hours"] == 3
    assert run["did"]["rows"] >= 6


def test_tenants_take_turns_and_old_hours_go_first(
    database: Database, owner: Connection, another_tenant: Callable[[], str]
) -> None:
    """A tenant with many hours holds up no other: each step is another tenant's."""
    large, small = another_tenant(), another_tenant()
    write(database, large, *[NOW - n * DAY for n in range(2, 6)])
    write(database, small, NOW - 3 * DAY)
    run = begin(owner)
    waiting = []
    for _ in range(2):
        step(owner, run, 1)
        waiting.append({one: list_marked(database, one) for one in (large, small)})
    assert waiting[-1] == {large: [NOW - n * DAY for n in (4, 3, 2)], small: []}


def test_hours_of_a_day_are_folded_together_up_to_a_bound(
    database: Database, owner: Connection, tenant: str
) -> None:
    """A step takes hours as long as they have no more spans than it may read, and one at least."""
    day = NOW.replace(hour=0) - 3 * DAY
    write(database, tenant, day, day + HOUR, day + 2 * HOUR, day + 2 * HOUR, day + 26 * HOUR)
    run = begin(owner)
    left = []
    while list_marked(database, tenant):
        step(owner, run, 2)
        left.append(len(list_marked(database, tenant)))
    assert left == [2, 1, 0]


def test_an_hour_is_folded_once_in_a_run(
    database: Database, owner: Connection, tenant: str
) -> None:
    """A run comes to its end while every hour changes after each step."""
    hours = [NOW - n * HOUR for n in range(1, 5)]
    write(database, tenant, *hours)
    run = begin(owner)
    steps = 0
    while step(owner, run, 1) and steps < 100:
        steps += 1
        owner.execute("select app.mark_hours(%s, %s)", (tenant, hours))
    assert steps < 100
    assert list_marked(database, tenant) == sorted(hours)


def test_a_day_is_summed_up_with_its_last_marked_hour(
    database: Database, owner: Connection, tenant: str
) -> None:
    """Before, nobody reads it; so a busy day is not made anew with each of its hours."""
    day = NOW.replace(hour=0) - 3 * DAY
    write(database, tenant, day, day + HOUR, day + 2 * HOUR)
    run = begin(owner)
    days = "select count(*)::int as days from public.roll_ups where tenant_id = %s and grain = 1440"
    made = []
    while list_marked(database, tenant):
        step(owner, run, 1)
        made.append(owner.execute(days, (tenant,)).fetchall()[0]["days"] > 0)
        assert read_drift(database, tenant) == []
    assert made == [False, False, True]


def test_a_busy_hour_is_left_for_some_minutes(
    database: Database, owner: Connection, tenant: str
) -> None:
    """The hour that goes on is folded anew five minutes later, not with each run."""
    now = datetime.now(UTC)
    hour = now.replace(minute=0, second=0, microsecond=0)
    for after, marked in ((0, []), (0, [hour]), (5, [])):
        write(database, tenant, now)
        owner.execute(
            "update public.roll_up_progress set current_folded_at = current_folded_at - %s"
            " where tenant_id = %s",
            (timedelta(minutes=after), tenant),
        )
        owner.execute("select app.mark_hours(%s, array[%s])", (tenant, hour))
        owner.execute("call app.fold_data()")
        assert list_marked(database, tenant) == marked


def test_an_hour_in_trouble_holds_up_nothing_else(
    database: Database, owner: Connection, tenant: str, another_tenant: Callable[[], str]
) -> None:
    """It stays marked, so that its sums are right; the run fails, and all others are folded."""
    other = another_tenant()
    hours = [NOW - n * DAY for n in (4, 3, 2)]
    for one in (tenant, other):
        write(database, one, *hours)
    owner.execute(_BROKEN.replace("{hour}", hours[1].isoformat()).encode())
    try:
        owner.execute("call app.fold_data()")
    finally:
        owner.execute("drop trigger refuse_to_fold on public.roll_ups")
    assert list_marked(database, tenant) == list_marked(database, other) == [hours[1]]
    run = read_last(owner)
    assert (run["outcome"], run["did"]["failed"]) == ("failed", 2)
    owner.execute("call app.fold_data()")
    assert list_marked(database, tenant) == []
    assert read_last(owner)["outcome"] == "done"


def test_folding_keeps_no_writer_waiting(
    database: Database, owner: Connection, tenant: str
) -> None:
    """However long it takes: the tenant's expiry goes on beside it, and spans come in."""
    write(database, tenant, NOW - DAY, NOW - 90 * DAY)
    administer(database, tenant, "set_retention", span_days=30, content_days=None)
    with connect_as_owner(database) as folding, folding.transaction():
        folding.execute("select app.fold_hours(%s, array[%s])", (tenant, NOW - DAY))
        owner.execute("set lock_timeout = '2s'")
        try:
            owner.execute("select app.expire_batch(%s, 10)", (tenant,))
        finally:
            owner.execute("reset lock_timeout")
        ingest(database, tenant, [call(9, trace=9, at=NOW - DAY)])
    assert NOW - DAY in list_marked(database, tenant), "what came meanwhile has a mark of its own"
    owner.execute("call app.fold_data()")
    assert read_drift(database, tenant) == []


def test_a_tenant_that_is_deleted_leaves_no_sum(
    database: Database, owner: Connection, tenant: str
) -> None:
    """Its deletion waits for the folding that is at work, and takes what that made."""
    write(database, tenant, NOW - DAY)
    with ThreadPoolExecutor(1) as deleting:
        with connect_as_owner(database) as folding, folding.transaction():
            folding.execute("select app.fold_hours(%s, array[%s])", (tenant, NOW - DAY))
            gone = deleting.submit(administer, database, tenant, "forget_tenant", tenant_id=tenant)
            with pytest.raises(TimeoutError):
                gone.result(0.5)
        assert gone.result(20)["deleted"]["roll_ups"] > 0
    left = "select count(*)::int as sums from public.roll_ups where tenant_id = %s"
    assert owner.execute(left, (tenant,)).fetchall() == [{"sums": 0}]


def test_sums_by_five_minutes_go_after_their_days(
    database: Database, owner: Connection, tenant: str
) -> None:
    """Once they are no longer read, whether or not the tenant sends anything; hours stay."""
    write(database, tenant, NOW - DAY)
    owner.execute("call app.fold_data()")
    aged = """
        update public.roll_ups set bucket_start = bucket_start - interval '37 days'
        where tenant_id = %s"""
    owner.execute(aged, (tenant,))
    owner.execute("update public.roll_up_progress set fine_since = null")
    owner.execute("call app.fold_data()")
    kept = "select distinct grain from public.roll_ups where tenant_id = %s order by grain"
    assert [row["grain"] for row in owner.execute(kept, (tenant,))] == [60, 1440]
    assert read_last(owner)["did"]["pruned"] >= 2


@pytest.mark.parametrize("batch", [1, 1000])
def test_sums_go_after_the_days_of_their_own(
    database: Database, owner: Connection, tenant: str, batch: int
) -> None:
    """A tenant that says so keeps sums longer than spans, and no longer than it said."""
    ages = (500, 300, 90, 3)
    spans = [call(n, trace=n, at=NOW - age * DAY, user_id="maria") for n, age in enumerate(ages, 1)]
    ingest(database, tenant, spans)
    owner.execute("call app.fold_data()")
    administer(database, tenant, "set_retention", span_days=30, content_days=None, roll_up_days=200)
    owner.execute("call app.expire_data(%s)", (batch,))
    owner.execute("call app.fold_data()")
    owner.execute("call app.expire_data(%s)", (batch,))
    kept = """
        select dimension, grain, sum(spans)::int as spans, bool_or(taken) as taken
        from public.roll_ups where tenant_id = %s and dimension in ('total', 'user') and grain > 5
        group by dimension, grain order by 1, 2"""
    assert [tuple(row.values()) for row in owner.execute(kept, (tenant,))] == [
        ("total", 60, 2, True),
        ("total", 1440, 2, False),
        ("user", 60, 2, True),
        ("user", 1440, 2, False),
    ]
    assert read_drift(database, tenant) == []
