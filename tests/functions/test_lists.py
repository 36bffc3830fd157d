"""Lists: filters, cursors, limits and what is refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.functions.conftest import Call

NOON_NS = 1_795_435_200 * 10**9
"""2026-11-23T12:00:00Z."""


def make_span(number: int, **values: Any) -> dict[str, Any]:
    start = NOON_NS + number * 60 * 10**9
    return {
        "trace_id": f"{number // 3:032x}",
        "span_id": f"{number + 1:016x}",
        "start_ns": start,
        "end_ns": start + 10**9,
        "name": f"chat {number}",
        "kind": "client",
        "status": "error" if number % 5 == 0 else "unset",
        "operation": "chat",
        "provider": "openai",
        "request_model": "gpt-4o" if number % 2 else "gpt-4o-mini",
        "countable": True,
        "usage_status": "unknown",
        **values,
    }


@pytest.fixture(scope="module")
def tenant(data_api: str, token: Callable[..., str], keys: Any) -> str:
    """A tenant with thirty spans in ten traces, one a minute."""
    name = f"lists-{uuid.uuid4().hex[:8]}"
    answer = httpx.post(
        f"{data_api}/rest/v1/rpc/ingest_spans",
        json={"spans": [make_span(number) for number in range(30)], "process": {}},
        headers={
            "apikey": keys.publishable_key,
            "Authorization": f"Bearer {token(name, 'llm_ingest')}",
        },
    )
    assert answer.json()["stored"] == 30
    return name


@pytest.fixture(scope="module")
def measured(data_api: str, token: Callable[..., str], keys: Any) -> str:
    """A tenant with the same spans, of which some tell tokens and a cost."""
    name = f"sorted-{uuid.uuid4().hex[:8]}"
    spans = [make_span(number) for number in range(30)]
    for number, span in enumerate(spans):
        span["end_ns"] = span["start_ns"] + number % 4 * 10**9
        if number % 7 < 3:
            span |= {"usage_status": "reported", "input_tokens": number, "output_tokens": 1}
            span |= {"total_tokens": number + 1, "usage_buckets": {"output_text": 1}}
            span |= {"cost_usd": f"0.{number % 5}"}
    answer = httpx.post(
        f"{data_api}/rest/v1/rpc/ingest_spans",
        json={"spans": spans, "process": {}},
        headers={
            "apikey": keys.publishable_key,
            "Authorization": f"Bearer {token(name, 'llm_ingest')}",
        },
    )
    assert answer.json()["stored"] == 30, answer.text
    return name


def read_all(call: Call, path: str, tenant: str, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = call("GET", path, tenant=tenant, **query, **({"cursor": cursor} if cursor else {}))
        assert page.status_code == 200, page.text
        items += page.json()["items"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            return items


@pytest.mark.parametrize(("path", "count"), [("/spans", 30), ("/traces", 10)])
@pytest.mark.parametrize("limit", [1, 7, 10, 200])
def test_pages_hold_every_row_once_newest_first(
    call: Call, tenant: str, path: str, count: int, limit: int
) -> None:
    """Whatever the limit, following cursors gives each row exactly once, in order."""
    items = read_all(call, path, tenant, limit=limit)
    starts = [item["start_time"] for item in items]

    assert len(items) == count
    assert starts == sorted(starts, reverse=True)
    assert len({(item["trace_id"], item.get("span_id")) for item in items}) == count


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"model": "gpt-4o"}, 15),
        ({"provider": "openai"}, 30),
        ({"provider": "anthropic"}, 0),
        ({"operation": "chat"}, 30),
        ({"status": "error"}, 6),
        ({"trace_id": f"{2:032x}"}, 3),
        ({"start": "2026-11-23T12:10:00Z"}, 20),
        ({"end": "2026-11-23T12:10:00Z"}, 10),
        ({"start": "2026-11-23T14:10:00+02:00", "end": "2026-11-23T12:11:00Z"}, 1),
        ({"model": "it's, {odd} \"name\\"}, 0),
    ],
)
def test_filters_of_spans(call: Call, tenant: str, query: dict[str, str], expected: int) -> None:
    """Each filter keeps what it names; the window is half open."""
    assert len(read_all(call, "/spans", tenant, **query)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"model": "gpt-4o"}, 10),
        ({"model": "it's, {odd} \"name\\"}, 0),
        ({"provider": "openai"}, 10),
        ({"operation": "embeddings"}, 0),
        ({"status": "error"}, 2),
        ({"trace_id": f"{2:032x}"}, 1),
    ],
)
def test_filters_of_traces(call: Call, tenant: str, query: dict[str, str], expected: int) -> None:
    """A trace matches where any of its spans does; its status is its root's."""
    assert len(read_all(call, "/traces", tenant, **query)) == expected


