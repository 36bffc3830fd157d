"""What is in the roll-ups, beside what the raw rows add up to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.throwaway import Database
from tests.database.support.callers import connect_as_owner, read_as_owner
from tests.database.support.metrics import ask_metrics

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
"""The hour that runs."""
WINDOW = (NOW - timedelta(days=60), NOW + timedelta(days=1))
FOLD = "select app.fold_hours(%s, array(select app.list_marked(%s, '-infinity', 'infinity')))"
_HOURS = "array(select app.list_marked(%s, '-infinity', 'infinity'))"


def fold(database: Database, tenant: str) -> int:
    """Fold every marked hour of a tenant; give how many sums by the hour were made."""
    with connect_as_owner(database) as owner:
        row = owner.execute(
            f"select app.fold_hours(%s, {_HOURS}) as made".encode(), (tenant, tenant)
        ).fetchone()
    assert row is not None
    made: int = row["made"]
    return made


def list_marked(database: Database, tenant: str) -> list[datetime]:
    """Give the hours that have changed since they were folded."""
    query = "select app.list_marked(%s, '-infinity', 'infinity') as hour"
    return [row["hour"] for row in read_as_owner(database, query, (tenant,))]


def read_drift(database: Database, tenant: str) -> list[str]:
    """Give the sums in which unmarked hours and days differ from raw rows and what was taken."""
    with connect_as_owner(database) as owner:
        return [row["drift"] for row in owner.execute(_DRIFT.encode(), {"tenant": tenant})]


def count_requests(database: Database, tenant: str, **more: Any) -> int:
    """Ask, as a tenant, how many requests there ever were."""
    answer = ask_metrics(database, tenant, *WINDOW, "day", **more)
    requests: int = answer["totals"]["requests"]
    series = sum(point["requests"] for point in answer["series"])
    assert series == requests, "the series is of another moment than the totals"
    return requests


def read_sums(database: Database, tenant: str) -> list[str]:
    """Give all sums of every grain, what was taken in them, in order."""
    with connect_as_owner(database) as owner:
        rows = owner.execute(_ALL.encode(), {"tenant": tenant}).fetchall()
    return sorted(row["sums"] for row in rows)


def expire(database: Database, tenant: str, since: datetime, most: int) -> None:
    """Take what is older from a tenant, batch by batch, each in a transaction as the job does."""
    query = """
        select seen from app.expire_spans(%s, %s, %s),
          lateral pg_advisory_xact_lock(app.tenant_lock(%s))"""
    with connect_as_owner(database) as owner:
        for _ in range(100):
            if owner.execute(query, (tenant, since, most, tenant)).fetchall() == [{"seen": 0}]:
                return
        raise AssertionError("it does not end")


def receive(database: Database, tenant: str, after: timedelta) -> None:
    """Have a tenant's spans come this long after each starts, or before, as their clocks tell."""
    query = "update public.spans set received_at = start_time + %s where tenant_id = %s"
    with connect_as_owner(database) as owner:
        owner.execute(query, (after, tenant))


_SUMS = "(to_jsonb(r) - array['place', 'taken'])::text as sums"
_EVER = "'2000-01-01', '2200-01-01'"
_UNMARKED = "date_bin('1 hour', bucket_start, 'epoch') <> all(hours)"
_UNMARKED_DAY = """not exists (
  select from unnest(hours) h where date_bin('1 day', h, 'epoch') = bucket_start)"""
_DRIFT = f"""
with marked as (
  select array(select app.list_marked(%(tenant)s, '-infinity', 'infinity')) as hours
),
stored as (
  select {_SUMS} from public.roll_ups r, marked
  where tenant_id = %(tenant)s and not taken and grain < 1440 and {_UNMARKED}
),
raw as (
  select {_SUMS}
  from app.sum_spans(%(tenant)s, {_EVER}, 60, app.list_dimensions(%(tenant)s)) r, marked
  where {_UNMARKED}
  union all
  select {_SUMS} from app.sum_spans(%(tenant)s, {_EVER}, 5, app.fine_dimensions()) r, marked
  where {_UNMARKED} and bucket_start >= app.kept_finely()
),
days as (
  select {_SUMS} from public.roll_ups r, marked
  where tenant_id = %(tenant)s and grain = 1440 and {_UNMARKED_DAY}
),
added_up as (
  select {_SUMS}
  from app.add_up(%(tenant)s, app.list_dimensions(%(tenant)s), 60, {_EVER}, 1440, false) r, marked
  where {_UNMARKED_DAY}
)
select 'only stored: ' || sums as drift from (table stored except all table raw) a
union all
select 'only raw: ' || sums from (table raw except all table stored) b
union all
select 'only the day: ' || sums from (table days except all table added_up) c
union all
select 'only its hours: ' || sums from (table added_up except all table days) d"""
_ALL = f"""
select {_SUMS} from (values (60), (1440)) g (minutes), lateral app.add_up(
  %(tenant)s, app.list_dimensions(%(tenant)s), minutes, {_EVER}, minutes, false) r
union all
select {_SUMS} from app.add_up(%(tenant)s, app.fine_dimensions(), 5, {_EVER}, 5, false) r"""
