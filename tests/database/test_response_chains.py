"""Sessions of calls that tell none: of the call whose response they name, in whatever order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    connect,
    connect_as_owner,
    ingest,
    ingest_on,
    read_as_owner,
)
from tests.database.support.chains import check_chains, name_chain, read_sessions, settle_chains
from tests.database.support.consistency import check_consistency
from tests.database.support.deliveries import Delivery, chunk, cut
from tests.database.support.metrics import ask_metrics
from tests.database.support.rolled_up import (
    NOW,
    WINDOW,
    expire,
    fold,
    list_marked,
    read_drift,
)
from tests.database.support.spans import NOON, call, step, trace_id

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def turn(number: int, previous: str | None = None, **values: Any) -> Delivery:
    """Make a turn of a conversation: a trace of one call, a minute after the one before."""
    defaults: dict[str, Any] = {
        "trace": number,
        "at": NOON + number * MINUTE,
        "response_id": f"r{number}",
        "previous_response_id": previous,
    }
    return call(1, **(defaults | values))


def converse(turns: int) -> list[Delivery]:
    return [
        turn(number, f"r{number - 1}" if number > 1 else None) for number in range(1, turns + 1)
    ]


@pytest.fixture(scope="module")
def settler(database: Database) -> Iterator[Connection]:
    with connect_as_owner(database) as connection:
        yield connection


@pytest.mark.parametrize("order", [1, -1])
def test_a_chain_has_its_first_responses_session(
    database: Database, tenant: str, settler: Connection, order: int
) -> None:
    """Whichever turn comes first; a call that nobody goes on from stands in none."""
    for each in [*converse(5), turn(7)][::order]:
        ingest(database, tenant, [each])
    settle_chains(settler, tenant)
    expected = dict.fromkeys(range(1, 6), "response:r1")
    assert read_sessions(settler, tenant) == expected | {7: None}


@pytest.mark.parametrize("first", [False, True])
def test_a_told_session_holds_from_there_on(
    database: Database, tenant: str, settler: Connection, first: bool
) -> None:
    """Of a call or its trace; what came before has its own, and what is told later moves it."""
    if first:
        ingest(database, tenant, converse(5))
        settle_chains(settler, tenant)
    ingest(database, tenant, [step(9, trace=3, at=NOON, session_id="s")])
    if not first:
        ingest(database, tenant, converse(5))
    settle_chains(settler, tenant)
    sessions = dict.fromkeys((1, 2), "response:r1") | dict.fromkeys((3, 4, 5), "s")
    assert read_sessions(settler, tenant) == sessions
    ingest(database, tenant, [turn(5, "r4", session_id="other"), turn(6, "r5")])
    settle_chains(settler, tenant)
    assert read_sessions(settler, tenant) == sessions | {5: "other", 6: "other"}


def test_what_is_forgotten_tells_no_session(
    database: Database, tenant: str, settler: Connection
) -> None:
    """A chain begins anew behind a turn that is deleted, with that turn's response."""
    ingest(database, tenant, [*converse(4), step(9, trace=1, session_id="s")])
    settle_chains(settler, tenant)
    assert set(read_sessions(settler, tenant).values()) == {"s"}
    administer(database, tenant, "forget_trace", trace_id=trace_id(2))
    settle_chains(settler, tenant)
    assert read_sessions(settler, tenant) == {1: "s"} | dict.fromkeys((3, 4), "response:r2")
    check_chains(settler, tenant)


def test_the_first_of_a_chain_is_alone_again(
    database: Database, tenant: str, settler: Connection
) -> None:
    """When the one call that named it is deleted, it stands in no session."""
    ingest(database, tenant, converse(2))
    settle_chains(settler, tenant)
    administer(database, tenant, "forget_trace", trace_id=trace_id(2))
    settle_chains(settler, tenant)
    assert read_sessions(settler, tenant) == {1: None}
    left = "select 1 from public.response_chains where tenant_id = %s"
    assert read_as_owner(database, left, (tenant,)) == []


def test_what_expires_moves_nobody(database: Database, tenant: str, settler: Connection) -> None:
    """A chain keeps its session when its first turns are gone, and so does who goes on from it."""
    ingest(database, tenant, [*converse(4), step(9, trace=1, session_id="s")])
    settle_chains(settler, tenant)
    expire(database, tenant, NOON + 2.5 * MINUTE, 1000)
    ingest(database, tenant, [turn(5, "r4")])
    settle_chains(settler, tenant)
    assert read_sessions(settler, tenant) == dict.fromkeys((3, 4, 5), "s")


def test_no_response_of_another_tenant_is_gone_on_from(
    database: Database, another_tenant: Callable[[], str], settler: Connection
) -> None:
    """Of equal response ids each tenant has its own."""
    mine, theirs = another_tenant(), another_tenant()
    ingest(database, theirs, [turn(1, session_id="theirs")])
    ingest(database, mine, [turn(2, "r1")])
    for tenant in (mine, theirs):
        settle_chains(settler, tenant)
    assert read_sessions(settler, mine) == {2: "response:r1"}
    assert read_sessions(settler, theirs) == {1: "theirs"}


def test_a_circle_ends(database: Database, tenant: str, settler: Connection) -> None:
    """Calls that name each other's responses, or their own: a link to what began later is none."""
    at = {"at": NOON}
    ingest(database, tenant, [turn(1, "r2", **at), turn(2, "r1", **at), turn(3, "r3")])
    ingest(database, tenant, [turn(4, "r5"), turn(5, "r4")])
    settle_chains(settler, tenant)
    check_chains(settler, tenant)


