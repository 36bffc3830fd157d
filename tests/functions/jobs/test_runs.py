"""Jobs through their real handlers: what they do, twice at once, and what a failure leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    call_function,
    connect_as,
    connect_as_owner,
    ingest,
    read_as,
    refused_call,
)
from tests.database.support.consistency import check_consistency
from tests.database.support.spans import call
from tests.functions.conftest import Call
from tests.functions.jobs.conftest import StartJob, drop_month, find_partitions, read_runs

NOW = datetime.now(UTC)
_BROKEN = """
create function public.refuse_to_go() returns trigger language plpgsql set search_path = ''
as $$ begin raise exception 'no "secret" of it'; end $$;
create trigger refuse_to_go before delete on public.spans
  for each row when (old.tenant_id = 'a-broken-one') execute function public.refuse_to_go();
"""

_SLOW = """
create function public.dawdle() returns trigger language plpgsql set search_path = ''
as $$ begin perform pg_sleep(30); return old; end $$;
create trigger dawdle before delete on public.spans
  for each row when (old.tenant_id = 'a-slow-one') execute function public.dawdle();
"""


def write(database: Database, tenant: str, *ages: int) -> None:
    spans = [
        call(n, trace=n, at=NOW - timedelta(days=age, hours=1), input="in")
        for n, age in enumerate(ages, 1)
    ]
    ingest(database, tenant, spans)


def keep(database: Database, tenant: str, span_days: int | None, content_days: int | None) -> None:
    administer(database, tenant, "set_retention", span_days=span_days, content_days=content_days)


def count_spans(database: Database, tenant: str) -> int:
    query = "select count(*) as spans from public.spans"
    spans: int = read_as(database, "authenticated", tenant, query)[0]["spans"]
    return spans


def begin_run(database: Database, job: str) -> str | None:
    with connect_as(database, "llm_operator", None) as connection:
        body = {"job": job, "every_seconds": 60}
        run: str | None = call_function(connection, "start_job", body)["run_id"]
    return run


def finish_run(database: Database, run: str, outcome: str = "done") -> bool:
    with connect_as(database, "llm_operator", None) as connection:
        body = {"run_id": run, "outcome": outcome}
        recorded: bool = call_function(connection, "finish_job", body)["recorded"]
    return recorded


def test_a_month_that_is_missing_is_made(owner: Connection, start_job: StartJob) -> None:
    """Once: the next run has nothing to do, and each says when it is due again."""
    names = drop_month(owner)
    job = start_job("partitions")
    first, second = job.run(), job.run()

    assert first == {"job": "partitions", "outcome": "done", "did": {"partitions": 2}}
    assert second == {"job": "partitions", "outcome": "done", "did": {}}
    assert find_partitions(owner, names) == names
    for run in read_runs(owner, "partitions"):
        assert run["outcome"] == "done"
        assert run["next_due"] - run["started_at"] > timedelta(hours=23, minutes=59)


def test_a_busy_table_is_left_to_the_next_run(
    database: Database, owner: Connection, start_job: StartJob
) -> None:
    """Nobody waits for long behind a partition that cannot be made now."""
    names = drop_month(owner)
    job = start_job("partitions")
    with connect_as_owner(database) as reader, reader.transaction():
        reader.execute("select count(*) from public.spans_default, public.span_contents_default")
        busy = job.run()

    assert busy is not None
    assert (busy["outcome"], find_partitions(owner, names)) == ("unfinished", set())
    assert job.run() is not None
    assert find_partitions(owner, names) == names


def test_what_is_too_old_goes_and_is_told(
    database: Database, start_job: StartJob, call: Call
) -> None:
    """Each tenant is told its own numbers; who keeps everything is told of no run."""
    for tenant, ages in (("mine", (40, 9, 9, 1)), ("theirs", (9, 1)), ("keeper", (400,))):
        write(database, tenant, *ages)
    keep(database, "mine", 30, 5)
    keep(database, "theirs", 5, None)

    ran = start_job("expiry").run()

    assert ran is not None
    assert ran["outcome"] == "done"
    assert ran["did"] == {"tenants": 2, "spans": 2, "contents": 4, "traces": 2}
    mine, theirs, keeper = (
        call("GET", "/retention", tenant=one).json() for one in ("mine", "theirs", "keeper")
    )
    assert mine["last_run"]["deleted"] == {"spans": 1, "contents": 3, "traces": 1}
    assert theirs["last_run"]["deleted"] == {"spans": 1, "contents": 1, "traces": 1}
    assert (keeper["last_run"], mine["span_days"], mine["content_days"]) == (None, 30, 5)
    due = datetime.fromisoformat(mine["next_run"]) - datetime.fromisoformat(
        mine["last_run"]["finished_at"]
    )
    assert timedelta(minutes=55) < due <= timedelta(hours=1)
    for tenant in ("mine", "theirs", "keeper"):
        check_consistency(database, tenant)


def test_a_dropped_month_is_told_too(
    database: Database, owner: Connection, start_job: StartJob, call: Call
) -> None:
    """What goes with a whole partition counts like what goes by the row."""
    month = (NOW - timedelta(days=120)).replace(day=1).date()
    for table in ("spans", "span_contents"):
        owner.execute("select app.ensure_partition(%s, %s)", (table, month))
    age = (NOW.date() - month.replace(day=15)).days
    write(database, "dropped", age, age, 0)
    keep(database, "dropped", 30, None)

    ran = start_job("expiry").run()

    assert ran is not None
    assert ran["did"]["months"] == 2
    assert find_partitions(owner, {f"spans_{month:%Y_%m}", f"span_contents_{month:%Y_%m}"}) == set()
    told = call("GET", "/retention", tenant="dropped").json()["last_run"]
    assert told["deleted"] == {"spans": 2, "contents": 2, "traces": 2}
    assert count_spans(database, "dropped") == 1


def test_two_at_once_do_not_collide(
    database: Database, owner: Connection, start_job: StartJob
) -> None:
    """One runs, the other leaves it alone; together they do the work once."""
    write(database, "twice", *([9] * 40))
    keep(database, "twice", 5, None)
    before = len(read_runs(owner, "expiry"))
    jobs = [start_job("expiry") for _ in range(2)]
    for job in jobs:
        job.begin()
    answers = [job.end() for job in jobs]

    outcomes = [answer["outcome"] for answer in answers if answer is not None]
    spans = [answer["did"].get("spans", 0) for answer in answers if answer is not None]
    assert len(outcomes) == 2
    # The second may come when the first is over, and then finds nothing.
    assert set(outcomes) <= {"done", "skipped"}
    assert (sum(spans), max(spans)) == (40, 40)
    assert len(read_runs(owner, "expiry")) == before + outcomes.count("done")
    check_consistency(database, "twice")


def test_a_run_is_claimed_by_one(database: Database) -> None:
    """While a run is running there is no second, and while a step works no other step does."""
    run = begin_run(database, "expiry")
    assert run is not None
    assert begin_run(database, "expiry") is None
    with (
        connect_as(database, "llm_operator", None) as one,
        connect_as(database, "llm_operator", None) as other,
    ):
        first = call_function(one, "run_expiry", {"run_id": run})
        second = call_function(other, "run_expiry", {"run_id": run})
    assert first["more"] is True
    assert second == {"more": False, "outcome": "lost"}
    assert [finish_run(database, run), finish_run(database, run)] == [True, False]
    after = begin_run(database, "expiry")
    assert after is not None
    assert finish_run(database, after)


def test_a_run_that_ended_without_a_word_is_lost(database: Database, owner: Connection) -> None:
    """After two minutes of silence another begins, and the first can say nothing more."""
    silent = begin_run(database, "expiry")
    assert silent is not None
    owner.execute(
        "update public.job_runs set touched_at = now() - interval '3 minutes' where run_id = %s",
        (silent,),
    )
    next_one = begin_run(database, "expiry")
    assert next_one is not None
    assert not finish_run(database, silent)
    *_, lost, _ = read_runs(owner, "expiry")
    assert (lost["outcome"], lost["error"]) == ("lost", "It ended without a word.")
    assert finish_run(database, next_one)


def test_runs_are_kept_for_a_month(database: Database, owner: Connection) -> None:
    """So the table stays as small as it is."""
    owner.execute(
        "insert into public.job_runs (job, outcome, started_at, finished_at, next_due) "
        "select 'old', 'done', now() - n * interval '1 day', now(), now() "
        "from generate_series(1, 60) n"
    )
    run = begin_run(database, "old")
    assert run is not None
    finish_run(database, run)
    assert 29 <= len(read_runs(owner, "old")) <= 31


def test_a_tenant_in_trouble_keeps_nobody_waiting(
    database: Database, owner: Connection, start_job: StartJob, call: Call
) -> None:
    """Its failure is recorded and raised; the others' data goes; nothing is quoted."""
    for tenant in ("a-broken-one", "b-sound-one"):
        write(database, tenant, 9, 0)
        keep(database, tenant, 5, None)
    owner.execute(_BROKEN.encode())
    job = start_job("expiry")
    failed = job.run()

    assert failed is None
    assert [count_spans(database, one) for one in ("a-broken-one", "b-sound-one")] == [2, 1]
    run = read_runs(owner, "expiry")[-1]
    assert (run["outcome"], run["did"]["failed"]) == ("failed", 1)
    assert "secret" not in str(run)
    told = call("GET", "/retention", tenant="a-broken-one").json()["last_run"]
    assert told["outcome"] == "failed"
    assert told["deleted"] == {"spans": 0, "contents": 0, "traces": 0}

    owner.execute("drop trigger refuse_to_go on public.spans")
    mended = job.run()
    assert mended is not None
    assert mended["outcome"] == "done"
    assert count_spans(database, "a-broken-one") == 1
    check_consistency(database, "a-broken-one")


