"""Terms of hours narrow what a filter reads, and never change what it finds."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    connect_as,
    connect_as_owner,
    ingest,
    read_as_owner,
)
from tests.database.support.filtering import Tree
from tests.database.support.rolled_up import expire, fold, list_marked
from tests.database.support.spans import (
    NOON,
    call,
    failed_call,
    span_id,
    step,
    trace_id,
    unmeasured_call,
)

Key = tuple[Any, ...]
NAMES = ["one", "two", "it's", "%s"]
FIELDS = [
    *("environment", "service", "release", "operation", "provider", "model", "user", "session"),
    *("customer", "agent", "tool", "prompt", "feature", "error_type", "name", "tag:plan", "status"),
]
FLAGS = ["failed", "counted", "unpriced", "unmeasured", "streamed", "possible_duplicate"]
VALUES = {
    "status": ["ok", "error", "unset"],
    "operation": ["chat"],
    "error_type": ["_OTHER", "acme.RateLimitError"],
    "session": [*NAMES, "chain"],
    "prompt": [*NAMES, "one@3"],
}


@pytest.fixture(scope="module", autouse=True)
def eager(database: Database) -> None:
    """Hours of this database have terms however few spans they have."""
    with connect_as_owner(database) as owner:
        owner.execute(
            "create or replace function app.enough_for_terms() returns integer "
            "language sql immutable parallel safe return 1"
        )


def make_span(draw: random.Random, number: int) -> dict[str, Any]:
    """Give a span of one of fifty traces: some are of hours apart, some at an hour's very edge."""
    trace = draw.randrange(1, 51)
    make = draw.choice([call, call, failed_call, unmeasured_call, step])
    names = ("environment", "service_name", "release", "session_id", "user_id", "customer_id")
    told: dict[str, Any] = {
        name: draw.choice([None, None, draw.choice(NAMES)])
        for name in (*names, "agent_name", "tool_name", "prompt_name")
    }
    told["prompt_version"] = told["prompt_name"] and draw.choice([None, "3"])
    told["tags"] = draw.choice([None, {"plan": draw.choice(NAMES), "feature": "one"}])
    told["streamed"] = draw.choice([None, True, False])
    told["name"] = draw.choice(NAMES)
    told["status"] = "error" if make is failed_call else draw.choice(["unset", "ok"])
    if make is not step:
        told |= {"model": draw.choice(NAMES), "provider": draw.choice(NAMES)}
        told["cost_usd"] = draw.choice([None, "0.1"]) if make is call else None
    if draw.random() < 0.4:
        told["parent_span_id"] = None if make is step else span_id(number)
    start = NOON + timedelta(hours=-(trace % 30), minutes=trace)
    start += draw.choice(
        [
            timedelta(seconds=draw.randrange(600)),
            timedelta(minutes=60 - trace),
            timedelta(minutes=60 - trace, microseconds=-1),
            timedelta(hours=draw.randrange(28), seconds=draw.randrange(60)),
        ]
    )
    if draw.random() < 0.04:
        start += timedelta(days=1000)
    return make(number, trace=trace, at=start, **told)


def make_term(draw: random.Random) -> Tree:
    """Give a term that narrows, or one that does not."""
    match draw.randrange(8):
        case 0:
            return {"field": draw.choice(FLAGS), "op": "is"}
        case 1:
            return {"field": draw.choice(FIELDS), "op": "has"}
        case 2:
            return make_range(draw)
    field = draw.choice(FIELDS)
    values = draw.choices(VALUES.get(field, NAMES), k=draw.choice([1, 1, 2]))
    return {"field": field, "op": "in", "values": values}


def make_range(draw: random.Random) -> Tree:
    """Give a term that bounds a measure, or the start."""
    field, values = draw.choice(
        [
            ("tokens", ["0", "110", "220", "500"]),
            ("cost", ["0", "0.1", "0.25"]),
            ("duration", ["0ms", "1s", "2h", "1000000us"]),
            ("started", ["2026-11-22T20:30:00Z", "2026-11-23"]),
        ]
    )
    return {
        "field": field,
        "op": draw.choice(["lt", "le", "gt", "ge"]),
        "values": [draw.choice(values)],
    }


def make_tree(draw: random.Random) -> Tree:
    """Give a filter of one to three terms, some of them in groups or denied."""
    terms = [make_term(draw) for _ in range(draw.choice([1, 1, 2, 3]))]
    if draw.random() < 0.2:
        terms.append({"not": make_term(draw)})
    if draw.random() < 0.3:
        terms.append({"or": [make_term(draw), {"and": [make_term(draw), make_term(draw)]}]})
    return {"and": terms}


