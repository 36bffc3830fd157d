from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from trials.bench.reads.__main__ import run
from trials.bench.reads.batches import encode, plan
from trials.bench.reads.peers import encode as encode_otlp
from trials.bench.reads.population import LARGEST
from trials.bench.reads.questions import list_sums, list_views
from trials.bench.reads.run import Effort

_END = datetime(2026, 11, 30, 12, tzinfo=UTC)
_LEAST = Effort(
    spans=2_000, ingested=1_000, rounds=1, index_rows=50, peer_spans=0, tenants=(LARGEST,)
)


@pytest.fixture(scope="module")
def page() -> str:
    """The page of a run of next to nothing."""
    return run(_LEAST)


def test_each_question_is_answered(page: str) -> None:
    """Before and after copying, every question has its row, each sum is asked of the API, too."""
    names = [sum_.name for sum_ in list_sums()] + [view.name for view in list_views()]
    for name in names:
        assert page.count(f"| {name} | {LARGEST.name} |") == 2
    asked = [line for line in page.splitlines() if f"| {LARGEST.name} |" in line]
    assert sum(line.endswith("| - | - |") for line in asked) == 2 * len([*list_views()])


def test_each_target_is_a_row(page: str) -> None:
    """Each time that has a target is judged, and so are its growth, the bytes and the answers."""
    rows = [line for line in page.splitlines() if line.endswith(("| met |", "| **missed** |"))]
    targets = [question for question in list_sums() if question.target is not None]
    asked = len(targets) + len([*list_sums(), *list_views()]) + 2

    assert len(rows) == asked
    assert "| answers that differ from raw rows | 0 |" in page


def test_each_index_has_its_bytes_and_its_price(page: str) -> None:
    """Of each index of spans the page says what it buys, how large it is and what it costs."""
    section = page.partition("## Bytes")[2]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| spans | ")]
    indexes = [row for row in rows if row[1].startswith("spans_")]

    assert len(indexes) > 3
    assert all(buys for _, _, buys, _, _ in indexes)
    assert all(cost != "- |" for _, name, *_, cost in indexes if name != "spans_pkey")


def test_the_same_run_makes_the_same_spans() -> None:
    """Two plans of one end give the same bodies; half of their spans are model calls."""
    first, again = plan(20_000, _END)[:3], plan(20_000, _END)[:3]

    assert list(map(encode, first)) == list(map(encode, again))
    spans = [span for batch in first for span in batch.list_spans()]
    calls = [span for span in spans if span.kind == "client"]
    assert len(calls) * 2 == len(spans)
    assert len({(span.trace_id, span.span_id) for span in spans}) == len(spans)
    ends = [datetime.fromtimestamp(span.end_ns / 1e9, UTC) for span in spans]
    assert max(ends) <= _END
    assert min(ends) > _END - timedelta(days=31)


def test_tenants_have_their_share() -> None:
    """The largest of fifty tenants has 21 % of the spans, and peers get the same ones by OTLP."""
    batches = plan(100_000, _END)
    of_largest = sum(batch.last - batch.first for batch in batches if batch.tenant == LARGEST)
    whole = sum(batch.last - batch.first for batch in batches)
    _, sent = encode_otlp(batches[0])

    assert 0.2 < of_largest / whole < 0.22
    assert len({batch.tenant for batch in batches}) == 50
    assert sent == encode(batches[0]).spans
