"""What waits in the queue while it is forgotten: the queue's writer leaves it out."""

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
    ingest,
    read_as_owner,
)
from tests.database.support.spans import call, span_id, step, trace_id

WRITER = "span_writer"


def deliver(
    database: Database, tenant: str, spans: list[dict[str, Any]], by: str | None = WRITER
) -> set[tuple[str, str]]:
    """Store spans as the queue's writer does; gives what is there afterwards."""
    with connect_as(database, "llm_ingest", tenant, by) as connection:
        call_function(connection, "ingest_spans", {"spans": spans})
    query = "select trace_id, span_id from public.spans where tenant_id = %s"
    return {(row["trace_id"], row["span_id"]) for row in read_as_owner(database, query, (tenant,))}


def begin_later(span: dict[str, Any]) -> dict[str, Any]:
    """Give a span that begins after whatever was forgotten until now."""
    start = int((datetime.now(UTC) + timedelta(minutes=1)).timestamp()) * 1_000_000_000
    return span | {"start_ns": start, "end_ns": start + 1_000_000}


def test_a_forgotten_trace_stays_forgotten(database: Database, tenant: str) -> None:
    """Whatever of it waits, whenever it began; the other spans of its message are stored."""
    ingest(database, tenant, [step(1), call(2)])
    administer(database, tenant, "forget_trace", trace_id=trace_id(1))

    there = deliver(database, tenant, [step(1), begin_later(call(3)), step(4, trace=2)])

    assert there == {(trace_id(2), span_id(4))}


def test_a_forgotten_user_stays_forgotten(database: Database, tenant: str) -> None:
    """Spans that name the user, by either name, and those of their traces that name nobody."""
    ingest(database, tenant, [step(1, user_id="ann"), call(2)])
    administer(database, tenant, "forget_user", user_id="ann", pseudonym="u1:abc")

    there = deliver(
        database,
        tenant,
        [
            call(3),
            call(4, user_id="bob"),
            step(5, trace=2, user_id="ann"),
            call(6, trace=2),
            step(7, trace=3, user_id="u1:abc"),
            step(8, trace=4),
        ],
    )

    assert there == {(trace_id(1), span_id(4)), (trace_id(4), span_id(8))}


def test_a_user_may_come_again(database: Database, tenant: str) -> None:
    """What began after they were forgotten is stored."""
    administer(database, tenant, "forget_user", user_id="ann")
    later = begin_later(step(1, user_id="ann"))

    assert deliver(database, tenant, [later]) == {(trace_id(1), span_id(1))}


@pytest.mark.parametrize("by", [None, "dev"])
def test_only_the_queues_writer_asks(database: Database, tenant: str, by: str | None) -> None:
    """Whoever sends a trace anew, past the queue, means it."""
    ingest(database, tenant, [step(1)])
    administer(database, tenant, "forget_trace", trace_id=trace_id(1))

    assert deliver(database, tenant, [step(1)], by) == {(trace_id(1), span_id(1))}


def test_a_neighbours_trace_is_stored(database: Database, another_tenant: Any) -> None:
    """What one tenant forgets, another has."""
    mine, theirs = another_tenant(), another_tenant()
    ingest(database, mine, [step(1, user_id="ann")])
    administer(database, mine, "forget_user", user_id="ann")
    administer(database, theirs, "forget_user", user_id="nobody")

    assert deliver(database, theirs, [step(1, user_id="ann")]) == {(trace_id(1), span_id(1))}


def test_what_is_remembered_names_nobody_and_ends(
    database: Database, owner: Connection, tenant: str
) -> None:
    """A digest and ids of traces; after 45 days they go with the next that is forgotten."""
    ingest(database, tenant, [step(1, user_id="ann")])
    administer(database, tenant, "forget_user", user_id="ann")
    query = "select subject from public.forgotten where tenant_id = %s order by subject"
    first = [row["subject"] for row in read_as_owner(database, query, (tenant,))]
    age = "update public.forgotten set forgotten_at = now() - interval '46 days'"
    owner.execute(f"{age} where tenant_id = %s".encode(), (tenant,))
    administer(database, tenant, "forget_user", user_id="bob")
    second = [row["subject"] for row in read_as_owner(database, query, (tenant,))]

    assert first[0] == f"nameless:{trace_id(1)}"
    assert [one.partition(":")[0] for one in first] == ["nameless", "user"]
    assert "ann" not in str(first)
    assert len(second) == 1
    assert second[0] not in first
