"""A call is one where the client's span, below a framework's, tells nothing of the answer."""

from __future__ import annotations

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import administer, ingest
from tests.database.support.counted import Counted, read_counted
from tests.database.support.spans import NOON, Span, call, nanoseconds, span_id

START = nanoseconds(NOON)
SILENT: Span = {
    "usage_status": "unknown",
    **dict.fromkeys(("input_tokens", "output_tokens", "total_tokens", "usage_buckets")),
}


def answer(**values: object) -> Span:
    """Make what a framework's instrumentation tells: response and usage, span 1."""
    defaults: Span = {"instrumentation": "framework", "response_id": "r"}
    return call(1, **(defaults | values))


def ask(number: int = 2, **values: object) -> Span:
    """Make what the client's tells below it: neither."""
    below: Span = {"parent_span_id": span_id(1), "instrumentation": "client", "start_ns": START + 1}
    return call(number, **(SILENT | below | {"end_ns": START + 2} | values))


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ({}, {}),
        ({"request_model": None, "response_model": "fable-1-2026"}, {}),
        ({"request_model": None, "response_model": None}, {}),
        ({}, {"request_model": None, "response_model": None}),
        ({}, {"usage_status": None}),
        ({}, {"status": "ok"}),
    ],
)
def test_the_parent_that_tells_of_the_answer_counts(
    settled: Counted, outer: Span, inner: Span
) -> None:
    """Its usage is kept, whichever of the two tells its model."""
    assert settled(answer(**outer), ask(**inner)) == [(1, 1)]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ({"instrumentation": "client"}, {}),
        ({"instrumentation": None}, {}),
        ({}, {"instrumentation": None}),
        ({}, {"response_id": "s"}),
        ({}, {"usage_status": "reported"}),
        ({}, {"operation": "embeddings"}),
        ({"operation": None}, {"operation": None}),
        ({}, {"request_model": "fable-2"}),
        ({}, {"parent_span_id": span_id(9)}),
        ({"response_id": None}, {}),
        (SILENT, {}),
    ],
)
def test_a_child_that_may_be_another_call_counts(
    settled: Counted, outer: Span, inner: Span
) -> None:
    """A span that tells something, or of something else, or below one that does not, is no less."""
    assert (1, 2) in settled(answer(response_model="fable-1-2026") | outer, ask(**inner))


@pytest.mark.parametrize("told", [{"response_id": "s"}, {"usage_status": "reported"}])
def test_a_child_that_tells_of_the_answer_stands_for_it(settled: Counted, told: Span) -> None:
    """Response or usage make its parent a wrapper, as those of any child of its model."""
    assert settled(answer(), ask(**told)) == [(1, 2)]


def test_what_was_answered_is_not_lost_to_an_attempt_that_failed(settled: Counted) -> None:
    """Its usage came of another attempt, which nobody traced."""
    failed: Span = {"status": "error"}
    outer = answer(response_id=None)

    assert settled(outer, ask(**failed)) == [(1, 1), (1, 2)]


def test_a_wrapper_is_none_of_two_attempts(settled: Counted) -> None:
    """The one that failed and the one that was answered."""
    failed, good = ask(status="error"), ask(3, usage_status="reported", input_tokens=1)

    assert settled(answer(response_id=None), failed, good) == [(1, 2), (1, 3)]


@pytest.mark.parametrize(
    ("model", "is_one"),
    [
        *(("fable-1-2026-07-18", True), ("maker/fable-1", True), ("maker:fable-1", True)),
        *(("fable-1-mini", False), ("my-fable-1", False), ("fable", False)),
    ],
)
def test_a_wrapper_may_spell_its_calls_model_otherwise(
    settled: Counted, model: str, *, is_one: bool
) -> None:
    """With a date or a maker, where the tokens are the same; another model is another call."""
    named: Span = {"request_model": model, "response_model": None, "model": model}
    inner = call(2, parent_span_id=span_id(1), start_ns=START + 1, end_ns=START + 2)

    assert settled(call(1, **named), inner) == ([(1, 2)] if is_one else [(1, 1), (1, 2)])


def test_a_parent_that_counts_is_no_wrapper_to_another_trace(settled: Counted) -> None:
    """A span that encloses, in another trace, the parent of a hollow child is not counted."""
    here: Span = {"process_keys": ["instance:here"]}
    outer = call(3, trace=3, instrumentation="gateway", start_ns=START - 1, **here)
    spans = [outer | {"end_ns": START + 2 * 10**9}, answer(**here), ask(**here)]
    assert settled(*spans) == [(1, 1)]


def test_one_instrumentations_spans_are_calls_each(settled: Counted) -> None:
    """Also where the tenant has another one."""
    other = call(3, trace=3, instrumentation="framework", response_id="s")
    assert settled(
        answer(instrumentation="client", response_model="fable-1-2026"), ask(), other
    ) == [(1, 1), (1, 2), (3, 3)]


def test_a_parent_stands_for_one_hollow_child(settled: Counted) -> None:
    """Of several that tell nothing the last is the answered one, and the others are calls."""
    assert settled(answer(), ask(2), ask(3)) == [(1, 1), (1, 2)]
    assert settled(answer(), ask(2, start_ns=START + 2), ask(3)) == [(1, 1), (1, 3)]


def test_a_failed_attempt_is_a_call_besides(settled: Counted) -> None:
    """A framework that asked again after a failure made two calls, and tells of the second."""
    failed = ask(2, status="error")
    assert settled(answer(), failed) == [(1, 1), (1, 2)]
    assert settled(answer(), failed, ask(3)) == [(1, 1), (1, 2)]
    assert settled(answer(), failed, call(3, parent_span_id=span_id(1), response_id="r")) == [
        (1, 2),
        (1, 3),
    ]


@pytest.mark.parametrize("later", [answer(), ask(response_id="s", response_model="fable-1")])
def test_a_later_report_settles_the_call_anew(database: Database, tenant: str, later: Span) -> None:
    """A span of which more is told than when it began is settled again, and who is beside it."""
    ingest(database, tenant, [answer(**SILENT), ask()])
    assert read_counted(database, tenant) == [(1, 2)]
    ingest(database, tenant, [later])
    assert read_counted(database, tenant) == [(1, int(later["span_id"], 16))]


def test_forgetting_the_parent_leaves_the_call_to_the_child(
    database: Database, tenant: str
) -> None:
    """Without the span that stood for the call, what is left of it counts."""
    ingest(database, tenant, [answer(user_id="ann"), ask(user_id="bob")])
    assert read_counted(database, tenant) == [(1, 1)]
    administer(database, tenant, "forget_user", user_id="ann")
    assert read_counted(database, tenant) == [(1, 2)]
