"""Evaluations at /v1/logs: kept once, shown on their trace, and all other records still counted."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)

from functions.ingest.other_signals.evaluations import protect
from infra.local.throwaway import Database
from llm_observe.privacy.work import WorkBudget
from tests.functions.ingest.conftest import Post, read_rows
from tests.functions.ingest.spans import (
    JSON_TYPE,
    PROTOBUF_TYPE,
    START,
    encode_ids,
    make_request,
    make_span,
    to_any,
    to_json,
)

EVENT = "gen_ai.evaluation.result"
SHOWN = ("name", "score", "label", "span_id", "explanation")
Send = Callable[..., httpx.Response]


@pytest.fixture
def tenant() -> str:
    """A tenant of each test's own."""
    return f"evaluated-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def send(api: str, tenant: str) -> Send:
    """Sends log records to /v1/logs: ``send(record, …, binary=True)``."""

    def post_logs(*records: dict[str, Any], binary: bool = False) -> httpx.Response:
        request = {"resourceLogs": [{"scopeLogs": [{"logRecords": [*records]}]}]}
        body = json.dumps(request).encode()
        if binary:
            message = ParseDict(encode_ids(request), ExportLogsServiceRequest())
            body = message.SerializeToString()
        headers = {"x-tenant-id": tenant, "content-type": PROTOBUF_TYPE if binary else JSON_TYPE}
        return httpx.post(f"{api}/v1/logs", content=body, headers=headers, timeout=60)

    return post_logs


def make_record(
    *, event: str | None = EVENT, span: dict[str, Any] | None = None, **told: Any
) -> dict[str, Any]:
    """Make a log record; attributes by the last part of their names."""
    names = {
        "name": "gen_ai.evaluation.name",
        "score": "gen_ai.evaluation.score.value",
        "label": "gen_ai.evaluation.score.label",
        "explanation": "gen_ai.evaluation.explanation",
        "response_id": "gen_ai.response.id",
    }
    attributes = [
        {"key": names.get(key, key), "value": to_any(value)} for key, value in told.items()
    ]
    ids = {key: span[key] for key in ("traceId", "spanId")} if span else {}
    named = {"eventName": event} if event else {}
    return {"timeUnixNano": str(START), "attributes": attributes} | ids | named


def read_evaluations(api: str, tenant: str, trace_id: str) -> list[tuple[Any, ...]]:
    answer = httpx.get(f"{api}/traces/{trace_id}", headers={"x-tenant-id": tenant}, timeout=60)
    found = answer.json()["evaluations"]
    return sorted((tuple(each[name] for name in SHOWN) for each in found), key=str)


@pytest.mark.parametrize("binary", [False, True], ids=["json", "protobuf"])
def test_evaluations_are_kept_and_shown(
    api: str, post: Post, send: Send, tenant: str, binary: bool
) -> None:
    """By span and by response; sent again they are the same rows. Their reasons are content."""
    span = make_span(attributes={"gen_ai.response.id": f"r-{tenant}"})
    post(to_json(make_request(span)), tenant=tenant)
    records = [
        make_record(span=span, name="relevance", score=0.0, label="no", explanation="marker"),
        make_record(response_id=f"r-{tenant}", name="harm", score=3),
        make_record(event=None, span=span, name="former", label="ok", **{"event.name": EVENT}),
    ]
    for _ in range(2):
        answer = send(*records, binary=binary)
        assert (answer.status_code, answer.content) == (200, b"" if binary else b"{}")
    assert read_evaluations(api, tenant, span["traceId"]) == [
        ("former", None, "ok", span["spanId"], None),
        ("harm", 3, None, span["spanId"], None),
        ("relevance", 0, "no", span["spanId"], None),
    ]


def test_an_evaluation_may_come_before_its_call(
    api: str, post: Post, send: Send, tenant: str
) -> None:
    """It is shown as soon as there is what it is of."""
    span = make_span()
    assert send(make_record(span=span, name="early", label="ok")).json() == {}
    post(to_json(make_request(span)), tenant=tenant)
    assert read_evaluations(api, tenant, span["traceId"]) == [
        ("early", None, "ok", span["spanId"], None)
    ]


def test_all_other_records_are_counted_and_never_stored(
    database: Database, send: Send, tenant: str
) -> None:
    """Events of content, plain logs, and evaluations of nothing: each refused, with what to do."""
    secret = "marker4711zebra"
    records = [
        make_record(event="gen_ai.client.inference.operation.details", name=secret, label=secret),
        {"timeUnixNano": str(START), "body": {"stringValue": secret}},
        make_record(name=secret, label=secret),
        make_record(response_id="r-1", score=1.0),
        make_record(response_id=f"{secret} was said.", name="of no response"),
        make_record(response_id="r-1", name="kept", score="n/a"),
    ]
    answer = send(*records, binary=True)
    partial = ExportLogsServiceResponse.FromString(answer.content).partial_success
    assert (answer.status_code, partial.rejected_log_records) == (200, 5)
    for words in (EVENT, "OTEL_LOGS_EXPORTER=none", "gen_ai.evaluation.name"):
        assert words in partial.error_message
    (row,) = read_rows(database, "evaluations", tenant)
    assert (row["name"], row["score"]) == ("kept", None)
    assert read_rows(database, "spans", tenant) == []


@pytest.mark.parametrize(
    "record",
    [
        7,
        None,
        {"eventName": EVENT, "attributes": 7},
        {"eventName": EVENT, "attributes": [7, {"key": 8}, {"key": "a"}, {"value": []}]},
        {"eventName": {"a": 1}, "traceId": 5, "attributes": [{"key": "event.name", "value": 9}]},
    ],
)
def test_odd_records_are_counted(send: Send, record: Any) -> None:
    """Whatever stands where a record should be."""
    answer = send(record)
    assert answer.status_code == 200
    assert answer.json()["partialSuccess"]["rejectedLogRecords"] == "1"


@pytest.mark.parametrize("keeps", [True, False])
def test_a_reason_is_content_and_all_of_it_is_redacted(keeps: bool) -> None:
    """Kept where content is captured, and like names and labels without what looks secret."""
    secret = "sk-proj-" + "a1B2" * 12
    told = {"name": secret, "label": f"by {secret}", "explanation": f"call {secret}"}
    found = protect(told, WorkBudget(), keeps_content=keeps)
    assert secret not in str(found)
    assert found.get("explanation", "").startswith("call [") is keeps


def test_explanations_share_a_bounded_amount_of_work() -> None:
    """Beyond it a reason is left out, never kept unread."""
    work = WorkBudget(characters=10)
    told = {"name": "n", "explanation": "a" * 8000}
    assert "explanation" not in protect(told, work, keeps_content=True)
