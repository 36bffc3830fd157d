"""POST /v1/logs and /v1/metrics: all of it is counted that is not stored, nobody's log fills."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import Parse, ParseDict
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

from tests.functions.ingest.spans import JSON_TYPE, PROTOBUF_TYPE

POINT = {"timeUnixNano": "1795253450000000000", "asInt": "3"}
TIME = {"timeUnixNano": "1795253450000000000", "count": "1"}
METRICS: dict[str, Any] = {
    "resourceMetrics": [
        {
            "scopeMetrics": [
                {
                    "metrics": [
                        {"name": "a", "gauge": {"dataPoints": [POINT, POINT]}},
                        {"name": "b", "sum": {"dataPoints": [POINT]}},
                        {"name": "c", "histogram": {"dataPoints": [TIME]}},
                    ]
                },
                {
                    "metrics": [
                        {"name": "d", "exponentialHistogram": {"dataPoints": [TIME]}},
                        {"name": "e", "summary": {"dataPoints": [TIME]}},
                        {"name": "f"},
                    ]
                },
            ]
        },
        {},
    ]
}
RECORD = {"timeUnixNano": "1795253450000000000", "body": {"stringValue": "marker4711zebra"}}
LOGS: dict[str, Any] = {
    "resourceLogs": [{"scopeLogs": [{"logRecords": [RECORD, RECORD]}, {"logRecords": [RECORD]}]}]
}
Sent = tuple[str, dict[str, Any], type[Message], type[Message]]
SIGNALS: dict[str, Sent] = {
    "logs": (
        "/v1/logs",
        LOGS,
        logs_service_pb2.ExportLogsServiceRequest,
        logs_service_pb2.ExportLogsServiceResponse,
    ),
    "metrics": (
        "/v1/metrics",
        METRICS,
        metrics_service_pb2.ExportMetricsServiceRequest,
        metrics_service_pb2.ExportMetricsServiceResponse,
    ),
}


def send(url: str, body: bytes, content_type: str, **headers: str) -> httpx.Response:
    named = {"x-tenant-id": "signals", "content-type": content_type} | headers
    return httpx.post(url, content=body, headers=named, timeout=30)


def read_answer(answer: httpx.Response, kind: type[Message]) -> Any:
    if answer.headers["content-type"] == JSON_TYPE:
        return Parse(answer.content, kind())
    return kind.FromString(answer.content)


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("content_type", [JSON_TYPE, PROTOBUF_TYPE])
def test_all_of_it_is_counted_with_what_to_do(api: str, signal: str, content_type: str) -> None:
    """The partial success has the number, and the setting that ends it; an empty request none."""
    path, request, asked, answered = SIGNALS[signal]
    encoded = ParseDict(request, asked())
    binary = content_type == PROTOBUF_TYPE
    body = encoded.SerializeToString() if binary else str(request).replace("'", '"').encode()
    answer = send(f"{api}{path}", gzip.compress(body), content_type, **{"content-encoding": "gzip"})
    partial = read_answer(answer, answered).partial_success
    nothing = send(f"{api}{path}", b"", content_type)

    assert (answer.status_code, nothing.status_code) == (200, 200)
    counts = {"logs": ("rejected_log_records", 3), "metrics": ("rejected_data_points", 6)}
    name, count = counts[signal]
    assert getattr(partial, name) == count
    assert f"OTEL_{signal.upper()}_EXPORTER=none" in partial.error_message
    assert not read_answer(nothing, answered).HasField("partial_success")


def test_opentelemetrys_exporters_are_content(
    api: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who sets nothing but the endpoint finds no error in the log."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", api)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant-id=signals")
    meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
    meters.get_meter("shop").create_counter("orders").add(1)
    logs = LoggerProvider()
    logs.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter()))
    logs.get_logger("shop").emit(LogRecord(body="an order came"))
    meters.shutdown()
    logs.shutdown()

    assert [each.message for each in caplog.records if each.name.startswith("opentelemetry")] == []


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", JSON_TYPE, 400),
        (b"[]", JSON_TYPE, 400),
        (b"[" * 100_000, JSON_TYPE, 400),
        (b"\xff\xff", PROTOBUF_TYPE, 400),
        (b"{}", "text/plain", 415),
        (gzip.compress(b" " * 20_000_000), JSON_TYPE, 413),
    ],
)
def test_an_error_is_a_status(
    api: str, signal: str, body: bytes, content_type: str, status: int
) -> None:
    """A clear 4xx, as for spans."""
    packed = {"content-encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {}
    answer = send(f"{api}{SIGNALS[signal][0]}", body, content_type, **packed)

    assert answer.status_code == status
    assert len(read_answer(answer, Status).message) > 20


@pytest.mark.parametrize(
    ("request_body", "status"),
    [
        (b'{"resourceMetrics": 7}', 400),
        (b'{"resourceMetrics": [7, null, "x", {"scopeMetrics": {"metrics": []}}]}', 400),
        (b'{"resourceMetrics": [{"scopeMetrics": {"metrics": []}}]}', 400),
        (
            b'{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"sum": [{"x": 1}]}]}]}]}',
            200,
        ),
    ],
)
def test_odd_json_is_told_or_nothing_to_count(api: str, request_body: bytes, status: int) -> None:
    """Whatever stands where lists should be, the answer is no error of ours."""
    answer = send(f"{api}/v1/metrics", request_body, JSON_TYPE)

    assert answer.status_code == status
    assert status == 400 or answer.json() == {}