def match(caller: Connection, kind: str, arguments: Tree) -> list[Key]:
    query = "select start_time, trace_id, span_id from app.match_rows(%s, %s)"
    rows = caller.execute(query, (json.dumps(arguments), kind)).fetchall()
    return [tuple(row.values()) for row in rows]


def scan(caller: Connection, kind: str, arguments: Tree) -> list[Key]:
    """Give the same rows by reading all of them."""
    row = caller.execute(
        "select app.compile_question(%s, %s) as question", (json.dumps(arguments), kind)
    ).fetchone()
    assert row is not None
    columns = "trace_id, span_id" if kind == "spans" else "trace_id, null::text as span_id"
    order = "trace_id desc, span_id desc" if kind == "spans" else "trace_id desc"
    query = (
        f"select start_time, {columns} from public.{kind[:-1]}_summaries {kind[0]} "
        f"where {row['question']} order by start_time desc, {order} limit {arguments['most']}"
    )
    return [tuple(row.values()) for row in caller.execute(query.encode()).fetchall()]


def compare(database: Database, tenant: str, draw: random.Random, times: int) -> int:
    """Ask so many filters both ways, page by page; give how many rows there were."""
    found = 0
    with connect_as(database, "authenticated", tenant) as caller:
        for _ in range(times):
            filters = [make_tree(draw) for _ in range(draw.choice([1, 1, 2]))]
            for kind in ("spans", "traces"):
                asked: Tree = {"filters": filters, "most": draw.choice([2, 50])}
                if kind == "traces" and draw.random() < 0.1:
                    errors = {"field": "errors", "op": "ge", "values": [draw.choice("012")]}
                    asked["filters"] = [*filters, errors]
                for _ in range(3):
                    rows = match(caller, kind, asked)
                    assert rows == scan(caller, kind, asked), json.dumps([kind, asked])
                    found += len(rows)
                    if len(rows) < asked["most"]:
                        break
                    start, trace, span = rows[-1]
                    asked["after"] = {"start": start.isoformat(), "trace": trace, "span": span}
    return found


def forget_one(database: Database, tenant: str, draw: random.Random) -> None:
    if draw.random() < 0.5:
        administer(database, tenant, "forget_user", user_id=draw.choice(NAMES))
        return
    query = "select trace_id from public.traces where tenant_id = %s order by 1"
    known = [row["trace_id"] for row in read_as_owner(database, query, (tenant,))]
    administer(database, tenant, "forget_trace", trace_id=draw.choice(known))


def chain_some(database: Database, tenant: str, draw: random.Random) -> None:
    """Have calls be of a chain's session, as the job does that follows chains of responses."""
    with connect_as_owner(database) as owner:
        owner.execute(
            "update public.spans set chained_session_id = 'chain' "
            "where tenant_id = %s and countable and right(span_id, 1) = %s",
            (tenant, f"{draw.randrange(16):x}"),
        )
        known = "array(select trace_id from public.traces where tenant_id = %s)"
        owner.execute(f"select app.summarize_traces(%s, {known})", (tenant, tenant))


