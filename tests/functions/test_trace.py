"""A trace over HTTP: whole or in pages, in full or as a summary, and each span by itself."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import connect_as_owner, ingest
from tests.database.support.spans import NOON, call, nanoseconds, span_id, step, trace_id
from tests.functions.conftest import Call
from tests.functions.test_answer_size import fill, make_steps, store

PATH = f"/traces/{trace_id(1)}"
PRICE = """
insert into public.model_prices (price_id, provider, model, valid_from, source, source_version,
  input_per_mtok, cache_read_per_mtok, output_per_mtok)
values ('acme/checked-1', 'acme', 'checked-1', '1970-01-01', 'by hand', '7', 2.5, 1.25, 10)
on conflict do nothing"""


@pytest.fixture
def tenant() -> str:
    """A tenant of the test's own."""
    return f"trace-{uuid.uuid4().hex[:8]}"


def read_all(call: Call, tenant: str, **query: str) -> list[dict[str, Any]]:
    """Read the pages of a trace to its end."""
    pages: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while not pages or after:
        answer = call("GET", PATH, tenant=tenant, **query, **after)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json())
        after = {"after": pages[-1]["next"]} if pages[-1]["next"] else {}
    return pages


@pytest.mark.parametrize("view", ["summary", "full"])
def test_a_long_trace_is_read_to_its_end(
    call: Call, database: Database, tenant: str, view: str
) -> None:
    """Each span once, by start and id; each page tells the sums of all, and the root."""
    store(database, tenant, make_steps(4500))
    pages = read_all(call, tenant, view=view)
    spans = [span for page in pages for span in page["spans"]]

    assert [len(page["spans"]) for page in pages] == [2000, 2000, 500]
    assert [span["span_id"] for span in spans] == [span_id(n) for n in range(1, 4501)]
    assert [page["missing_spans"] for page in pages] == [2500, 2500, 4000]
    assert {page["trace"]["span_count"] for page in pages} == {4500}
    assert {page["root_span_id"] for page in pages} == {span_id(1)}
    assert {span["truncated"] for span in spans} == {view == "summary"}
    noted = {json.dumps(span["attributes"]) for span in spans}
    assert noted == ({"{}"} if view == "summary" else {'{"note": "x"}'})


def test_a_page_that_bytes_end_goes_on(call: Call, database: Database, tenant: str) -> None:
    """Spans too wide for one answer are on the next page, none twice."""
    wide = "\N{GRINNING FACE}" * 256
    names = dict.fromkeys(("name", "operation", "provider", "agent_name", "tool_name"), wide)
    names |= dict.fromkeys(("session_id", "environment", "service_name", "instrumentation"), wide)
    store(database, tenant, [span | names for span in make_steps(500)])
    pages = read_all(call, tenant)

    assert len(pages) > 1
    read = [span["span_id"] for page in pages for span in page["spans"]]
    assert read == [span_id(n) for n in range(1, 501)]


def test_a_short_summary_is_a_tree(call: Call, database: Database, tenant: str) -> None:
    """As the whole trace is: parents before their children, and nothing follows."""
    spans = [
        step(1, start_ns=nanoseconds(NOON) + 5),
        step(2, parent_span_id=span_id(1), start_ns=nanoseconds(NOON), attributes={"a": 1}),
    ]
    ingest(database, tenant, spans)
    full, summary = (call("GET", PATH, tenant=tenant, view=v).json() for v in ("full", "summary"))

    for page in (full, summary):
        assert [span["span_id"] for span in page["spans"]] == [span_id(1), span_id(2)]
        assert (page["next"], page["missing_spans"]) == (None, 0)
    assert (full["truncated"], summary["truncated"]) == (False, True)
    assert (full["bare_spans"], summary["bare_spans"]) == (0, 2)


@pytest.mark.parametrize("after", ["x", "", "eyJzdGFydCI6MX0", "\N{GRINNING FACE}"])
def test_a_foreign_after_is_refused(
    call: Call, database: Database, tenant: str, after: str
) -> None:
    """With what to do."""
    ingest(database, tenant, [step(1)])
    answer = call("GET", PATH, tenant=tenant, after=after)

    assert answer.status_code == 400
    assert "leave it out to start over" in answer.json()["error"]["message"]


def test_an_after_of_another_trace_is_refused(call: Call, database: Database, tenant: str) -> None:
    """It would begin somewhere in the middle."""
    store(database, tenant, [*make_steps(2001), step(1, trace=2)])
    after = call("GET", PATH, tenant=tenant, view="summary").json()["next"]

    assert call("GET", PATH, tenant=tenant, after=after).status_code == 200
    assert call("GET", f"/traces/{trace_id(2)}", tenant=tenant, after=after).status_code == 400


