"""Requests of spans, written once as OTLP's JSON and, through protobuf's own types, as binary."""

from __future__ import annotations

import json
from base64 import b64encode
from itertools import count
from typing import Any

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

JSON_TYPE = "application/json"
PROTOBUF_TYPE = "application/x-protobuf"
START = 1_795_253_450_000_000_000

Span = dict[str, Any]

_numbers = count(1)


def make_span(name: str = "chat gpt-4o-mini", **changes: Any) -> Span:
    """Give a model call of 21 and 17 tokens, with ids of its own and attributes as given."""
    number = next(_numbers)
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 21,
        "gen_ai.usage.output_tokens": 17,
    } | changes.pop("attributes", {})
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": name,
        "kind": 3,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 1_000_000_000),
        "attributes": [{"key": key, "value": to_any(value)} for key, value in attributes.items()],
    } | changes


def to_any(value: Any) -> dict[str, Any]:
    """Write a value as an ``AnyValue``; a mapping that is one already stays."""
    if isinstance(value, dict):
        return value
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, bytes):
        return {"bytesValue": b64encode(value).decode()}
    if isinstance(value, list):
        return {"arrayValue": {"values": [to_any(item) for item in value]}}
    return {"stringValue": value}


def make_request(*spans: Span, scope: str = "test", **resource: Any) -> dict[str, Any]:
    """Give a request of spans of one scope and resource."""
    pairs = [{"key": key, "value": to_any(value)} for key, value in resource.items()]
    scoped = {"scope": {"name": scope}, "spans": list(spans)}
    return {"resourceSpans": [{"resource": {"attributes": pairs}, "scopeSpans": [scoped]}]}


def to_json(request: dict[str, Any]) -> bytes:
    """Encode a request as OTLP's JSON."""
    return json.dumps(request).encode()


def to_protobuf(request: dict[str, Any]) -> bytes:
    """Encode a request as binary. Protobuf's own JSON has ids in base64."""
    return ParseDict(encode_ids(request), ExportTraceServiceRequest()).SerializeToString()


def encode_ids(value: Any) -> Any:
    """Write ids in base64, as protobuf's own JSON does."""
    if isinstance(value, list):
        return [encode_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: b64encode(bytes.fromhex(item)).decode()
        if key in {"traceId", "spanId", "parentSpanId"}
        else encode_ids(item)
        for key, item in value.items()
    }
