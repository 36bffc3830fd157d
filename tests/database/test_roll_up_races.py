"""Sums while everything happens at once: nobody deadlocks, nothing acknowledged is missing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    connect,
    connect_as_owner,
    ingest_on,
    read_as_owner,
)
from tests.database.support.consistency import check_consistency
from tests.database.support.rolled_up import (
    FOLD,
    NOW,
    count_requests,
    fold,
    list_marked,
    read_drift,
)
from tests.database.support.spans import Span, call, failed_call, step, trace_id

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WRITERS = 8


@contextmanager
def keep_on(act: Callable[[], None]) -> Iterator[Future[int]]:
    """Do it again and again beside the block, and once after; gives how many times."""
    stop = threading.Event()

    def repeat() -> int:
        times = 0
        while not stop.is_set():
            act()
            times += 1
        act()
        return times

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(repeat)
        try:
            yield running
        finally:
            stop.set()
        assert running.result(60) > 0


def fold_once(owner: Connection, tenant: str) -> None:
    """Fold what is marked now, in one transaction."""
    owner.execute(FOLD, (tenant, tenant))


def make_batches(writer: int) -> list[list[Span]]:
    """Make new spans of one writer in hours and traces of others, two batches a trace."""
    return [
        [
            call(
                writer * 1000 + turn * 10 + n,
                trace=writer % 4 * 100 + turn // 2,
                at=NOW - HOUR * (n % 3) - DAY * (turn % 2),
                user_id=f"user-{n % 3}" if n % 2 else None,
            )
            for n in range(5)
        ]
        for turn in range(12)
    ]


def test_what_is_acknowledged_is_in_the_sums(database: Database, tenant: str) -> None:
    """Eight writers of one tenant beside two folders: each answer shows what was told stored."""
    acknowledged, guard = [0], threading.Lock()

    def write(writer: int) -> None:
        with connect(database) as connection:
            for batch in make_batches(writer):
                stored = ingest_on(connection, tenant, batch)["stored"]
                with guard:
                    acknowledged[0] += stored

    seen = [0]

    def ask() -> None:
        with guard:
            known = acknowledged[0]
        now = count_requests(database, tenant)
        assert now >= known, "what was acknowledged is missing"
        assert now >= seen[0], "a sum went down while spans were only added"
        seen[0] = now

    with (
        connect_as_owner(database) as one,
        connect_as_owner(database) as other,
        keep_on(lambda: fold_once(one, tenant)),
        keep_on(lambda: fold_once(other, tenant)),
        keep_on(ask),
        ThreadPoolExecutor(WRITERS) as writers,
    ):
        for done in [writers.submit(write, number) for number in range(WRITERS)]:
            done.result(120)
    fold(database, tenant)
    assert seen[0] == acknowledged[0] == WRITERS * 12 * 5
    assert (list_marked(database, tenant), read_drift(database, tenant)) == ([], [])


def test_a_busy_tenant_keeps_its_sums(database: Database, tenant: str) -> None:
    """Redelivery, merges into other hours, late users, expiry, forgetting: no error, no drift."""
    administer(database, tenant, "set_retention", span_days=30, content_days=None)
    with connect_as_owner(database) as folder, connect_as_owner(database) as expirer:
        with (
            keep_on(lambda: fold_once(folder, tenant)),
            keep_on(lambda: expire_once(expirer, tenant)),
            keep_on(lambda: forget_some(database, tenant)),
            ThreadPoolExecutor(WRITERS) as writers,
        ):
            for done in [
                writers.submit(stir, database, tenant, number) for number in range(WRITERS)
            ]:
                done.result(120)
        fold(database, tenant)
    taken = "select 1 from public.roll_ups where tenant_id = %s and taken limit 1"
    assert len(read_as_owner(database, taken, (tenant,))) == 1, "nothing expired: nothing is proven"
    assert (list_marked(database, tenant), read_drift(database, tenant)) == ([], [])
    check_consistency(database, tenant)


def stir(database: Database, tenant: str, writer: int) -> None:
    """Deliver spans of few ids, so that each meets others', some of a month that is not kept."""
    with connect(database) as connection:
        for turn in range(20):
            hour = NOW - HOUR * (turn % 3) - 30 * DAY * (turn % 2)
            number, trace = 1 + (writer + turn) % 5, 1 + turn % 6
            ingest_on(
                connection,
                tenant,
                [
                    call(number, trace=trace, at=hour, response_id=f"r{turn % 4}"),
                    failed_call(10 + number, trace=trace, at=hour + HOUR),
                    step(20, trace=trace, at=hour, user_id=f"user-{turn % 3}"),
                ],
            )


def expire_once(owner: Connection, tenant: str) -> None:
    """Take a small batch of what is too old."""
    owner.execute("select app.expire_batch(%s, 2)", (tenant,))


def forget_some(database: Database, tenant: str) -> None:
    """Forget a person and a trace, which may be gone."""
    administer(database, tenant, "forget_user", user_id="user-1")
    try:
        administer(database, tenant, "forget_trace", trace_id=trace_id(5))
    except psycopg.Error as error:
        if error.sqlstate != "PT404":
            raise
    time.sleep(0.05)