def test_a_span_tells_what_its_cost_is_made_of(call: Call, database: Database, tenant: str) -> None:
    """Lines of tokens and rates add up to it, to 1e-12, and the price's row says where from."""
    with connect_as_owner(database) as owner:
        owner.execute(PRICE)
    buckets = {"input_uncached": 364, "cache_read": 256, "output_text": 80}
    ingest(database, tenant, [make_call(usage_buckets=buckets)])
    span = read_span(call, tenant)

    assert span["cost_usd"] == pytest.approx(0.00203, abs=1e-12)
    assert sum(line["cost_usd"] for line in span["cost_lines"]) == pytest.approx(
        span["cost_usd"], abs=1e-12
    )
    lines = {line["bucket"]: (line["tokens"], line["rate_per_mtok"]) for line in span["cost_lines"]}
    assert lines == {
        "input_uncached": (364, 2.5),
        "cache_read": (256, 1.25),
        "output_text": (80, 10),
    }
    assert span["usage_buckets"] == buckets
    price = span["price"]
    assert (price["price_id"], price["source"]) == ("acme/checked-1", "by hand")
    assert price["rates"] == {"input": 2.5, "cache_read": 1.25, "output": 10}
    assert price["valid_from"] == "1970-01-01T00:00:00Z"
    assert span["cost_lines_unknown_because"] is None


@pytest.mark.parametrize(
    ("values", "because"),
    [
        ({"model": "fable-1", "unknown_because": "model_not_priced"}, "model_not_priced"),
        ({"model": "fable-1"}, "no_price"),
        ({"countable": False, "usage_buckets": None}, "no_usage"),
        ({"model": "fable-1", "cost_usd": "0.5", "price_id": "gone"}, "price_not_kept"),
        (
            {"model": "fable-1", "cost_usd": "0.5", "price_id": "acme/checked-1"},
            "price_differs",
        ),
        (
            {
                "model": "fable-1",
                "cost_usd": "0.5",
                "usage_buckets": None,
                "price_id": "gone",
            },
            "buckets_not_told",
        ),
    ],
)
def test_a_cost_without_lines_says_why(
    call: Call, database: Database, tenant: str, values: dict[str, Any], because: str
) -> None:
    """Where it is not known, or its sender made it of something else."""
    with connect_as_owner(database) as owner:
        owner.execute(PRICE)
    ingest(database, tenant, [make_call(**values)])
    span = read_span(call, tenant)

    assert span["cost_lines"] is None
    assert span["cost_lines_unknown_because"] == because


def test_a_span_has_its_content_and_says_whether_it_was_cut(
    call: Call, database: Database, tenant: str
) -> None:
    """Characters that are stored beside those that there were."""
    kept = [{"role": "user", "parts": [{"type": "text", "content": "a" * 500}]}]
    said = [{"role": "assistant", "parts": [{"type": "text", "content": "short"}]}]
    ingest(
        database,
        tenant,
        [make_call(input=kept, input_length=32_693, output=said, output_length=5)],
    )
    span = read_span(call, tenant)

    assert (span["input"], span["output"]) == (kept, said)
    assert (span["input_length"], span["input_kept_length"], span["input_cut"]) == (
        32_693,
        500,
        True,
    )
    assert (span["output_length"], span["output_kept_length"], span["output_cut"]) == (5, 5, False)
    assert (span["truncated"], span["left_out"]) == (False, [])


def test_a_span_too_large_for_an_answer_says_what_is_left_out(
    call: Call, database: Database, tenant: str
) -> None:
    """The rest of it is there."""
    fill(database, tenant, 1, 9_000_000)
    span = read_span(call, tenant)

    assert (span["truncated"], span["left_out"]) == (True, ["attributes"])
    assert span["attributes"] == {}
    assert span["name"] == "step 1"


@pytest.mark.parametrize(
    ("tenant_of", "trace", "span"),
    [("another", 1, 1), ("own", 1, 9), ("own", 2, 1), ("own", 1, 2)],
    ids=["another tenant's", "no such span", "no such trace", "another trace's span"],
)
def test_what_is_not_there_is_not_found(
    call: Call, database: Database, tenant: str, tenant_of: str, trace: int, span: int
) -> None:
    """404, told the same whatever the reason."""
    ingest(database, tenant, [step(1), step(2, trace=3)])
    asking = tenant if tenant_of == "own" else f"{tenant}-x"
    answer = call("GET", f"/traces/{trace_id(trace)}/spans/{span_id(span)}", tenant=asking)

    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "There is no such span in this trace."


def make_call(**values: Any) -> dict[str, Any]:
    return call(1, **({"model": "checked-1", "parent_span_id": None} | values))


def read_span(call: Call, tenant: str) -> dict[str, Any]:
    answer = call("GET", f"{PATH}/spans/{span_id(1)}", tenant=tenant)
    assert answer.status_code == 200, answer.text
    span: dict[str, Any] = answer.json()
    return span
