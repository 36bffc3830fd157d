"""The ledger: what a process says it emitted against what arrived."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import ingest_body, read_as
from tests.database.support.spans import call

PROCESS = "d" * 32


def deliver(
    database: Database, tenant: str, numbers: range, *, emitted: Any, dropped: Any = None
) -> None:
    process = {"id": PROCESS, "emitted": emitted, "dropped": dropped or {}}
    spans = [call(number) for number in numbers]
    ingest_body(database, tenant, {"spans": spans, "process": process})


def read_ledger(database: Database, tenant: str) -> tuple[int, int, int, int]:
    (row,) = read_as(database, "authenticated", tenant, "select * from delivery_ledger")
    assert row["process_id"] == PROCESS
    return row["emitted"], row["stored"], row["dropped"], row["gaps"]


def test_a_full_delivery_leaves_no_gap(database: Database) -> None:
    """Two batches, all spans: emitted is stored."""
    deliver(database, "full", range(1, 4), emitted=3)
    deliver(database, "full", range(4, 6), emitted=5)

    assert read_ledger(database, "full") == (5, 5, 0, 0)


def test_redelivery_counts_once(database: Database) -> None:
    """A batch that is sent again, because its answer was lost, stores and counts nothing new."""
    for _ in range(3):
        deliver(database, "again", range(1, 4), emitted=3)

    assert read_ledger(database, "again") == (3, 3, 0, 0)


def test_a_gap_is_what_neither_arrived_nor_was_reported(database: Database) -> None:
    """Ten emitted, four stored, five reported lost: one is missing."""
    deliver(database, "gap", range(1, 5), emitted=10, dropped={"buffer_full": 3, "rejected": 2})

    assert read_ledger(database, "gap") == (10, 4, 5, 1)


def test_an_older_report_does_not_undo_a_newer_one(database: Database) -> None:
    """Deliveries may come in any order; the highest count stands."""
    deliver(database, "order", range(4, 6), emitted=6, dropped={"buffer_full": 1})
    deliver(database, "order", range(1, 4), emitted=3)

    assert read_ledger(database, "order") == (6, 5, 1, 0)


@pytest.mark.parametrize(
    "process",
    [None, [], {}, {"id": "x", "emitted": 1}, {"id": PROCESS}, {"id": PROCESS, "emitted": "1"}],
)
def test_a_sender_that_does_not_describe_itself_is_stored(database: Database, process: Any) -> None:
    """The ledger is a service to the sender; its spans do not depend on it."""
    answer = ingest_body(database, "silent", {"spans": [], "process": process})

    assert answer["stored"] == 0
    assert read_as(database, "authenticated", "silent", "select * from delivery_ledger") == []


def test_wild_counts_are_bounded(database: Database) -> None:
    """Numbers that no process can have reached cost neither the batch nor the view."""
    deliver(database, "wild", range(1, 2), emitted=1e300, dropped={"a": "many", "b": 2})

    assert read_ledger(database, "wild") == (10**15, 1, 2, 10**15 - 3)


@pytest.mark.parametrize("count", [1e300, -5, 2.5, 9.3e18])
def test_wild_losses_are_bounded(database: Database, tenant: str, count: float) -> None:
    """A count of losses that overflows a sum breaks no view, and 32 reasons are kept of many."""
    losses = {f"reason-{number}": count for number in range(10_000)}
    deliver(database, tenant, range(1, 2), emitted=1, dropped=losses)

    assert read_ledger(database, tenant)[2] == 32 * min(max(int(count), 0), 10**15)
