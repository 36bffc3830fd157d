"""What a request may hold beside its spans is counted, too, and read once."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from functions.common.errors import BodyTooLargeError
from functions.ingest import otlp_json, protobuf
from functions.ingest.otlp_json import decode_json
from functions.ingest.protobuf import decode_protobuf
from functions.ingest.rejections import Rejections
from tests.functions.ingest.spans import encode_ids, make_request, make_span, to_any, to_json

MOST = 5_000
"""Instead of the limits themselves: counting to these takes the tests a minute."""
ATTRIBUTES = [{"key": f"k{n}", "value": {"stringValue": ""}} for n in range(2_000)]
DECODERS = {"json": decode_json, "protobuf": decode_protobuf}


def decode(request: dict[str, Any], encoding: str) -> list[Any]:
    body = (
        to_json(request)
        if encoding == "json"
        else ParseDict(encode_ids(request), ExportTraceServiceRequest()).SerializeToString()
    )
    return list(DECODERS[encoding](body, Rejections()))


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (otlp_json, protobuf):
        monkeypatch.setattr(module, "MOST_PAIRS", MOST)
        monkeypatch.setattr(module, "MOST_NESTED", MOST)


@pytest.mark.parametrize("encoding", DECODERS)
def test_attributes_of_resources_count(encoding: str) -> None:
    """Resources without a span took as long as spans and were not counted."""
    group = {"resource": {"attributes": ATTRIBUTES}, "scopeSpans": []}
    with pytest.raises(BodyTooLargeError):
        decode({"resourceSpans": [group] * (MOST // len(ATTRIBUTES) + 1)}, encoding)


def test_a_resource_is_read_once_for_all_its_scopes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two thousand attributes for each of a hundred scopes would be two hundred thousand."""
    read: list[int] = []
    original = otlp_json._read_value

    def count(*given: Any) -> Any:
        read.append(1)
        return original(*given)

    monkeypatch.setattr(otlp_json, "_read_value", count)
    scopes = [{"spans": [make_span(attributes={})]} for _ in range(100)]
    group = {"resource": {"attributes": ATTRIBUTES}, "scopeSpans": scopes}
    spans = decode({"resourceSpans": [group]}, "json")

    assert len(spans) == len(scopes)
    assert len(read) < 5_000


@pytest.mark.parametrize("encoding", DECODERS)
def test_values_within_values_are_counted_for_the_whole_request(encoding: str) -> None:
    """Each span may hold ten thousand, and all together no ten times that."""
    values = {"arrayValue": {"values": [{"arrayValue": {"values": [to_any(1)] * 9}}] * 90}}
    number = MOST // 900 + 5
    spans = [make_span(attributes={"k": values}) for _ in range(number)]
    decoded = decode(make_request(*spans), encoding)

    assert len(decoded) == number
    assert "value_dropped" not in decoded[0].repairs
    assert "value_dropped" in decoded[-1].repairs
