"""Sums step by step: folds, expiry and readers that meet on purpose, each in a known order."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    connect,
    connect_as_owner,
    ingest,
    read_as_owner,
)
from tests.database.support.metrics import ask_metrics
from tests.database.support.races import Call, wait_for_a_lock
from tests.database.support.rolled_up import (
    FOLD,
    NOW,
    WINDOW,
    count_requests,
    fold,
    list_marked,
    read_drift,
    read_sums,
)
from tests.database.support.spans import call
from tests.database.support.summing import SUMS_READING

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOLD = """
    create function public.hold_row() returns trigger language plpgsql set search_path = '' as
      $$ begin perform pg_catalog.pg_advisory_xact_lock(15); return new; end $$;
    create trigger held before insert on public.roll_ups
      for each row execute function public.hold_row()"""


@contextmanager
def hold_rows(database: Database) -> Iterator[psycopg.Connection]:
    """Let nobody write a row of roll-ups before the connection that is given ends its transaction.

    By a trigger: who writes has read by then, which it would not have by a lock of the table.
    """
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute(HOLD)
        try:
            with psycopg.connect(database.owner_url) as blocker:
                blocker.execute("select pg_advisory_xact_lock(15)")
                yield blocker
        finally:
            owner.execute("drop function public.hold_row() cascade")


def test_what_comes_while_a_fold_reads_stays_marked(database: Database, tenant: str) -> None:
    """Spans that are committed after a fold read the raw rows are in the sums, then and later."""
    ingest(database, tenant, [call(1, at=NOW)])
    with ThreadPoolExecutor(1) as threads, hold_rows(database) as blocker:
        running = threads.submit(fold, database, tenant)
        wait_for_a_lock(database)
        ingest(database, tenant, [call(2, trace=2, at=NOW)])
        assert count_requests(database, tenant) == 2
        blocker.rollback()
        assert running.result(20) > 0
    assert (count_requests(database, tenant), list_marked(database, tenant)) == (2, [NOW])
    fold(database, tenant)
    assert (count_requests(database, tenant), read_drift(database, tenant)) == (2, [])


EXPIRE = (
    "select pg_advisory_xact_lock(app.tenant_lock(%(tenant)s))",
    "select app.expire_batch(%(tenant)s, 1)",
    "select app.expire_batch(%(tenant)s, 1000)",
)
FOLDING = (FOLD.replace("%s", "%(tenant)s"),)


@pytest.mark.parametrize("steps", [EXPIRE, FOLDING, EXPIRE + FOLDING])
def test_a_reader_sees_the_same_at_every_step(
    database: Database, tenant: str, steps: tuple[str, ...]
) -> None:
    """Of a fold and of an expiry: a snapshot from before, each new one, and one after the end."""
    old = NOW - 40 * DAY
    ingest(database, tenant, [call(n, trace=n, at=old + HOUR * (n % 2)) for n in range(1, 4)])
    fold(database, tenant)
    ingest(database, tenant, [call(4, trace=4, at=old, user_id="maria"), call(5, trace=5, at=NOW)])
    administer(database, tenant, "set_retention", span_days=30, content_days=None)
    ask = "select public.query_metrics(%s, %s, 'day', group_by => 'user') as answer"
    with connect(database) as before:
        before.execute("begin isolation level repeatable read")
        before.execute(
            "select set_config('role', 'authenticated', true),"
            " set_config('request.jwt.claims', %s, true)",
            (json.dumps({"tenant_id": tenant}),),
        )
        expected = before.execute(ask, WINDOW).fetchone()
        with psycopg.connect(database.owner_url) as worker:
            for statement in steps:
                worker.execute(statement.encode(), {"tenant": tenant})
                assert before.execute(ask, WINDOW).fetchone() == expected
                assert count_requests(database, tenant) == 5
        assert before.execute(ask, WINDOW).fetchone() == expected
    answer = ask_metrics(database, tenant, *WINDOW, "day", group_by="user")
    assert expected is not None
    assert answer == expected["answer"]


def test_forgetting_waits_for_a_fold(database: Database, tenant: str) -> None:
    """Afterwards no sum is by the person, whatever the fold had read."""
    ingest(database, tenant, [call(1, at=NOW, user_id="maria"), call(2, at=NOW)])
    forget = Call("forget_user", {"user_id": "maria"})
    with ThreadPoolExecutor(1) as threads:
        with psycopg.connect(database.owner_url) as folder:
            folder.execute(FOLD, (tenant, tenant))
            running = threads.submit(administer, database, tenant, forget.function, **forget.body)
            time.sleep(0.3)
            assert not running.done()
        assert running.result(10)["deleted"]["spans"] == 2
    named = "select 1 from public.roll_ups where tenant_id = %s and value = 'maria'"
    assert read_as_owner(database, named, (tenant,)) == []
    assert count_requests(database, tenant) == 0
    fold(database, tenant)
    assert read_sums(database, tenant) == []


def test_a_fold_that_is_killed_loses_nothing(database: Database, tenant: str) -> None:
    """Its marks are there again, and the sums are what they were."""
    ingest(database, tenant, [call(1, at=NOW)])
    fold(database, tenant)
    ingest(database, tenant, [call(2, trace=2, at=NOW)])
    with psycopg.connect(database.owner_url) as folder:
        folder.execute(FOLD, (tenant, tenant))
        read_as_owner(database, "select pg_terminate_backend(%s)", (folder.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            folder.execute("select 1")
    assert list_marked(database, tenant) == [NOW]
    assert count_requests(database, tenant) == 2
    fold(database, tenant)
    assert (count_requests(database, tenant), read_drift(database, tenant)) == (2, [])


def test_two_folders_take_turns(database: Database, tenant: str) -> None:
    """The second waits, finds no mark and makes nothing twice."""
    ingest(database, tenant, [call(1, at=NOW)])
    with ThreadPoolExecutor(1) as threads:
        with psycopg.connect(database.owner_url) as folder:
            folder.execute(FOLD, (tenant, tenant))
            running = threads.submit(fold, database, tenant)
            time.sleep(0.3)
            assert not running.done()
        assert running.result(10) == 0
    assert (list_marked(database, tenant), read_drift(database, tenant)) == ([], [])


def test_a_month_that_moves_changes_no_sum(
    database: Database, tenant: str, owner: Connection
) -> None:
    """Rows leave the default partition for their month's without a mark, and need none."""
    old = NOW - 75 * DAY
    ingest(database, tenant, [call(1, at=old), call(2, at=old + HOUR, user_id="maria")])
    fold(database, tenant)
    before = read_sums(database, tenant)
    assert len(before) > 0
    owner.execute("select app.ensure_partition('spans', date_trunc('month', %s)::date)", (old,))
    moved = "select tableoid::regclass::text as place from public.spans where tenant_id = %s"
    assert "default" not in str(read_as_owner(database, moved, (tenant,)))
    assert list_marked(database, tenant) == []
    assert (read_sums(database, tenant), read_drift(database, tenant)) == (before, [])


