"""query_metrics gives a call to the same user, session and customer, whatever it is read from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import ingest
from tests.database.support.metrics import ask_metrics
from tests.database.support.rolled_up import fold, read_drift
from tests.database.support.spans import call, failed_call, step

HOUR = timedelta(hours=1)
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 30 * HOUR


@pytest.mark.parametrize("folded", [False, True])
def test_a_call_is_the_same_persons_from_spans(
    database: Database, tenant: str, *, folded: bool
) -> None:
    """Its own user, session and customer, else its trace's root's, else its trace's, both ways."""
    root = {"user_id": "maria", "session_id": "s1", "customer_id": "globex"}
    other = {"user_id": "anna", "session_id": "s0", "customer_id": "acme"}
    at = START
    ingest(
        database,
        tenant,
        [
            step(1, trace=1, at=at, **root),
            step(2, trace=1, at=at, parent_span_id=f"{1:016x}", **other),
            call(3, trace=1, at=at, service_name="shop"),
            call(4, trace=1, at=at, service_name="shop", user_id="otto", customer_id="b"),
            step(5, trace=2, at=at, parent_span_id=f"{99:016x}", **other),
            failed_call(6, trace=2, at=at, service_name="shop", session_id="s2"),
            call(7, trace=3, at=at, service_name="shop"),
        ],
    )
    if folded:
        fold(database, tenant)
        assert read_drift(database, tenant) == []
    expected = {
        "user": {"maria": 1, "otto": 1, "anna": 1, None: 1},
        "session": {"s1": 2, "s2": 1, None: 1},
        "customer": {"globex": 1, "b": 1, "acme": 1, None: 1},
    }
    for name, groups in expected.items():
        for filter_ in ({}, {"service": ["shop"]}, {"service": ["shop"], name: [*groups]}):
            more = {"group_by": name, "filter": filter_}
            answer = ask_metrics(database, tenant, at - HOUR, at + 2 * HOUR, "hour", **more)
            assert {row["key"]: row["requests"] for row in answer["groups"]} == groups, filter_
            assert sum(row["errors"] for row in answer["groups"]) == 1
