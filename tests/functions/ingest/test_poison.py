"""One poisonous span never costs its batch: it is stored and flagged, or rejected by name."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from infra.local.throwaway import Database
from llm_observe import semconv
from tests.functions.ingest.conftest import Post, read_answer, read_rows
from tests.functions.ingest.poison import IN_JSON, IN_PROTOBUF, Fate, nest
from tests.functions.ingest.spans import (
    JSON_TYPE,
    PROTOBUF_TYPE,
    Span,
    encode_ids,
    make_request,
    make_span,
    to_any,
    to_json,
)
from tests.functions.ingest.wire import delimit


def make_spans() -> list[Span]:
    """Give three model calls; the second, to be spoilt, says no tokens."""
    spoilt = make_span()
    spoilt["attributes"] = [{"key": semconv.OPERATION_NAME, "value": to_any("chat")}]
    return [make_span(), spoilt, make_span()]


def spoil_json(spans: list[Span], poison: str | bytes) -> bytes:
    """Give a batch, in whose second span fields are added to or replaced."""
    first, second, third = spans
    body = to_json(make_request(first, {"@": 0}, third))
    raw = poison.encode() if isinstance(poison, str) else poison
    own = to_json(second)[1:-1]
    if b'"attributes": [{"key"' in raw:
        operation = json.dumps(second["attributes"])[:-1].encode()
        raw = raw.replace(b"[", operation + b", ", 1)
    # Of a field that comes twice a reader takes the last.
    return body.replace(b'"@": 0', own + b", " + raw)


def spoil_protobuf(spans: list[Span], poison: bytes) -> bytes:
    """The same in binary: of a field that comes twice, too, the last stands."""
    first, second, third = (
        ParseDict(encode_ids(span), SpanMessage()).SerializeToString() for span in spans
    )
    members = b"".join(delimit(2, span) for span in (first, second + poison, third))
    return delimit(1, delimit(2, delimit(1, delimit(1, b"test")) + members))


def check_fate(answer: httpx.Response, database: Database, spans: list[Span], fate: Fate) -> None:
    """See what became of the second of three spans, and that the others are there."""
    first, second, third = (span["spanId"] for span in spans)
    rows = {row["span_id"]: row for row in read_rows(database, "spans", "tenant-123")}

    assert answer.status_code == 200
    assert [rows[other]["total_tokens"] for other in (first, third)] == [38, 38]
    assert read_answer(answer).partial_success.error_message == (fate.rejected or "")
    assert (second in rows) == (fate.rejected is None)
    if second in rows:
        row = rows[second]
        assert tuple(row["attributes"].get(semconv.REPAIRS, ())) == fate.repairs
        assert {name: row[name] for name in fate.row} == fate.row


def find_row(database: Database, span: Span) -> dict[str, Any]:
    """Give the row of a span."""
    rows = read_rows(database, "spans", "tenant-123")
    return next(row for row in rows if row["span_id"] == span["spanId"])


@pytest.mark.parametrize(("poison", "fate"), IN_JSON.values(), ids=IN_JSON)
def test_one_poisonous_span_does_not_cost_its_batch_in_json(
    post: Post, database: Database, poison: str | bytes, fate: Fate
) -> None:
    """Whatever is in it: the others are stored, and it is stored and flagged or rejected."""
    spans = make_spans()
    answer = post(spoil_json(spans, poison), content_type=JSON_TYPE)

    check_fate(answer, database, spans, fate)


@pytest.mark.parametrize(("poison", "fate"), IN_PROTOBUF.values(), ids=IN_PROTOBUF)
def test_one_poisonous_span_does_not_cost_its_batch_in_protobuf(
    post: Post, database: Database, poison: bytes, fate: Fate
) -> None:
    """The same in binary."""
    spans = make_spans()
    answer = post(spoil_protobuf(spans, poison), content_type=PROTOBUF_TYPE)

    check_fate(answer, database, spans, fate)


@pytest.mark.parametrize(
    ("resource", "scope", "repairs"),
    [
        (delimit(1, b"a\0"), b"", ["text_cleaned"]),
        (delimit(1, b"a\xff"), b"", ["text_cleaned"]),
        (b"", delimit(1, b"\xff"), ["text_cleaned"]),
        (delimit(1, b"k") + delimit(2, nest(150)), b"", ["field_dropped"]),
        (b"", delimit(3, delimit(1, b"k") + delimit(2, nest(150))), ["field_dropped"]),
    ],
)
def test_a_malformed_resource_or_scope_costs_no_span_in_protobuf(
    post: Post, database: Database, resource: bytes, scope: bytes, repairs: list[str]
) -> None:
    """All spans are stored, and each of them tells of the repair."""
    span = make_span()
    member = delimit(2, ParseDict(encode_ids(span), SpanMessage()).SerializeToString())
    group = delimit(1, delimit(1, resource)) + delimit(2, delimit(1, scope) + member)

    assert post(delimit(1, group), content_type=PROTOBUF_TYPE).status_code == 200
    assert find_row(database, span)["attributes"][semconv.REPAIRS] == repairs


@pytest.mark.parametrize(
    ("group", "repairs"),
    [
        ({"resource": {"attributes": [{"key": "a\0"}]}}, ["text_cleaned"]),
        ({"resource": 5}, ["field_dropped"]),
        ({"resource": {"attributes": {"a": 5}}}, ["field_dropped"]),
        ({"scope": {"name": "\ud800"}}, ["text_cleaned"]),
        ({"scope": "name"}, ["field_dropped"]),
    ],
)
def test_a_malformed_resource_or_scope_costs_no_span_in_json(
    post: Post, database: Database, group: dict[str, object], repairs: list[str]
) -> None:
    """The same in JSON."""
    span = make_span()
    scoped = {"spans": [span]} | group
    body = to_json({"resourceSpans": [{"scopeSpans": [scoped]} | group]})

    assert post(body).status_code == 200
    assert find_row(database, span)["attributes"][semconv.REPAIRS] == repairs


@pytest.mark.parametrize(
    "request_",
    [
        {"resourceSpans": 5},
        {"resourceSpans": [None]},
        {"resourceSpans": [{"scopeSpans": {}}]},
        {"resourceSpans": [{"scopeSpans": [{"spans": "none"}]}]},
    ],
)
def test_a_body_whose_spans_cannot_be_counted_is_refused(post: Post, request_: object) -> None:
    """A 200 would say that they are stored, a count of the rejected would be made up."""
    assert post(json.dumps(request_).encode()).status_code == 400