def test_a_tenant_that_takes_too_long_keeps_nobody_waiting(
    database: Database, owner: Connection
) -> None:
    """A batch that the database cancels is that tenant's failure; the next tenant's turn comes."""
    for tenant in ("a-slow-one", "b-quick-one"):
        write(database, tenant, 9, 0)
        keep(database, tenant, 5, None)
    owner.execute(_SLOW.encode())
    run = begin_run(database, "expiry")
    assert run is not None
    owner.execute("set statement_timeout = '1s'")
    try:
        step: Any = {"more": True}
        while step["more"]:
            query = "select app.claim_run(%s) and app.expire_step(%s, 500) as more"
            step = owner.execute(query, (run, run)).fetchone()
    finally:
        owner.execute("reset statement_timeout")
        owner.execute("drop trigger dawdle on public.spans")
    assert finish_run(database, run, "failed")

    assert [count_spans(database, one) for one in ("a-slow-one", "b-quick-one")] == [2, 1]
    query = """
        select tenant_id, outcome from public.retention_runs
        where run_id = %s and outcome <> 'done'"""
    assert owner.execute(query, (run,)).fetchall() == [
        {"tenant_id": "a-slow-one", "outcome": "failed"}
    ]


def test_a_step_that_fails_is_recorded(
    database: Database, owner: Connection, start_job: StartJob
) -> None:
    """In a transaction of its own, with a code and without values."""
    job = start_job("partitions")
    drop_month(owner)
    body = "create or replace function app.ensure_partition(parent text, month date) returns void "
    before: Any = owner.execute(
        "select pg_get_functiondef('app.ensure_partition(text,date)'::regprocedure) as sql"
    ).fetchone()
    owner.execute(
        (
            body + "language plpgsql set search_path = '' as "
            "$$ begin raise exception 'a secret'; end $$"
        ).encode()
    )
    try:
        assert job.run() is None
    finally:
        owner.execute(before["sql"].encode())
    run = read_runs(owner, "partitions")[-1]
    assert (run["outcome"], run["error"]) == ("failed", "The database refuses it with P0001.")
    assert job.run() is not None


@pytest.mark.parametrize(
    ("function", "body", "sentence"),
    [
        ("start_job", {"job": "No", "every_seconds": 1}, "job is not a job's name."),
        ("start_job", {"job": "expiry"}, "every_seconds is missing."),
        ("run_expiry", {"run_id": "x"}, "run_id is not a run's UUID."),
        (
            "finish_job",
            {"run_id": "00000000-0000-0000-0000-000000000001", "outcome": "lost"},
            "outcome is not done, unfinished or failed.",
        ),
    ],
)
def test_malformed_bodies_are_refused(
    database: Database, function: str, body: dict[str, Any], sentence: str
) -> None:
    """With a class 22 error and a sentence."""
    assert refused_call(database, "llm_operator", None, function, body) == ("22023", sentence)