@pytest.mark.parametrize(
    ("text", "spans", "traces"),
    [
        ("model:gpt-4o", 15, 10),
        ("model:gpt-4o,gpt-4o-mini", 30, 10),
        ("-model:gpt-4o", 15, 0),
        ("is:failed", 6, 6),
        ("is:failed -model:gpt-4o", 3, 0),
        ("started>=2026-11-23T12:10:00Z started<2026-11-23T12:20:00Z", 10, 3),
        ('"chat 2"', 1, 1),
        ("duration<2s", 30, 0),
        ('{"or": [{"field": "failed", "op": "is"}, {"field": "user", "op": "has"}]}', 6, 6),
        ("", 30, 10),
    ],
)
def test_a_filter_asks_for_anything(
    call: Call, tenant: str, text: str, spans: int, traces: int
) -> None:
    """As text or as JSON, of both lists, a page at a time."""
    assert len(read_all(call, "/spans", tenant, filter=text, limit=7)) == spans
    assert len(read_all(call, "/traces", tenant, filter=text, limit=7)) == traces


def test_a_filter_stands_beside_the_parameters(call: Call, tenant: str) -> None:
    """All of it has to hold."""
    found = read_all(call, "/spans", tenant, model="gpt-4o", filter="is:failed OR is:streamed")

    assert len(found) == 3


@pytest.mark.parametrize("path", ["/spans", "/traces"])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("is:failed modle:x", "character 11: there is no field modle; did you mean model?"),
        ('{"field": "modle", "op": "in", "values": ["x"]}', "Did you mean model?"),
        ('{"field": "model", "op": "in", "values": ["\\u0000"]}', "malformed"),
        ('{"field": "model", "op": "in", "values": ["\\ud800"]}', "half of a character"),
        ('{"not": {"not": {"not": {"not": {"not": {}}}}}}', "4 groups"),
        ("nul\x00", "query.filter"),
        ("x" * 8193, "query.filter"),
    ],
)
def test_a_refused_filter_is_told_why(
    call: Call, tenant: str, path: str, text: str, told: str
) -> None:
    """400 with the place or the name, and what to do."""
    answer = call("GET", path, tenant=tenant, filter=text)

    assert answer.status_code == 400, answer.text
    assert told in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/spans", "/traces"])
@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"limit": "many"},
        {"cursor": "nonsense"},
        {"cursor": "e30"},
        {"cursor": "%00"},
        {"trace_id": "ABC"},
        {"status": "failed"},
        {"start": "yesterday"},
        {"start": "2026-11-23T12:00:00"},
        {"start": "2026-11-24T00:00:00Z", "end": "2026-11-23T00:00:00Z"},
        {"model": "x" * 257},
        {"model": "nul\x00"},
        {"colour": "blue"},
    ],
)
def test_a_malformed_query_is_refused_with_a_reason(
    call: Call, tenant: str, path: str, query: dict[str, Any]
) -> None:
    """4xx in the one error shape, naming what is wrong; never a 500."""
    answer = call("GET", path, tenant=tenant, **query)

    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["code"] == "invalid_request"
    assert error["message"]
    assert error["request_id"]


def test_a_refused_operation_is_told_what_would_do(call: Call, tenant: str) -> None:
    """Any text, not only one of the operations that the document lists."""
    told = call("GET", "/spans", tenant=tenant, operation="x" * 257).json()["error"]["message"]

    assert told == "query.operation: String should have at most 256 characters"


def test_a_cursor_of_another_list_is_refused(call: Call, tenant: str) -> None:
    """A cursor says a position in one list only."""
    cursor = call("GET", "/traces", tenant=tenant, limit=1).json()["next_cursor"]

    assert call("GET", "/spans", tenant=tenant, cursor=cursor).status_code == 400