def test_a_long_response_id_names_a_session(
    database: Database, tenant: str, settler: Connection
) -> None:
    """By its hash where the name would be longer than a session's may be."""
    for number, length in enumerate((247, 248, 256)):
        ingest(database, tenant, [turn(number, "x" * length)])
    settle_chains(settler, tenant)
    names = [name_chain("x" * length) for length in (247, 248, 256)]
    assert list(read_sessions(settler, tenant).values()) == names
    assert max(map(len, names)) == 256


def test_many_go_on_from_one_response(database: Database, tenant: str, settler: Connection) -> None:
    """Page by page, however many they are, and those that start at once too."""
    many = [turn(number, "r1", at=NOON + number // 20 * MINUTE) for number in range(2, 62)]
    ingest(database, tenant, many)
    settle_chains(settler, tenant)
    ingest(database, tenant, [turn(1, at=NOON - MINUTE, session_id="s")])
    assert settle_chains(settler, tenant, most=1, page=21) > 2
    assert set(read_sessions(settler, tenant).values()) == {"s"}


def test_sums_by_session_follow_the_chain(
    database: Database, tenant: str, settler: Connection
) -> None:
    """Its calls stand in its session, as do those beside them; hours that move are marked."""
    turns = [turn(1, at=NOW - 3 * HOUR), turn(2, "r1", at=NOW - 2 * HOUR), turn(3, "r2", at=NOW)]
    ingest(database, tenant, [*turns, call(2, trace=3, at=NOW)])
    for session, told in (("response:r1", []), ("s", [step(9, trace=1, at=NOW, session_id="s")])):
        ingest(database, tenant, told)
        fold(database, tenant)
        settle_chains(settler, tenant)
        assert {NOW - 2 * HOUR, NOW} <= set(list_marked(database, tenant))
        for _ in range(2):
            answer = ask_metrics(database, tenant, *WINDOW, "day", group_by="session")
            assert {g["key"]: g["requests"] for g in answer["groups"]} == {session: 4}
            assert read_drift(database, tenant) == []
            fold(database, tenant)


def test_writers_and_the_job_meet(database: Database, tenant: str, settler: Connection) -> None:
    """Nobody deadlocks, and nothing is missed: many send turns of the same chains while it runs."""
    turns = [turn(n, f"r{n - 7}" if n > 7 else None) for n in range(1, 71)]
    told = [step(9, trace=n, session_id=f"s{n}") for n in range(1, 71, 10)]
    batches = list(chunk(random.Random(7).sample([*turns, *told, *turns], 147), 5))

    def send(number: int) -> None:
        with connect(database) as writer:
            for batch in batches[number::4]:
                ingest_on(writer, tenant, batch)

    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(send, number) for number in range(4)]
        while not all(each.done() for each in running):
            settler.execute("select app.settle_chains(%s, 10, 3)", (tenant,))
        for each in running:
            each.result()
    settle_chains(settler, tenant)
    check_chains(settler, tenant)


def test_a_sender_tells_no_derived_session(
    database: Database, tenant: str, settler: Connection
) -> None:
    """It is the database's to find."""
    ingest(database, tenant, [turn(1) | {"chained_session_id": "mine"}])
    settle_chains(settler, tenant)
    assert read_sessions(settler, tenant) == {1: None}


@st.composite
def draw_turn(draw: st.DrawFn) -> Delivery:
    """Draw a call of one of few responses that names another, or a root that tells a session."""
    trace = draw(st.integers(1, 5))
    session = draw(st.sampled_from([None] * 6 + ["s", "T"]))
    if draw(st.integers(0, 7)) == 0:
        return step(9, trace=trace, session_id=session)
    return call(
        draw(st.integers(1, 2)),
        trace=trace,
        at=NOON + draw(st.integers(0, 4)) * MINUTE,
        session_id=session,
        response_id=draw(st.sampled_from([None, "r1", "r2", "r3", "r4"])),
        previous_response_id=draw(st.sampled_from([None, "r1", "r2", "r3", "r4"])),
        countable=draw(st.integers(0, 7)) > 0,
        instrumentation=draw(st.sampled_from(["client", "client", "wrapper"])),
    )


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data(), sent=st.lists(draw_turn(), min_size=2, max_size=10))
def test_every_history_ends_in_the_models_sessions(
    database: Database,
    settler: Connection,
    another_tenant: Callable[[], str],
    data: st.DataObject,
    sent: list[Delivery],
) -> None:
    """Any order, cut and repetition of deliveries, with deletions and the job in between."""
    tenant = another_tenant()
    again = data.draw(st.lists(st.sampled_from(sent), max_size=3))
    batches = cut(data.draw(st.permutations(sent + again)), data.draw(st.integers(0, 2**12)))
    with connect(database) as writer:
        for batch in batches:
            ingest_on(writer, tenant, batch)
            doing = data.draw(st.sampled_from(["nothing", "settle", "settle", "fold", "forget"]))
            if doing == "settle":
                settler.execute("select app.settle_chains(%s, 2, 1)", (tenant,))
            elif doing == "fold":
                fold(database, tenant)
            elif doing == "forget" and any(s["trace_id"] == trace_id(1) for s in batch):
                administer(database, tenant, "forget_trace", trace_id=trace_id(1))
    settle_chains(settler, tenant, most=3, page=2)
    check_chains(settler, tenant)
    check_consistency(database, tenant)
    assert read_drift(database, tenant) == []