def fold_some(database: Database, tenant: str, draw: random.Random) -> None:
    hours = list_marked(database, tenant)
    some = draw.sample(hours, k=len(hours) * 2 // 3)
    with connect_as_owner(database) as owner:
        owner.execute("select app.fold_hours(%s, %s)", (tenant, some))


@pytest.mark.parametrize("seed", range(3))
def test_terms_find_what_a_scan_finds(database: Database, tenant: str, seed: int) -> None:
    """After deliveries in any order, chains, deletions, expiry and foldings of some hours."""
    draw = random.Random(seed)
    spans = [make_span(draw, number) for number in range(1, 301)]
    found = 0
    for turn in range(6):
        ingest(database, tenant, draw.choices(spans, k=70))
        if turn % 3 == 1:
            chain_some(database, tenant, draw)
        fold_some(database, tenant, draw)
        found += compare(database, tenant, draw, 6)
        # What comes after a folding is told by marks alone.
        ingest(database, tenant, draw.choices(spans, k=8))
        if turn % 3 == 2:
            forget_one(database, tenant, draw)
        found += compare(database, tenant, draw, 6)
    fold(database, tenant)
    expire(database, tenant, NOON - timedelta(hours=12, minutes=7), 7)
    found += compare(database, tenant, draw, 12)
    fold(database, tenant)
    found += compare(database, tenant, draw, 12)
    assert found > 500


@pytest.fixture
def told(database: Database, tenant: str) -> Iterator[Connection]:
    """A reader of a tenant whose one span tells everything, beside another that tells nothing."""
    columns = "environment service_name release session_id user_id customer_id agent_name tool_name"
    everything: dict[str, Any] = dict.fromkeys([*columns.split(), "prompt_name"], "here") | {
        "tags": {"feature": "here", "plan": "here"},
        "streamed": True,
    }
    ingest(
        database,
        tenant,
        [
            failed_call(1, trace=1, name="here", model="here", error_type="here", **everything),
            call(2, trace=2, name="priceless", model="there", status="ok"),
            unmeasured_call(3, trace=3, name="unmeasured", model="there"),
        ],
    )
    with connect_as_owner(database) as owner:
        owner.execute(
            "update public.spans set model = 'here', api_key_id = 'herehere', "
            "usage_uncounted = 'here', unknown_because = 'here', possible_duplicate = true "
            "where tenant_id = %s and trace_id = %s",
            (tenant, trace_id(1)),
        )
    fold(database, tenant)
    with connect_as(database, "authenticated", tenant) as caller:
        yield caller


def candidates(caller: Connection, tenant: str, kind: str, tree: Tree) -> list[Any]:
    """Give the starts that terms leave of the one hour."""
    row = caller.execute(
        "select app.narrowing_query(%s, %s, %s) as query", (json.dumps([tree]), kind, tenant)
    ).fetchone()
    assert row is not None
    assert row["query"] is not None, tree
    caller.execute(f"prepare narrowing (timestamptz[]) as {row['query']}".encode())
    hours = caller.execute(f"execute narrowing (array['{NOON}'::timestamptz])".encode()).fetchall()
    caller.execute("deallocate narrowing")
    starts = "select app.list_starts(%(hour)s, %(starts)s, %(bits)s::bit varying) as start"
    return [one["start"] for hour in hours for one in caller.execute(starts, hour).fetchall()]


def test_each_field_with_values_is_found_by_its_terms(told: Connection, tenant: str) -> None:
    """Whatever field of texts, choices or flags there is: what its terms leave has its rows."""
    fields = told.execute("select field, flag from app.list_terms()").fetchall()
    asked = [(row["field"], row["flag"]) for row in fields] + [("tag:plan", False)]
    values = {"status": "error", "operation": "chat", "provider": "acme", "api_key": "herehere"}
    for field, flag in asked:
        trees: list[Tree] = [
            {"field": field, "op": "is"}
            if flag
            else {"field": field, "op": "in", "values": [values.get(field, "here")]}
        ]
        if not flag:
            trees.append({"field": field, "op": "has"})
        for tree in trees:
            for kind in ("spans", "traces"):
                rows = scan(told, kind, {"filters": [tree], "most": 9})
                assert rows, tree
                assert match(told, kind, {"filters": [tree], "most": 9}) == rows
                assert {row[0] for row in rows} <= set(candidates(told, tenant, kind, tree)), tree
    nothing: Tree = {"field": "tool", "op": "in", "values": ["nowhere"]}
    assert candidates(told, tenant, "spans", nothing) == []


@pytest.mark.parametrize("kind", ["spans", "traces"])
def test_rows_come_by_their_terms_alone(
    database: Database, tenant: str, told: Connection, kind: str
) -> None:
    """Without the term of a value its rows are not found: else no test above could fail."""
    tree: Tree = {"field": "tool", "op": "in", "values": ["here"]}
    assert len(match(told, kind, {"filters": [tree], "most": 9})) == 1
    with connect_as_owner(database) as owner:
        owner.execute(
            "delete from public.hour_terms "
            "where tenant_id = %s and term = app.term_key('tool', 'here')",
            (tenant,),
        )
    assert match(told, kind, {"filters": [tree], "most": 9}) == []


def test_an_hour_of_few_spans_has_no_terms(
    database: Database, tenant: str, another_tenant: Callable[[], str]
) -> None:
    """They would take more room than its spans, which are read as quickly."""
    other = another_tenant()
    with connect_as_owner(database) as owner:
        owner.execute(
            "create or replace function app.enough_for_terms() returns integer "
            "language sql immutable parallel safe return 3"
        )
    for name, many in ((tenant, 2), (other, 3)):
        ingest(database, name, [call(number, trace=number) for number in range(1, many + 1)])
        fold(database, name)
    query = "select distinct tenant_id from public.hour_terms where tenant_id = any(%s)"
    assert read_as_owner(database, query, ([tenant, other],)) == [{"tenant_id": other}]
