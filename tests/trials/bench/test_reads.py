from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.setup import SetupError
from trials.bench.reads.__main__ import run
from trials.bench.reads.batches import encode, plan
from trials.bench.reads.beside import keep_peers, render_peers
from trials.bench.reads.conversations import list_conversations
from trials.bench.reads.listings import list_listings
from trials.bench.reads.orders import list_orders
from trials.bench.reads.peers import Peer
from trials.bench.reads.peers import encode as encode_otlp
from trials.bench.reads.population import LARGEST
from trials.bench.reads.questions import Question, list_sums, list_views
from trials.bench.reads.run import Effort
from trials.bench.reads.turns import Patience, Timing, ask_in_turns

_END = datetime(2026, 11, 30, 12, tzinfo=UTC)
_LEAST = Effort(
    spans=2_000,
    ingested=1_000,
    patience=Patience(rounds=1),
    index_rows=50,
    peer_spans=0,
    tenants=(LARGEST,),
)


@pytest.fixture(scope="module")
def page() -> str:
    """The page of a run of next to nothing."""
    return run(_LEAST)


def test_each_question_is_answered(page: str) -> None:
    """Before and after copying, every question has its row, each sum is asked of the API, too."""
    views = [*list_views(), *list_orders(), *list_listings(), *list_conversations()]
    questions: list[Question] = [*list_sums(), *views]
    for name in [question.name for question in questions]:
        assert page.count(f"| {name} | {LARGEST.name} |") == 2
    asked = [line for line in page.splitlines() if f"| {LARGEST.name} |" in line]
    assert sum(line.endswith("| - | - |") for line in asked) == 2 * len(views)


def test_each_target_is_a_row(page: str) -> None:
    """Judged are each time that has a target, growth, bytes, answers and percentiles."""
    rows = [line for line in page.splitlines() if line.endswith(("| met |", "| **missed** |"))]
    questions: list[Question] = [
        *list_sums(),
        *list_views(),
        *list_orders(),
        *list_listings(),
        *list_conversations(),
    ]
    targets = [question for question in questions if question.target is not None]
    asked = len(targets) + len(questions) + 3

    assert len(rows) == asked
    assert "| answers that differ from raw rows | 0 | 0 | met |" in page


def test_each_span_is_copied_once(page: str) -> None:
    """Two connections copy what was stored, each its half of the tenants, and no copy again."""
    stored = re.findall(r"- (?:Ingested|Beside them): ([\d,]+) spans", page)
    (copied,) = re.findall(r"- Copied: ([\d,]+) spans", page)

    assert _read(copied) == sum(map(_read, stored))


def _read(number: str) -> int:
    return int(number.replace(",", ""))


def test_each_index_has_its_bytes_and_its_price(page: str) -> None:
    """Of each index of spans the page says what it buys, how large it is and what it costs."""
    section = page.partition("## Bytes")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| spans | ")]
    indexes = [row for row in rows if row[1].startswith("spans_")]

    assert len(indexes) > 3
    assert all(buys for _, _, buys, _, _ in indexes)
    assert "| attributes | " in section
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


def test_peers_are_kept_with_their_day(tmp_path: Path) -> None:
    """A later page has what an earlier one says of peers, word for word; without one it is said."""
    page = tmp_path / "page.md"
    section = render_peers([Peer("Phoenix", 7, [("by user", Timing(1.0, 2.0, 3), "as it does")])])
    with pytest.raises(SetupError, match=r"page\.md has nothing to keep"):
        keep_peers(page)
    page.write_text(f"# Reads\n\n{section}\n## The run\n\nMeasured.\n", encoding="utf-8")

    assert keep_peers(page) == section
    assert f"measured {datetime.now(UTC):%Y-%m-%d}" in section


def test_a_slow_question_is_asked_less_often() -> None:
    """One that takes longer than there is patience for is counted three times, others always."""

    def count(seconds: float) -> int:
        return ask_in_turns(["one"], Patience(rounds=9, seconds=seconds), print)["one"].rounds

    assert (count(seconds=0), count(seconds=60)) == (3, 9)
