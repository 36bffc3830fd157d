"""One response is one call, by however many spans of however many traces it is told."""

from __future__ import annotations

import random
import string
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import ingest
from tests.database.support.counted import Counted, read_counted
from tests.database.support.races import Call, overlap
from tests.database.support.spans import NOON, Span, call, nanoseconds, span_id, step

HOUR = 3600 * 10**9
START = nanoseconds(NOON)


def tell(trace: int, number: int = 1, after: int = 0, **values: Any) -> Span:
    """Make a call of response r, so many nanoseconds after noon."""
    values = {"response_id": "r", "parent_span_id": None} | values
    return call(number, trace=trace, start_ns=START + after, **values)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_two_traces_tell_of_one_call(counted: Counted, turned: bool, together: bool) -> None:
    """The later of two spans counts, and the other's trace has no call."""
    spans = [tell(1), tell(2, after=1)]
    spans.reverse() if turned else None
    assert counted(*([spans] if together else [[span] for span in spans])) == [(2, 1)]


@pytest.mark.parametrize("turned", [False, True])
def test_usage_counts_in_whatever_trace(counted: Counted, turned: bool) -> None:
    """The span that knows the usage counts, though the other started later."""
    spans = [[tell(1)], [tell(2, after=1, usage_status="unknown")]]
    assert counted(*(reversed(spans) if turned else spans)) == [(1, 1)]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_the_span_that_knows_the_tier_counts(
    counted: Counted, turned: bool, together: bool
) -> None:
    """An interface's own span starts later and tells no tier, by which the call is priced."""
    spans = [tell(1, service_tier="priority"), tell(2, after=1)]
    spans.reverse() if turned else None
    assert counted(*([spans] if together else [[span] for span in spans])) == [(1, 1)]


@pytest.mark.parametrize("turned", [False, True])
def test_a_call_lasts_an_hour_at_most(counted: Counted, turned: bool) -> None:
    """Spans whose starts are a nanosecond more apart than an hour are two calls."""
    near, far = tell(2, after=HOUR), tell(3, after=HOUR + 1)
    order = [[far], [near], [tell(1)]] if turned else [[tell(1)], [near], [far]]
    assert counted(*order) == [(3, 1)]
    alone = [tell(4, response_id="s"), tell(5, after=HOUR + 1, response_id="s")]
    assert counted(alone) == [(3, 1), (4, 1), (5, 1)]


def test_only_the_last_of_a_chain_counts(counted: Counted) -> None:
    """Each pair decides by itself: of a chain only the last counts, however long it is."""
    minutes = [0, 50, 100]
    spans = [[tell(n, after=minute * HOUR // 60)] for n, minute in enumerate(minutes, 1)]
    assert counted(spans[1], spans[2], spans[0]) == [(3, 1)]


def test_a_wrapper_leaves_its_response_to_another_trace(counted: Counted) -> None:
    """A span that turns out to wrap another call no longer stands for its response."""
    wrapper, other = tell(1, after=1), tell(2)
    assert counted([wrapper], [other]) == [(1, 1)]
    inner = tell(1, number=2, response_id="s", parent_span_id=span_id(1))
    assert counted([inner]) == [(1, 2), (2, 1)]


def test_a_response_that_changes_frees_the_other(counted: Counted) -> None:
    """A span whose later delivery names another response leaves the first one to its peer."""
    assert counted([tell(1, after=1)], [tell(2)]) == [(1, 1)]
    assert counted([tell(1, after=1, response_id="s")]) == [(1, 1), (2, 1)]


def test_long_responses_are_compared_whole(counted: Counted) -> None:
    """Ids longer than an index takes are stored, and settled as any others."""
    draw = random.Random(7)
    long = "".join(draw.choices(string.ascii_letters, k=8000))
    spans = [tell(1, response_id=long), tell(2, response_id=long), tell(3, response_id=long + "x")]
    assert counted(*([span] for span in spans)) == [(2, 1), (3, 1)]


@pytest.mark.parametrize("others", [0, 20])
def test_writers_of_one_response_see_each_other(
    database: Database, tenant: str, others: int
) -> None:
    """The second waits for the first, whether either brings few responses or many."""
    ingest(database, tenant, [step(1, trace=4)])
    more = [tell(3, number=n, response_id=f"s{n}") for n in range(others)]
    first, second = (
        Call("ingest_spans", {"spans": spans}, "llm_ingest")
        for spans in ([tell(1)], [tell(2, after=1), *more])
    )
    overlap(database, tenant, first, second)
    assert [place for place in read_counted(database, tenant) if place[0] != 3] == [(2, 1)]


def test_writers_begin_again_for_what_they_meet(database: Database, tenant: str) -> None:
    """A delivery that makes a stored span a call holds the response that only its row names."""
    ingest(database, tenant, [tell(1, after=1, countable=False)])
    first, second = (
        Call("ingest_spans", {"spans": [span]}, "llm_ingest")
        for span in (tell(1, after=1, response_id=None), tell(2))
    )
    overlap(database, tenant, first, second)
    assert read_counted(database, tenant) == [(1, 1)]


def test_one_id_for_everything_is_one_call(database: Database, tenant: str) -> None:
    """A thousand calls under one id, as a mock gives them, count once: the last."""
    for batch in range(10):
        spans = [tell(100 * batch + n, after=1000 * batch + n) for n in range(1, 101)]
        ingest(database, tenant, spans)
    assert read_counted(database, tenant) == [(1000, 1)]