SORTS = {
    "duration": "duration_ms",
    "cost": "cost_usd",
    "tokens": "total_tokens",
    "time": "start_time",
}


@pytest.mark.parametrize("way", ["", "-"])
@pytest.mark.parametrize("name", SORTS)
def test_pages_come_in_the_order_that_is_asked_for(
    call: Call, measured: str, name: str, way: str
) -> None:
    """Every row once, the greatest or the least first, unknown ones last."""
    for path, column in (
        ("/spans", SORTS[name]),
        ("/traces", SORTS[name].replace("cost_usd", "total_cost_usd")),
    ):
        items = read_all(call, path, measured, sort=way + name, limit=7)
        values = [item[column] for item in items]
        known = [value for value in values if value is not None]

        assert len({(item["trace_id"], item.get("span_id")) for item in items}) == len(items)
        assert len(items) == {"/spans": 30, "/traces": 10}[path]
        assert known == sorted(known, reverse=way == "-")
        assert values == known + [None] * (len(values) - len(known))


def test_traces_come_by_their_errors(call: Call, measured: str) -> None:
    """Those of the most failed spans first, and under a filter, too."""
    for query in ({}, {"filter": "errors>0"}):
        items = read_all(call, "/traces", measured, sort="-errors", limit=3, **query)
        errors = [item["error_count"] for item in items]
        assert errors == sorted(errors, reverse=True)
        assert errors[0] == 1
        assert (errors[-1] == 0) is (not query)


@pytest.mark.parametrize("path", ["/spans", "/traces"])
@pytest.mark.parametrize("query", [{}, {"model": "gpt-4o"}, {"end": "2026-11-23T12:10:00Z"}])
def test_a_count_is_of_the_whole_list(
    call: Call, tenant: str, path: str, query: dict[str, str]
) -> None:
    """On each page, whatever its cursor; not told where nobody asks."""
    rows = read_all(call, path, tenant, **query)
    first = call("GET", path, tenant=tenant, count=True, limit=2, **query).json()
    second = call(
        "GET", path, tenant=tenant, count=True, limit=2, cursor=first["next_cursor"], **query
    ).json()
    unasked = call("GET", path, tenant=tenant, limit=2, **query).json()

    assert [(page["count"], page["more"]) for page in (first, second)] == [(len(rows), False)] * 2
    assert (unasked["count"], unasked["more"], unasked["previews"]) == (None, None, None)


def test_previews_stand_beside_their_rows(call: Call, tenant: str) -> None:
    """One for each row; null where content is not kept."""
    for path in ("/spans", "/traces"):
        page = call("GET", path, tenant=tenant, preview=True, limit=3, sort="-duration").json()
        assert page["previews"] == [None] * 3


def test_a_span_has_no_errors_to_sort_by(call: Call, tenant: str) -> None:
    """400 with what to ask for."""
    answer = call("GET", "/spans", tenant=tenant, sort="-errors")

    assert answer.status_code == 400
    assert "A span has no errors to sort by, a trace has." in answer.json()["error"]["message"]


def test_a_cursor_of_another_order_is_refused(call: Call, tenant: str) -> None:
    """With the order that it is of."""
    cursor = call("GET", "/spans", tenant=tenant, limit=1, sort="-duration").json()["next_cursor"]

    for query in ({}, {"sort": "duration"}, {"sort": "-cost"}):
        answer = call("GET", "/spans", tenant=tenant, cursor=cursor, **query)
        assert answer.status_code == 400
        assert "of a list with sort=-duration" in answer.json()["error"]["message"]


def test_anothers_cursor_shows_nothing_of_theirs(call: Call, tenant: str) -> None:
    """A cursor is a position, not a permission."""
    cursor = call("GET", "/spans", tenant=tenant, limit=1).json()["next_cursor"]

    assert call("GET", "/spans", tenant="lists-other", cursor=cursor).json()["items"] == []


def test_times_are_utc_and_iso(call: Call, tenant: str) -> None:
    """Every time ends in Z."""
    (item,) = call("GET", "/spans", tenant=tenant, limit=1).json()["items"]

    assert item["start_time"] == "2026-11-23T12:29:00Z"
