"""No answer is larger than Lambda returns: what is too much is cut, and said to be."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
import pytest
from psycopg.sql import SQL, Identifier

from infra.local.throwaway import Database
from tests.database.support.callers import connect_as_owner, ingest
from tests.database.support.spans import Span, call, step
from tests.functions.conftest import Call
from tests.functions.test_lists import read_all

LAMBDA_BYTES = 6 * 1024 * 1024
WIDE = "\N{GRINNING FACE}"
NOON_NS = 1_795_435_200 * 10**9
"""2026-11-23T12:00:00Z."""
"""Twelve bytes in a function's result, four in the database."""


def read_trace(call: Call, tenant: str) -> dict[str, Any]:
    """Give the tenant's one trace, which has to fit into a function's result."""
    answer = call("GET", f"/traces/{1:032x}", tenant=tenant)
    assert answer.status_code == 200, answer.text
    assert len(json.dumps(answer.text)) < LAMBDA_BYTES
    trace: dict[str, Any] = answer.json()
    return trace


def store(database: Database, tenant: str, spans: Sequence[Span]) -> None:
    """Write spans past the door, in batches that the database takes."""
    for first in range(0, len(spans), 200):
        ingest(database, tenant, spans[first : first + 200])


def fill(
    database: Database, tenant: str, count: int, size: int, letter: str = "x", *, to: int = 10**9
) -> None:
    """Store a trace whose first spans have an attribute of so many characters each.

    As the owner: rows may be larger than what ingestion takes today.
    """
    store(database, tenant, make_steps(count))
    with connect_as_owner(database) as owner:
        for row in owner.execute(_CHECKS).fetchall():
            drop = SQL("alter table public.spans drop constraint {}")
            owner.execute(drop.format(Identifier(row["conname"])))
        owner.execute(_FILL, (letter, size, tenant, NOON_NS + to))


_CHECKS = """
select conname from pg_constraint where conrelid = 'public.spans'::regclass and contype = 'c'
  and pg_get_constraintdef(oid) ~ 'attributes'"""
_FILL = """
update public.spans set attributes = jsonb_build_object('note', repeat(%s, %s))
where tenant_id = %s and start_ns <= %s"""


def make_steps(count: int) -> list[Span]:
    """Give spans of one trace, a nanosecond apart."""
    return [
        step(n, attributes={"note": "x"}, start_ns=NOON_NS + n, end_ns=NOON_NS + n + 5)
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("count", "size", "letter"),
    [
        (8, 1_000_000, "x"),
        (8, 1_000_000, '"'),
        (500, 13_000, "x"),
        (2000, 3_500, "x"),
        (3, 300_000, WIDE),
    ],
    ids=["8 x 1 MB", "8 x 1 MB of quotes", "500 x 13 kB", "2,000 x 3.5 kB", "3 x 3.6 MB"],
)
def test_a_trace_of_megabytes_is_cut(
    call: Call, database: Database, count: int, size: int, letter: str
) -> None:
    """The tree is whole; what is stored of each span is there as far as it fits, and counted."""
    tenant = f"large-{uuid.uuid4().hex[:8]}"
    fill(database, tenant, count, size, letter)
    trace = read_trace(call, tenant)
    full = [span for span in trace["spans"] if not span["truncated"]]
    bare = [span for span in trace["spans"] if span["truncated"]]

    assert len(trace["spans"]) == count == trace["trace"]["span_count"]
    assert trace["truncated"] is True
    assert (trace["missing_spans"], trace["bare_spans"]) == (0, len(bare))
    assert full
    assert bare
    assert all(span["attributes"] == {"note": letter * size} for span in full)
    assert all(span["attributes"] == {} for span in bare)


def test_a_span_of_megabytes_hides_no_other(call: Call, database: Database) -> None:
    """One that fits into no answer is there without its attributes; its neighbours are whole."""
    fill(database, "giant", 5, 9_000_000, to=1)
    trace = read_trace(call, "giant")

    assert [span["truncated"] for span in trace["spans"]] == [True, False, False, False, False]
    assert trace["spans"][1]["attributes"] == {"note": "x"}


def test_every_span_of_a_large_trace_can_be_read(call: Call, database: Database) -> None:
    """Whichever span one asks for is there with all that is stored of it."""
    fill(database, "one-by-one", 8, 1_000_000)
    for number in (1, 8):
        wanted = f"{number:016x}"
        path = f"/traces/{1:032x}"
        trace = call("GET", path, tenant="one-by-one", details_of=wanted).json()
        (span,) = (span for span in trace["spans"] if span["span_id"] == wanted)

        assert span["attributes"] == {"note": "x" * 1_000_000}
        assert trace["truncated"] is True


def test_a_small_trace_is_whole(call: Call, database: Database) -> None:
    """Nothing is missing, and it says so; content comes with it."""
    store(database, "small", [call_span(1, input=["in"], output="out"), step(2)])
    trace = read_trace(call, "small")

    assert (trace["truncated"], trace["missing_spans"], trace["bare_spans"]) == (False, 0, 0)
    assert (trace["spans"][0]["input"], trace["spans"][0]["output"]) == (["in"], "out")


