"""Expiry and roll-ups: whatever it takes, in any batches, no sum of any grain changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from tests.database.support.callers import administer, ingest, read_as_owner
from tests.database.support.deliveries import (
    BOUNDARY,
    Delivery,
    draw_answer,
    draw_delivery,
    draw_nested,
)
from tests.database.support.metrics import ask_metrics
from tests.database.support.rolled_up import expire, fold, read_drift, read_sums, receive
from tests.database.support.spans import call, step

HOUR = timedelta(hours=1)
DELIVERIES = st.one_of(draw_delivery(), draw_answer(), draw_nested())
_SINCE = st.builds(
    lambda apart, exactly: BOUNDARY + apart + timedelta(microseconds=exactly),
    st.sampled_from(
        [timedelta(hours=h) for h in (-1, 0, 1)] + [timedelta(seconds=s) for s in (-2, 1)]
    ),
    st.integers(-1, 1),
)
"""At the starts that deliveries are drawn from, a microsecond before and after."""


@given(
    batches=st.lists(st.lists(DELIVERIES, min_size=1, max_size=8), min_size=1, max_size=3),
    received=st.sampled_from([None, timedelta(hours=-1), timedelta(microseconds=-1), timedelta(0)]),
    runs=st.lists(st.tuples(_SINCE, st.sampled_from([1, 2, 1000])), min_size=1, max_size=3),
    folded=st.booleans(),
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_expiry_changes_a_sum(
    database: Database,
    another_tenant: Callable[[], str],
    batches: list[list[Delivery]],
    received: timedelta | None,
    runs: list[tuple[datetime, int]],
    folded: bool,
) -> None:
    """Any spans, starting after they came or not, any time to keep, folded between or not."""
    tenant = another_tenant()
    for batch in batches:
        ingest(database, tenant, batch)
    if received is not None:
        receive(database, tenant, received)
    fold(database, tenant)
    before = read_sums(database, tenant)
    for since, most in sorted(runs):
        expire(database, tenant, since, most)
        if folded:
            fold(database, tenant)
            assert read_drift(database, tenant) == []
    fold(database, tenant)
    assert read_sums(database, tenant) == before
    assert read_drift(database, tenant) == []


BEFORE, AFTER = BOUNDARY - timedelta(minutes=10), BOUNDARY + timedelta(minutes=10)


def ask_people(database: Database, tenant: str) -> dict[str | None, int]:
    """Ask how many requests each user made around the boundary."""
    answer = ask_metrics(database, tenant, BEFORE - HOUR, AFTER + HOUR, "hour", group_by="user")
    assert answer["totals"]["requests"] == sum(one["requests"] for one in answer["groups"])
    return {one["key"]: one["requests"] for one in answer["groups"]}


def test_a_call_that_two_spans_tell_of_is_taken_once(database: Database, tenant: str) -> None:
    """Its counted span goes; the other one, which is younger, does not count it again."""
    spans = [
        call(n, trace=n, at=at, response_id="r1", user_id="maria")
        for n, at in ((1, BEFORE), (2, AFTER))
    ]
    ingest(database, tenant, spans)
    for since in (BOUNDARY, AFTER + HOUR):
        assert ask_people(database, tenant) == {"maria": 1}
        expire(database, tenant, since, 1000)
    assert ask_people(database, tenant) == {"maria": 1}


def test_a_call_stays_its_users_without_the_root(database: Database, tenant: str) -> None:
    """A trace that loses the one span that named its user loses no call of the user's."""
    ingest(
        database,
        tenant,
        [
            step(1, at=BEFORE, user_id="maria", session_id="s1"),
            call(2, at=BEFORE),
            call(3, at=AFTER),
            call(4, trace=2, at=AFTER, user_id="otto"),
        ],
    )
    for since in (BOUNDARY, AFTER + HOUR):
        assert ask_people(database, tenant) == {"maria": 2, "otto": 1}
        expire(database, tenant, since, 1000)
    assert ask_people(database, tenant) == {"maria": 2, "otto": 1}


def test_a_person_is_forgotten_without_the_root(database: Database, tenant: str) -> None:
    """Calls that were theirs by a span that expired go with them, and their sums."""
    ingest(
        database,
        tenant,
        [step(1, at=BEFORE, user_id="maria"), call(2, at=BEFORE), call(3, at=AFTER)],
    )
    expire(database, tenant, BOUNDARY, 1000)
    fold(database, tenant)
    receipt = administer(database, tenant, "forget_user", user_id="maria")
    assert receipt["deleted"]["spans"] == 1
    fold(database, tenant)
    people = "select 1 from public.roll_ups where tenant_id = %s and value = 'maria'"
    assert read_as_owner(database, people, (tenant,)) == []
