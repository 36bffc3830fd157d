"""Whatever is delivered, in whatever order, pieces and repetition, by how many at once: one end."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from tests.database.support.callers import Connection, connect_as_owner, ingest_in_turn, ingest_on
from tests.database.support.consistency import check_consistency
from tests.database.support.deliveries import (
    BOUNDARY,
    Batches,
    Delivery,
    chunk,
    cut,
    draw_answer,
    draw_delivery,
    draw_lineage,
    draw_nested,
)
from tests.database.support.model import find_counted, find_duplicates, summarize

_TABLES = ("spans", "span_contents", "traces")
_BY_A_CLOCK = ["received_at", "updated_at", "tenant_id"]
_PRICES = """
insert into public.model_prices (price_id, provider, model, valid_from, valid_to, input_per_mtok,
  output_per_mtok, source, source_version)
values ('old', 'acme', 'fable-1', '1970-01-01', %(change)s, 10, 100, 'test', '1'),
  ('new', 'acme', 'fable-1', %(change)s, null, 2, 20, 'test', '1')
"""
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
State = dict[str, list[str]]
Deliver = Callable[[Batches], State]


@pytest.fixture(scope="module")
def writer(database: Database) -> Iterator[Connection]:
    """A connection that all deliveries of this module but the concurrent ones go through."""
    with connect_as_owner(database) as owner:
        owner.execute(_PRICES, {"change": BOUNDARY})
    with psycopg.connect(
        database.authenticator_url, row_factory=psycopg.rows.dict_row, autocommit=True
    ) as connection:
        yield connection


@pytest.fixture(scope="module")
def deliver(
    database: Database, writer: Connection, owner: Connection, another_tenant: Callable[[], str]
) -> Deliver:
    """Deliver batches as a tenant of their own and give what is stored in the end."""

    def run(batches: Batches) -> State:
        tenant = another_tenant()
        for batch in batches:
            ingest_on(writer, tenant, batch)
        return read_state(owner, tenant)

    return run


def read_state(owner: Connection, tenant: str) -> State:
    """Give every row of a tenant as its text, without what a clock wrote."""
    state = {}
    for table in _TABLES:
        query = f"select (to_jsonb(t) - %s::text[])::text as row from public.{table} t"
        rows = owner.execute(
            f"{query} where tenant_id = %s order by 1".encode(), (_BY_A_CLOCK, tenant)
        )
        state[table] = [row["row"] for row in rows]
    return state


@settings(max_examples=25, deadline=None, suppress_health_check=_SLOW)
@given(sent=st.lists(draw_delivery(), min_size=1, max_size=4), turn=st.integers(0, 7))
def test_every_order_ends_the_same(deliver: Deliver, sent: list[Delivery], turn: int) -> None:
    """All orders of up to four deliveries, each cut in another way, with one of them again."""
    whole = deliver([sent])
    for number, order in enumerate(itertools.permutations(sent)):
        assert deliver([*cut(order, number + turn), [order[-1]]]) == whole


@settings(max_examples=25, deadline=None, suppress_health_check=_SLOW)
@given(data=st.data(), sent=st.lists(draw_delivery(), min_size=5, max_size=16))
def test_any_pieces_end_the_same(
    deliver: Deliver, data: st.DataObject, sent: list[Delivery]
) -> None:
    """Larger sets in drawn orders and cuts, with any of them again."""
    whole = deliver([sent])
    for _ in range(3):
        again = data.draw(st.lists(st.sampled_from(sent), max_size=3))
        order = data.draw(st.permutations(sent + again))
        assert deliver(cut(order, data.draw(st.integers(0, 2**18)))) == whole


@settings(max_examples=40, deadline=None, suppress_health_check=_SLOW)
@given(sent=st.lists(draw_delivery(), min_size=1, max_size=16), size=st.integers(1, 5))
def test_the_end_is_the_models(
    database: Database,
    writer: Connection,
    owner: Connection,
    another_tenant: Callable[[], str],
    sent: list[Delivery],
    size: int,
) -> None:
    """What is counted and summed up is what Python computes from the stored spans."""
    tenant = another_tenant()
    for batch in chunk(sent, size):
        ingest_on(writer, tenant, batch)
    check_model(owner, tenant)
    check_consistency(database, tenant)


def check_model(owner: Connection, tenant: str) -> None:
    """Fail where a span is counted or a summary kept that the model sees differently."""
    stored = owner.execute("select * from public.spans where tenant_id = %s", (tenant,)).fetchall()
    counted = {(span["trace_id"], span["span_id"]) for span in stored if span["counted"]}
    assert counted == find_counted(stored)
    told = {(span["trace_id"], span["span_id"]) for span in stored if span["possible_duplicate"]}
    assert told == find_duplicates(stored)
    traces: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for span in stored:
        traces[span["trace_id"]].append(span)
    kept = owner.execute("select * from public.traces where tenant_id = %s", (tenant,)).fetchall()
    assert {trace["trace_id"] for trace in kept} == traces.keys()
    for trace in kept:
        spans = traces[trace["trace_id"]]
        assert len({span["span_id"] for span in spans}) == len(spans)
        expected = summarize(spans)
        assert {name: trace[name] for name in expected} == expected


@settings(max_examples=120, deadline=None, suppress_health_check=_SLOW)
@given(
    data=st.data(),
    sent=st.lists(draw_answer(), min_size=2, max_size=16)
    | st.lists(draw_nested(), min_size=2, max_size=16)
    | st.lists(draw_lineage(), min_size=2, max_size=12),
)
def test_calls_end_the_same(
    owner: Connection,
    writer: Connection,
    another_tenant: Callable[[], str],
    deliver: Deliver,
    data: st.DataObject,
    sent: list[Delivery],
) -> None:
    """Spans of several traces that tell of one call end as the model sees them, in any cut."""
    tenant = another_tenant()
    for batch in cut(data.draw(st.permutations(sent)), data.draw(st.integers(0, 2**16))):
        ingest_on(writer, tenant, batch)
    check_model(owner, tenant)
    assert read_state(owner, tenant) == deliver([sent])


@settings(max_examples=18, deadline=None, suppress_health_check=_SLOW)
@given(
    sent=st.lists(draw_delivery(), min_size=20, max_size=40)
    | st.lists(draw_answer(), min_size=20, max_size=40)
    | st.lists(draw_nested(), min_size=20, max_size=40)
    | st.lists(draw_lineage(), min_size=20, max_size=40),
    seed=st.integers(0, 2**16),
)
def test_writers_at_once_end_the_same(
    database: Database,
    owner: Connection,
    another_tenant: Callable[[], str],
    deliver: Deliver,
    sent: Sequence[Delivery],
    seed: int,
) -> None:
    """Four writers deliver shuffled, overlapping halves together: no deadlock, and one end."""
    draw = random.Random(seed)
    tenant = another_tenant()
    halves = [draw.sample(sent, len(sent) // 2) for _ in range(3)]
    with ThreadPoolExecutor(4) as threads:
        running = [
            threads.submit(ingest_in_turn, database, tenant, list(chunk(half, draw.randint(1, 6))))
            for half in [*halves, list(reversed(sent))]
        ]
        for one in running:
            one.result(60)
    assert read_state(owner, tenant) == deliver([list(sent)])
    check_model(owner, tenant)