def call_span(number: int, **values: Any) -> Span:
    """Make a model call that is a root."""
    return call(number, **{"parent_span_id": None, **values})


def test_more_spans_than_an_answer_holds(call: Call, database: Database) -> None:
    """Where even bare spans are too many the earliest are there, and how many are not."""
    names = dict.fromkeys(("name", "operation", "provider", "agent_name", "tool_name"), WIDE * 256)
    names |= dict.fromkeys(
        ("session_id", "environment", "service_name", "instrumentation"), WIDE * 256
    )
    spans = [span | names for span in make_steps(1000)]
    store(database, "wide", spans)
    trace = read_trace(call, "wide")

    assert trace["truncated"] is True
    assert 0 < len(trace["spans"]) < 1000
    assert trace["missing_spans"] == 1000 - len(trace["spans"])


@pytest.mark.parametrize("path", ["/spans", "/traces"])
def test_a_page_of_megabytes_is_shorter(call: Call, database: Database, path: str) -> None:
    """Fewer rows than the limit, and a cursor: every row is still read once."""
    tenant = f"pages-{path[1:]}"
    names = dict.fromkeys(("name", "operation", "provider", "environment"), WIDE * 256)
    names |= dict.fromkeys(("session_id", "service_name", "status_message"), WIDE * 256)
    names |= {"user_id": WIDE * 256}
    names |= dict.fromkeys(("request_model", "response_model", "error_type"), WIDE * 256)
    spans = [call_span(n, trace=n, **names) for n in range(1, 321)]
    store(database, tenant, spans)
    if path == "/traces":
        inflate_traces(database, tenant)
    page = call("GET", path, tenant=tenant, limit=200)

    assert page.status_code == 200, page.text
    assert len(json.dumps(page.text)) < LAMBDA_BYTES
    assert page.json()["next_cursor"]
    assert len(page.json()["items"]) < 200
    assert len(read_all(call, path, tenant, limit=200)) == 320


def inflate_traces(database: Database, tenant: str) -> None:
    """Give each trace as many models' names as a hostile sender has patience for."""
    query = """
        update public.traces set models = (
          select array_agg(i || %s order by i) from generate_series(1, 120) i)
        where tenant_id = %s"""
    with connect_as_owner(database) as owner:
        owner.execute(query, (WIDE * 250, tenant))


def test_metrics_of_many_models(call: Call, database: Database) -> None:
    """The 500 busiest models, and 1,500 buckets, whatever names a sender makes up."""
    spans = [
        call_span(n, trace=n, model=f"{n}{WIDE * 250}", provider=WIDE * 256, start_ns=NOON_NS + n)
        for n in range(1, 801)
    ]
    store(database, "many-models", spans)
    window = {"start": "2026-11-23T00:00:00Z", "end": "2026-11-24T00:00:00Z", "bucket": "minute"}
    answer = call("GET", "/metrics", tenant="many-models", **window)

    assert answer.status_code == 200, answer.text
    assert len(json.dumps(answer.text)) < LAMBDA_BYTES
    assert len(answer.json()["by_model"]) == 500
    assert answer.json()["totals"]["requests"] == 800


def test_the_database_sends_no_more_than_is_shown(
    data_api: str, token: Callable[..., str], keys: Any, database: Database
) -> None:
    """Of a trace of 40 MB the database hands over what there is room for."""
    fill(database, "huge", 40, 1_000_000)
    headers: Mapping[str, str] = {
        "apikey": keys.publishable_key,
        "Authorization": f"Bearer {token('huge', 'authenticated')}",
    }
    asked = {"trace_id": f"{1:032x}", "most_bytes": 2_500_000}
    answer = httpx.post(
        f"{data_api}/rest/v1/rpc/read_span_details", json=asked, headers=headers, timeout=60
    )

    assert answer.status_code == 200, answer.text
    assert len(answer.content) <= 2_500_100
    assert [row["span_id"] for row in answer.json()] == [f"{n:016x}" for n in (1, 2)]


def test_groups_of_many_names(call: Call, database: Database) -> None:
    """What groups have no room for is left out, and said to be; each that is there has its sums."""
    spans = [
        call_span(
            n,
            trace=n,
            model=f"{n % 500}{WIDE * 250}",
            provider=WIDE * 256,
            user_id=f"{n}{WIDE * 250}",
            start_ns=NOON_NS + n,
        )
        for n in range(1, 1001)
    ]
    store(database, "many-groups", spans)
    window = {"start": "2026-11-23T12:00:00Z", "end": "2026-11-23T14:00:00Z"}
    asked = window | {"group_by": "user", "then_by": "model", "bucket": "minute"}
    answer = call("GET", "/metrics", tenant="many-groups", **asked)
    body = answer.json()

    assert answer.status_code == 200, answer.text
    assert len(json.dumps(answer.text)) < LAMBDA_BYTES
    assert (len(body["groups"]), body["truncated"]) == (500, True)
    few = call("GET", "/metrics", tenant="many-groups", **asked, top=9).json()
    assert few["truncated"] is False
    assert [len(group["series"]) for group in few["groups"]] == [120] * 9
    assert {group["requests"] for group in few["groups"]} == {1}
    assert all(group["groups"] for group in few["groups"])