def test_pruning_waits_for_who_holds_the_tenant(database: Database, tenant: str) -> None:
    """Rows of 5 minutes go by themselves, never while a fold or a deletion has others of them."""
    ingest(database, tenant, [call(1, at=NOW)])
    with connect_as_owner(database) as owner:
        owner.execute("call app.fold_data()")
        owner.execute("update public.roll_up_progress set fine_since = null")
    with ThreadPoolExecutor(1) as threads:
        with psycopg.connect(database.owner_url) as folder:
            folder.execute("select app.hold_folding(%s)", (tenant,))
            running = threads.submit(prune, database)
            time.sleep(0.3)
            assert not running.done()
        running.result(20)


def prune(database: Database) -> None:
    """Prune until there is nothing more."""
    with connect_as_owner(database) as owner:
        while owner.execute("select app.prune_fine(null, 100) as more").fetchall()[0]["more"]:
            pass


def test_an_answer_is_of_one_moment(database: Database) -> None:
    """No function that reads sums takes a snapshot of its own in the middle, as a volatile does."""
    query = """
        select p.oid::regprocedure::text as name from pg_proc p
        where p.provolatile = 'v' and p.pronamespace::regnamespace::text in ('app', 'public')
          and (p.oid::regprocedure::text = any(%s) or p.proname in (
            'query_metrics', 'sum_spans', 'sum_details', 'sum_plainly', 'sum_values', 'add_up',
            'list_marked', 'list_dimensions', 'current_sums', 'current_calls', 'compare_sums'))"""
    assert read_as_owner(database, query, (sorted(SUMS_READING),)) == []
