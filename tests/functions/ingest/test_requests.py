"""POST /v1/traces: what is acknowledged is committed, what can never be stored is named."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import zstandard
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from infra.local.throwaway import Database
from tests.functions.ingest.conftest import Post, read_answer, read_rows
from tests.functions.ingest.spans import (
    JSON_TYPE,
    PROTOBUF_TYPE,
    make_request,
    make_span,
    to_json,
    to_protobuf,
)

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
}
ENCODERS = {JSON_TYPE: to_json, PROTOBUF_TYPE: to_protobuf}


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_opentelemetrys_own_exporter_sends_here(
    api: str, database: Database, compression: Compression
) -> None:
    """Pointing an exporter at us is all there is to do: the call is there, priced."""
    tenant = f"exporter-{compression.name.lower()}"
    exporter = OTLPSpanExporter(
        f"{api}/v1/traces", headers={"x-tenant-id": tenant}, compression=compression
    )
    provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("chat") as span:
        span.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai"})
        span.set_attributes({"gen_ai.request.model": "gpt-4o-mini"})
        span.set_attributes({"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100})
    provider.shutdown()
    (row,) = read_rows(database, "spans", tenant)

    assert (row["model"], row["total_tokens"], row["service_name"]) == ("gpt-4o-mini", 1100, "shop")
    assert float(row["cost_usd"]) == pytest.approx(1000 * 0.15e-6 + 100 * 0.6e-6)


@pytest.mark.parametrize("content_type", ENCODERS)
@pytest.mark.parametrize("encoding", PACKERS)
def test_every_encoding_is_taken(
    post: Post, database: Database, content_type: str, encoding: str
) -> None:
    """Binary and JSON, plain, gzip and zstd: one span in, one row, an empty answer in kind."""
    tenant = f"{encoding}-{content_type.rpartition('-')[2].replace('/', '-')}"
    body = ENCODERS[content_type](make_request(make_span()))
    packed = PACKERS[encoding](body)
    answer = post(packed, content_type=content_type, tenant=tenant, content_encoding=encoding)

    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    assert not read_answer(answer).HasField("partial_success")
    assert [row["total_tokens"] for row in read_rows(database, "spans", tenant)] == [38]


@pytest.mark.parametrize("content_type", ENCODERS)
def test_an_empty_request_succeeds(post: Post, content_type: str) -> None:
    """As the specification asks: no body, and a body without spans."""
    for body in (b"", ENCODERS[content_type]({})):
        answer = post(body, content_type=content_type)
        assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)


@pytest.mark.parametrize("content_type", ENCODERS)
def test_rejected_spans_are_counted_with_their_reason(
    post: Post, database: Database, content_type: str
) -> None:
    """Spans without usable ids are named in the partial success; the others are stored."""
    tenant = f"partial-{content_type.rpartition('-')[2].replace('/', '-')}"
    spans = [
        make_span(),
        make_span(traceId=""),
        make_span(traceId="00" * 16),
        make_span(spanId="abcd"),
    ]
    answer = post(
        ENCODERS[content_type](make_request(*spans)), content_type=content_type, tenant=tenant
    )
    partial = read_answer(answer).partial_success

    assert answer.status_code == 200
    assert partial.rejected_spans == 3
    assert partial.error_message == (
        "2 of the spans: trace_id is not 16 bytes with at least one that is not zero. "
        "1 of the spans: span_id is not 8 bytes with at least one that is not zero."
    )
    assert len(read_rows(database, "spans", tenant)) == 1


def test_sending_again_changes_nothing(post: Post, database: Database) -> None:
    """A client that did not hear the 200 may send the same request again."""
    body = to_protobuf(make_request(make_span(), make_span()))
    for _ in range(2):
        assert post(body, content_type=PROTOBUF_TYPE, tenant="again").status_code == 200

    assert len(read_rows(database, "spans", "again")) == 2
    assert sum(row["requests"] for row in read_rows(database, "traces", "again")) == 2


Wrong = tuple[bytes, dict[str, Any], int, int]
WRONG: dict[str, Wrong] = {
    "no JSON": (b"{", {}, 400, 3),
    "no object": (b"[]", {}, 400, 3),
    "no protobuf": (b"\xff\xff", {"content_type": PROTOBUF_TYPE}, 400, 3),
    "no gzip": (b"{}", {"content_encoding": "gzip"}, 400, 3),
    "no zstd": (b"{}", {"content_encoding": "zstd"}, 400, 3),
    "half a gzip": (gzip.compress(b"{}")[:-9], {"content_encoding": "gzip"}, 400, 3),
    "no tenant": (b"{}", {"tenant": None}, 400, 3),
    "every tenant": (b"{}", {"tenant": "*"}, 400, 3),
    "no credential": (b"{}", {"authorization": "Bearer nonsense"}, 401, 16),
    "another type": (b"{}", {"content_type": "text/plain"}, 415, 3),
    "another encoding": (b"{}", {"content_encoding": "br"}, 415, 3),
    "a gzip bomb": (gzip.compress(b" " * 20_000_000), {"content_encoding": "gzip"}, 413, 8),
    "a zstd bomb": (zstandard.compress(b" " * 20_000_000), {"content_encoding": "zstd"}, 413, 8),
    "many spans": (to_json(make_request(*[{}] * 10_001)), {}, 413, 8),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_error_is_a_status_in_the_requests_content_type(post: Post, wrong: str) -> None:
    """A clear 4xx with a ``google.rpc.Status``, and nothing of what was sent in it."""
    body, headers, status, code = WRONG[wrong]
    answer = post(body, **headers)
    expected = headers.get("content_type", JSON_TYPE)

    assert answer.status_code == status
    assert answer.headers["content-type"] == (expected if expected == PROTOBUF_TYPE else JSON_TYPE)
    assert read_answer(answer).code == code
    assert len(read_answer(answer).message) > 20


@pytest.mark.parametrize("content_type", ENCODERS)
def test_a_request_too_large_is_told_the_bound_and_what_to_do(
    post: Post, content_type: str
) -> None:
    """Exporters drop it, so the answer says what helps: the number and the setting."""
    packed = gzip.compress(b" " * 20_000_000)
    answer = post(packed, content_type=content_type, content_encoding="gzip")
    message = read_answer(answer).message

    assert answer.status_code == 413
    assert "16,777,216 bytes" in message
    assert "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" in message
    assert "Compression does not help" in message


def test_a_body_too_large_for_lambda_is_refused_before_it(post: Post) -> None:
    """API Gateway says so itself, in its own words."""
    assert post(b" " * 6_500_000).status_code == 413


def test_errors_are_binary_where_the_request_is(post: Post) -> None:
    """Also those of the door, which knows nothing of OTLP."""
    answer = post(b"", content_type=PROTOBUF_TYPE, tenant=None)

    assert answer.headers["content-type"] == PROTOBUF_TYPE
    assert read_answer(answer).message.startswith("Say whose data you mean")


def test_no_other_method_answers(api: str) -> None:
    """Spans are sent, not asked for."""
    assert httpx.get(f"{api}/v1/traces").status_code == 404
