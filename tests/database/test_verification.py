"""The job verification: what differs from the spans is told by measure and put right."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import Connection, connect_as_owner, ingest
from tests.database.support.rolled_up import list_marked, read_drift
from tests.database.support.spans import call, failed_call

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLD = NOW.replace(hour=3) - 3 * DAY
"""An hour of a day that is over."""
_WRONG = {
    "cost_usd": "coalesce(cost_usd, 0) + 0.5",
    "first_start": "coalesce(first_start, now()) - interval '1 second'",
    "last_start": "coalesce(last_start, now()) + interval '1 second'",
    "latency": "array_append(latency, 1)",
    "time_to_first_token": "array_append(time_to_first_token, 1)",
}
_TOLD = {"cost_usd": ("drift_microdollars", 500_000)} | {
    name: (f"drift_{name}", 1)
    for name in ("first_start", "last_start", "latency", "time_to_first_token")
}
_PLACE = """
from public.roll_ups where tenant_id = %s and not taken and dimension = %s and grain = %s
order by bucket_start, place limit 1"""


def read_measures(owner: Connection) -> list[str]:
    """Give the columns that no row is told apart by, from the catalogue."""
    query = """
        select column_name as name from information_schema.columns
        where table_schema = 'public' and table_name = 'roll_ups'
          and data_type not in ('text', 'boolean', 'smallint')
          and column_name not in ('bucket_start', 'place')"""
    return [row["name"] for row in owner.execute(query)]


@pytest.fixture(autouse=True)
def _all_is_folded(owner: Connection) -> None:
    """Begin with no run and no mark, whatever a test left behind."""
    owner.execute(
        "update public.job_runs set outcome = 'done', finished_at = now() where outcome = 'running'"
    )
    owner.execute("call app.fold_data()")


def settle(database: Database, owner: Connection, tenant: str) -> None:
    """Give a tenant sums of three hours of two days, by each dimension."""
    spans = [
        call(1, at=OLD, user_id="maria", session_id="s"),
        failed_call(2, at=OLD + HOUR),
        call(3, at=OLD + DAY, user_id="otto"),
    ]
    ingest(database, tenant, spans)
    owner.execute("call app.fold_data()")
    assert read_drift(database, tenant) == []


def verify(owner: Connection) -> dict[str, Any]:
    """Run the job to its end and give what it did."""
    owner.execute("call app.verify_data()")
    query = "select * from public.job_runs where job = 'verification' order by started_at desc"
    run = owner.execute(query).fetchone()
    assert run is not None
    assert run["outcome"] == "done"
    did: dict[str, Any] = run["did"]
    return did


def read_drifted(owner: Connection, tenant: str) -> int:
    query = "select drifted_hours from public.roll_up_progress where tenant_id = %s"
    row = owner.execute(query, (tenant,)).fetchone()
    assert row is not None
    hours: int = row["drifted_hours"]
    return hours


def check_repair(database: Database, owner: Connection, tenant: str) -> None:
    """What differs is marked, so that sums are right at once; the next run of folding mends it."""
    assert read_drifted(owner, tenant) == 1
    assert len(list_marked(database, tenant)) == 1
    owner.execute("call app.fold_data()")
    assert read_drift(database, tenant) == []
    assert "drifted_hours" not in verify(owner)
    assert read_drifted(owner, tenant) == 0


@pytest.mark.parametrize(("dimension", "grain"), [("total", 60), ("user", 60), ("model", 5)])
def test_every_measure_is_compared(
    database: Database, owner: Connection, tenant: str, dimension: str, grain: int
) -> None:
    """Each column that is a measure, changed by hand, is told by name and amount, and mended."""
    settle(database, owner, tenant)
    for measure in read_measures(owner):
        wrong = _WRONG.get(measure, f"coalesce({measure}, 0) + 7")
        owner.execute(
            f"update public.roll_ups set {measure} = {wrong} "
            f"where (tenant_id, dimension, grain, bucket_start, taken, place) = "
            f"(select tenant_id, dimension, grain, bucket_start, taken, place {_PLACE})".encode(),
            (tenant, dimension, grain),
        )
        did = verify(owner)
        name, amount = _TOLD.get(measure, (f"drift_{measure}", 7))
        assert {each: did[each] for each in did if each.startswith("drift")} == {
            "drifted_hours": 1,
            name: amount,
        }
        check_repair(database, owner, tenant)


@pytest.mark.parametrize(
    ("dimension", "grain"),
    [
        *(("total", grain) for grain in (5, 60, 1440)),
        *(("model", grain) for grain in (5, 60, 1440)),
        *(("detail", grain) for grain in (60, 1440)),
        *(("user", grain) for grain in (60, 1440)),
    ],
)
def test_a_row_that_is_missing_is_found(
    database: Database, owner: Connection, tenant: str, dimension: str, grain: int
) -> None:
    """Of every grain; what it should have summed up is what is missing."""
    settle(database, owner, tenant)
    owner.execute(
        "delete from public.roll_ups"
        " where (tenant_id, dimension, grain, bucket_start, taken, place)"
        f" = (select tenant_id, dimension, grain, bucket_start, taken, place {_PLACE})".encode(),
        (tenant, dimension, grain),
    )
    did = verify(owner)
    assert did["drifted_hours"] == 1
    assert did["drift_rows"] == 1
    check_repair(database, owner, tenant)


@pytest.mark.parametrize("hour", [OLD, OLD + 5 * HOUR])
@pytest.mark.parametrize("dimension", ["total", "user", "tag:gone"])
def test_a_row_too_many_is_found(
    database: Database, owner: Connection, tenant: str, dimension: str, hour: datetime
) -> None:
    """In an hour with spans and in one without, in a dimension that nobody asks for as well."""
    settle(database, owner, tenant)
    owner.execute(
        "insert into public.roll_ups (tenant_id, dimension, grain, bucket_start, taken, place,"
        " value, counted, spans, errors, unpriced, unmeasured, first_start, last_start, latency)"
        " values (%s, %s, 60, %s, false, 999, 'x', true, 5, 0, 0, 0, %s, %s, '{}')",
        (tenant, dimension, hour, hour, hour),
    )
    did = verify(owner)
    assert did["drifted_hours"] >= 1
    assert did["drift_spans"] >= 5
    owner.execute("call app.fold_data()")
    assert read_drift(database, tenant) == []
    assert "drifted_hours" not in verify(owner)


def test_a_row_that_stands_twice_is_found(
    database: Database, owner: Connection, tenant: str
) -> None:
    """Equal to what it should be, and one too many."""
    settle(database, owner, tenant)
    twice = "create temporary table twice as select * " + _PLACE
    owner.execute(twice.encode(), (tenant, "detail", 60))
    owner.execute("update twice set place = 1000")
    owner.execute("insert into public.roll_ups select * from twice")
    owner.execute("drop table twice")
    assert verify(owner)["drift_spans"] >= 1
    owner.execute("call app.fold_data()")
    assert read_drift(database, tenant) == []


def test_marked_hours_are_no_drift(database: Database, owner: Connection, tenant: str) -> None:
    """Their sums are read from the spans, so that what was folded may differ."""
    settle(database, owner, tenant)
    ingest(database, tenant, [call(9, trace=9, at=OLD), call(10, trace=10, at=OLD + 9 * DAY)])
    assert "drifted_hours" not in verify(owner)


def test_a_change_that_is_not_told_is_found(
    database: Database, owner: Connection, tenant: str
) -> None:
    """Spans that somebody changed past the triggers differ from their sums."""
    settle(database, owner, tenant)
    owner.execute("delete from public.roll_up_changes")
    with connect_as_owner(database) as other, other.transaction():
        other.execute(
            "delete from public.spans where tenant_id = %s and trace_id is not null"
            " and user_id = 'otto'",
            (tenant,),
        )
        other.execute("delete from public.roll_up_changes where tenant_id = %s", (tenant,))
    did = verify(owner)
    assert (did["drifted_hours"], read_drifted(owner, tenant)) == (1, 1)
    owner.execute("call app.fold_data()")
    assert read_drift(database, tenant) == []


def test_nothing_drifts_while_spans_arrive(
    database: Database, owner: Connection, another_tenant: Callable[[], str]
) -> None:
    """Writers, folding and verification at once: 0 hours differ, at every moment."""
    tenants = [another_tenant(), another_tenant()]
    hours = [NOW - n * 7 * HOUR for n in range(6)]

    def write(number: int) -> None:
        for n in range(15):
            at = hours[(n + number) % len(hours)]
            numbers = range(100 * number + 4 * n, 100 * number + 4 * n + 4)
            spans = [call(i, trace=number, at=at, user_id=f"u{i % 5}") for i in numbers]
            ingest(database, tenants[number % 2], spans)
            # Redelivered, and told more of.
            ingest(database, tenants[number % 2], [spans[0] | {"user_id": "later"}])

    drifted = []
    with ThreadPoolExecutor(4) as writers:
        running = [writers.submit(write, number) for number in range(1, 5)]
        while not all(each.done() for each in running):
            owner.execute("call app.fold_data()")
            drifted.append(verify(owner).get("drifted_hours", 0))
        for each in running:
            each.result()
    assert len(drifted) > 1
    assert set(drifted) == {0}
    owner.execute("call app.fold_data()")
    assert verify(owner).get("drifted_hours", 0) == 0
    assert all(read_drift(database, one) == [] for one in tenants)


def test_a_run_goes_on_where_the_last_one_stood(
    database: Database, owner: Connection, tenant: str
) -> None:
    """A run ends by its time, is done, and the next one comes to what it did not reach."""
    settle(database, owner, tenant)
    ingest(database, tenant, [call(n, trace=n, at=OLD + n * HOUR) for n in range(10, 16)])
    owner.execute("call app.fold_data()")
    owner.execute(
        "update public.roll_ups set spans = spans + 1 where tenant_id = %s and dimension = 'total'"
        " and grain = 60 and bucket_start = %s",
        (tenant, OLD + 14 * HOUR),
    )
    owner.execute(
        "update public.roll_up_progress set checked_at = null, check_next = null"
        " where tenant_id = %s",
        (tenant,),
    )
    runs = 0
    while read_drifted(owner, tenant) == 0 and runs < 30:
        runs += 1
        run = owner.execute("select app.start_run('verification', interval '1 day') as run")
        (row,) = run.fetchall()
        step = "select app.check_step(%s, 2, interval '0') as more"
        assert owner.execute(step, (row["run"],)).fetchall() == [{"more": False}]
        owner.execute("select app.finish_run(%s, 'done', null)", (row["run"],))
    assert 1 < runs < 30
    assert list_marked(database, tenant) == [OLD + 14 * HOUR]
