"""Two tenants who write the same ids in turn: neither may change a row of the other's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg

from tests.database.support.callers import Connection, call_function
from tests.database.support.spans import NOON, Span, call, nanoseconds, span_id, step, trace_id

_NAMES = ("neighbour-a", "neighbour-b")
_LIMIT = """
insert into public.tenants (tenant_id, spans_per_minute) values (%s, %s)
on conflict (tenant_id) do update set spans_per_minute = excluded.spans_per_minute
"""
_STORED = """
with mine as (select %(tenant)s as tenant_id, %(trace)s::text as trace_id)
select
  (select jsonb_agg(to_jsonb(s) - 'received_at' order by s.trace_id, span_id)
    from public.spans s join mine m using (tenant_id)
    where s.trace_id = coalesce(m.trace_id, s.trace_id)) as spans,
  (select jsonb_agg(to_jsonb(c) order by c.trace_id, span_id)
    from public.span_contents c join mine m using (tenant_id)
    where c.trace_id = coalesce(m.trace_id, c.trace_id)) as contents,
  (select jsonb_agg(
      to_jsonb(t) - 'updated_at' || jsonb_build_object('held_by', t.xmax::text) order by t.trace_id)
    from public.traces t join mine m using (tenant_id)
    where t.trace_id = coalesce(m.trace_id, t.trace_id)) as traces
"""


def find_mixed_tenants(connection: Connection) -> set[str]:
    """Merging, counting and limits of one tenant meet no row, lock or budget of the other's."""
    with connection.transaction(force_rollback=True):
        connection.execute("set local statement_timeout = '3s'")
        try:
            return set(_meet(connection, *_NAMES))
        except psycopg.Error as error:
            return {f"one keeps the other back: {error.diag.message_primary}"}


def _meet(connection: Connection, own: str, other: str) -> Iterator[str]:
    later = NOON + timedelta(hours=1)
    theirs = [call(2, name="theirs", input="in"), call(5, at=later, response_id="r")]
    theirs += [
        _nest(7, 4, 0, 9, instrumentation="framework"),
        _nest(8, 5, 1, 2, instrumentation="client"),
    ]
    theirs += [_nest(10, 8, 0, 9, instrumentation="framework", response_id="p"), *_stand_between()]
    _ingest(connection, other, [*theirs, call(6, trace=3, at=later, response_id="r")])
    before = _read(connection, other, trace_id(1))
    _ingest(connection, own, [_nest(9, 7, 0, 1, trace=2, instrumentation="client")])
    inside, around = (
        _nest(7, 4, 1, 2, instrumentation="client"),
        _nest(8, 5, 0, 9, instrumentation="framework"),
    )
    _ingest(connection, own, [span | {"trace_id": trace_id(2)} for span in (inside, around)])
    for batch in _lie_below():
        _ingest(connection, own, batch)
    connection.execute(_LIMIT, (own, 5))
    _ingest(connection, own, [call(3), call(3, trace=2), step(6, at=later)])
    first = call(2, name="own", status="ok", response_id="r", output="out")
    stored = _ingest(connection, own, [first])["stored"]
    second = call(4, response_id="r", start_ns=first["start_ns"] + 5)
    below: Span = {
        "instrumentation": "client",
        "usage_status": "unknown",
        "parent_span_id": span_id(10),
    }
    hollow = _nest(11, 8, 1, 2, **below)
    _ingest(connection, own, [call(2, at=later, status="error"), second, second, hollow])
    connection.execute(_LIMIT, (other, 5))
    _ingest(connection, other, [call(9, trace=9)])
    after = _read(connection, other, trace_id(1))
    yield from (f"changed: {name}" for name in before if after[name] != before[name])
    requests = [trace["requests"] for trace in _read(connection, own)["traces"]]
    told = _count_duplicates(connection, own)
    if told:
        yield f"another's calls are taken for a wrapper's: {told}"
    if (stored, requests) != (1, [7, 4]):
        yield f"another's spans are taken for one's own: {stored} stored, {requests} requests"


def _count_duplicates(connection: Connection, tenant: str) -> int:
    query = "select count(*) as told from public.spans where tenant_id = %s and possible_duplicate"
    row = connection.execute(query, (tenant,)).fetchone()
    return int(row["told"]) if row else 0


def _stand_between() -> list[Span]:
    """What would make one call of two, were it the other tenant's."""
    between = step(21, at=NOON + timedelta(hours=10), parent_span_id=span_id(20))
    below = _nest(25, 11, 1, 2, instrumentation="client", parent_span_id=span_id(24))
    return [between, below, _nest(26, 11, 0, 1, instrumentation="framework")]


def _lie_below() -> Iterator[list[Span]]:
    """Give two wrappers with a call below a span that is not there, one alone, and such a span."""
    outer: Span = {"instrumentation": "framework", "service_name": "outer"}
    inner: Span = {"instrumentation": "client"}
    yield [_nest(26, 12, 0, 9, **outer), _nest(28, 12, 1, 2, parent_span_id=span_id(27), **inner)]
    yield [_nest(20, 10, 0, 9, **outer), _nest(22, 10, 1, 2, parent_span_id=span_id(21), **inner)]
    yield [_nest(24, 11, 0, 9, **outer)]
    yield [step(27, at=NOON + timedelta(hours=12), parent_span_id=span_id(26))]


def _nest(number: int, hours: int, first: int, last: int, **values: Any) -> Span:
    """Make a call between two seconds, some hours after noon."""
    start = nanoseconds(NOON + timedelta(hours=hours))
    return call(number, start_ns=start + first * 10**9, end_ns=start + last * 10**9, **values)


def _ingest(connection: Connection, tenant: str, spans: list[Span]) -> dict[str, Any]:
    claims = json.dumps({"tenant_id": tenant})
    connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
    answer: dict[str, Any] = call_function(connection, "ingest_spans", {"spans": spans})
    return answer


def _read(connection: Connection, tenant: str, trace: str | None = None) -> dict[str, Any]:
    row = connection.execute(_STORED, {"tenant": tenant, "trace": trace}).fetchone()
    assert row is not None
    return row
