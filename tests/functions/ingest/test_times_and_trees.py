"""Times in every unit, and traces whose spans do not hang together, from OTLP to the API."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.functions.ingest.conftest import Post
from tests.functions.ingest.spans import (
    PROTOBUF_TYPE,
    make_request,
    make_span,
    to_json,
    to_protobuf,
)

SECOND = 10**9
NOW = int(time.time()) * SECOND
UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": SECOND}
TRACE = "0" * 31 + "1"
Read = Callable[..., Any]


@pytest.fixture
def tenant() -> str:
    """A tenant of each test's own."""
    return f"times-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def read(api: str, tenant: str) -> Read:
    """Reads a path of the API as the tenant: ``read("/spans", misdated="true")``."""

    def get(path: str, **query: Any) -> Any:
        answer = httpx.get(
            f"{api}{path}", params=query, headers={"x-tenant-id": tenant}, timeout=60
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


def timed(name: str, start: int, end: int, **values: Any) -> dict[str, Any]:
    return make_span(
        name, **{"startTimeUnixNano": str(start), "endTimeUnixNano": str(end)} | values
    )


def tell_iso(nanoseconds: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000)
    return moment.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("binary", [False, True], ids=["json", "protobuf"])
def test_units_are_put_right(post: Post, tenant: str, read: Read, binary: bool) -> None:
    """Each of sixteen pairs of units is the same call of two seconds, now, and says so."""
    pairs = list(itertools.product(UNITS, UNITS))
    spans = [
        timed(f"{start} {end}", NOW // UNITS[start], (NOW + 2 * SECOND) // UNITS[end])
        for start, end in pairs
    ]
    request = make_request(*spans)
    body = to_protobuf(request) if binary else to_json(request)
    kind = PROTOBUF_TYPE if binary else "application/json"
    answer = post(body, content_type=kind, tenant=tenant)
    assert (answer.status_code, answer.content) == (200, b"" if binary else b"{}")

    found = {row["name"]: row for row in read("/spans", limit=50)["items"]}
    assert {(row["start_time"], row["duration_ms"]) for row in found.values()} == {
        (tell_iso(NOW), 2000)
    }
    for start, end in pairs:
        trace = read(f"/traces/{found[f'{start} {end}']['trace_id']}")
        told = trace["spans"][0]["attributes"].get("llm_observe.repairs", [])
        assert ("time_unit_changed" in told) == ({start, end} != {"ns"})
        assert ("time_units_differ" in told) == (start != end)
    totals = read("/metrics")["totals"]
    assert totals["requests"] == 16
    assert totals["latency_ms"]["p99"] == pytest.approx(2000, rel=0.0433)
    assert totals["left_out"]["misdated"] == {"future": 0, "past": 0}


def test_an_events_time_has_its_unit_put_right(post: Post, tenant: str, read: Read) -> None:
    """By its own digits, and told."""
    events = [{"name": "first token", "timeUnixNano": str(NOW // 10**6)}]
    span = timed("chat", NOW, NOW + SECOND, events=events)
    post(to_json(make_request(span)), tenant=tenant)
    attributes = read(f"/traces/{span['traceId']}")["spans"][0]["attributes"]
    assert attributes["llm_observe.repairs"] == ["time_unit_changed"]


def test_misdated_spans_are_told_and_found(post: Post, tenant: str, read: Read) -> None:
    """They are no list's first, in no sum, in their trace, and named by /metrics and a filter."""
    spans = [
        timed("now", NOW, NOW + SECOND, traceId=TRACE),
        timed("future", NOW + 70 * 365 * 86_400 * SECOND, NOW + 71 * 365 * 86_400 * SECOND),
        timed("picoseconds", NOW * 1000, (NOW + SECOND) * 1000, traceId=TRACE),
        timed("since boot", 5 * 10**12, 5 * 10**12 + SECOND),
        timed("until now", 5 * 10**12, NOW),
    ]
    answer = post(to_json(make_request(*spans)), tenant=tenant)
    assert (answer.status_code, answer.json()) == (200, {})

    assert [row["name"] for row in read("/spans")["items"]] == ["now"]
    (trace,) = read("/traces")["items"]
    assert (trace["root_span_name"], trace["duration_ms"], trace["span_count"]) == ("now", 1000, 2)
    assert trace["misdated"] == ["future"]
    assert [row["name"] for row in read(f"/traces/{TRACE}")["spans"]] == ["now", "picoseconds"]
    totals = read("/metrics")["totals"]
    assert totals["requests"] == 1
    assert totals["latency_ms"]["p99"] == pytest.approx(1000, rel=0.0433)
    assert totals["left_out"]["misdated"] == {"future": 2, "past": 2}
    for wanted, names in {
        "true": {"future", "picoseconds", "since boot", "until now"},
        "future": {"future", "picoseconds"},
        "past": {"since boot", "until now"},
    }.items():
        rows = read("/spans", misdated=wanted)["items"]
        assert {row["name"] for row in rows} == names
    assert {row["duration_ms"] for row in read("/spans", misdated="past")["items"]} == {0, 1000}
    assert len(read("/traces", misdated="past")["items"]) == 2


def orphan(name: str, number: int, parent: int | None, **values: Any) -> dict[str, Any]:
    start = NOW + values.pop("after", number) * SECOND
    linked = {} if parent is None else {"parentSpanId": f"{parent:016x}"}
    return timed(
        name, start, start + SECOND, traceId=TRACE, spanId=f"{number:016x}", **linked | values
    )


TREES: dict[str, tuple[list[dict[str, Any]], str, list[str]]] = {
    "orphans": (
        [orphan("A", 1, 0xAA), orphan("B", 2, 1), orphan("second", 3, 0xBB)],
        "A",
        ["A", "B", "second"],
    ),
    "its own parent": ([orphan("self", 1, 1)], "self", ["self"]),
    "a circle": ([orphan("one", 1, 2), orphan("two", 2, 1)], "one", ["one", "two"]),
    "an orphan beside a circle": (
        [orphan("one", 1, 2), orphan("two", 2, 1), orphan("alone", 3, 0xAA)],
        "alone",
        ["alone", "one", "two"],
    ),
    "a child that starts before its parent": (
        [orphan("child", 1, 2), orphan("top", 2, 0xAA)],
        "top",
        ["top", "child"],
    ),
    "two roots": ([orphan("1st", 1, None), orphan("2nd", 2, None)], "1st", ["1st", "2nd"]),
    "a late root": (
        [orphan("grandchild", 3, 2), orphan("child", 2, 1), orphan("root", 1, None)],
        "root",
        ["root", "child", "grandchild"],
    ),
}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("tree", TREES)
def test_every_span_hangs_somewhere_and_the_trace_has_a_name(
    post: Post, tenant: str, read: Read, tree: str, turned: bool
) -> None:
    """One request a span, in either order: named by the topmost, orphans and circles on top."""
    spans, name, ordered = TREES[tree]
    for span in reversed(spans) if turned else spans:
        assert post(to_json(make_request(span)), tenant=tenant).json() == {}
    (trace,) = read("/traces")["items"]
    starts = [int(span["startTimeUnixNano"]) for span in spans]
    assert trace["root_span_name"] == name
    assert trace["start_time"] == tell_iso(min(starts))
    assert trace["duration_ms"] == (max(starts) - min(starts)) / 10**6 + 1000
    assert [row["name"] for row in read(f"/traces/{TRACE}")["spans"]] == ordered


@pytest.mark.parametrize("turned", [False, True])
def test_a_trace_has_the_session_and_the_user_of_its_root(
    post: Post, tenant: str, read: Read, turned: bool
) -> None:
    """Over what its children tell, whichever comes first; a root that tells none leaves theirs."""
    child = orphan("child", 2, 1, attributes={"session.id": "a", "user.id": "a"})
    child["attributes"] = [
        {"key": key, "value": {"stringValue": "a"}} for key in ("session.id", "user.id")
    ]
    root = orphan("root", 1, None)
    root["attributes"] = [
        {"key": key, "value": {"stringValue": "b"}} for key in ("session.id", "user.id")
    ]
    for span in (root, child) if turned else (child, root):
        post(to_json(make_request(span)), tenant=tenant)
    (trace,) = read("/traces", session_id="b")["items"]
    assert (trace["session_id"], trace["user_id"]) == ("b", "b")
    assert read("/traces", session_id="a")["items"] == []
    assert [row["name"] for row in read("/spans", session_id="a")["items"]] == ["child"]
