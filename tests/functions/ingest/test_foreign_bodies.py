"""A 200 is for spans that are stored or named: bodies of other spellings, signals and products."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from functions.common.errors import BadRequestError
from functions.ingest.field_names import find_fields, fold
from functions.ingest.otlp_json import decode_json
from functions.ingest.protobuf import decode_protobuf
from functions.ingest.rejections import Rejections
from infra.local.throwaway import Database
from llm_observe.dialects import SourceSpan
from tests.functions.ingest.conftest import Post, read_answer, read_rows
from tests.functions.ingest.spans import (
    JSON_TYPE,
    PROTOBUF_TYPE,
    make_request,
    make_span,
    to_json,
    to_protobuf,
)
from tests.functions.ingest.test_other_signals import LOGS, METRICS
from tests.functions.ingest.wire import delimit, to_field


def decode(body: bytes, *, binary: bool = False) -> tuple[list[SourceSpan], Rejections]:
    """Give what is stored of a body, and what is named."""
    rejections = Rejections()
    read = decode_protobuf if binary else decode_json
    return list(read(body, rejections)), rejections


def respell(value: Any, spell: Any) -> Any:
    """Write every member's name otherwise; attributes' own keys stand in values and stay."""
    if isinstance(value, list):
        return [respell(item, spell) for item in value]
    if not isinstance(value, dict):
        return value
    return {spell(name): respell(item, spell) for name, item in value.items()}


def to_snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


SPELLINGS = {
    "snake_case": to_snake,
    "PascalCase": lambda name: name[0].upper() + name[1:],
    "kebab-case": lambda name: to_snake(name).replace("_", "-"),
    "lowercase": str.lower,
    "SCREAMING_CASE": lambda name: to_snake(name).upper(),
}


def make_full_span() -> dict[str, Any]:
    """Give a span that has every field that is read."""
    time = "1795253450500000000"
    values = [{"kvlistValue": {"values": [{"key": "a", "value": {"doubleValue": 1.5}}]}}]
    return make_span(
        parentSpanId="ab" * 8,
        status={"code": 2, "message": "boom"},
        events=[{"timeUnixNano": time, "name": "e", "attributes": []}],
        links=[{"traceId": "ab" * 16, "spanId": "cd" * 8}],
        attributes={"list": {"arrayValue": {"values": values}}, "raw": b"\1", "yes": True},
    )


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_span_in_another_spelling_is_the_same_span(spelling: str) -> None:
    """Every field is read under every encoder's name for it, and that is told."""
    request = make_request(make_full_span(), **{"service.name": "svc"})
    (plain,), _ = decode(to_json(request))
    (respelt,), rejections = decode(to_json(respell(request, SPELLINGS[spelling])))

    assert respelt.repairs == ("field_renamed",)
    assert {name: getattr(respelt, name) for name in plain.__slots__ if name != "repairs"} == {
        name: getattr(plain, name) for name in plain.__slots__ if name != "repairs"
    }
    assert rejections.describe() == ""


def test_every_message_has_its_spellings() -> None:
    """No two fields of a message are spelt alike, so which one is meant is beyond doubt."""
    for message in ("ExportTraceServiceRequest", "ResourceSpans", "ScopeSpans", "Span", "AnyValue"):
        fields = find_fields(message)
        assert len({fold(name) for name in fields.names}) == len(fields.names)
        for name in fields.names:
            assert fields.restore({to_snake(name): 1}).fields == {name: 1}


@pytest.mark.parametrize(
    "body",
    [
        {"resource_spans": 0, "resourceSpans": 1},
        {"resourceSpans": 1, "ResourceSpans": 0},
    ],
)
def test_a_list_under_two_names_is_one_list(body: dict[str, int]) -> None:
    """Neither hides the other."""
    lists = [make_request(make_span())["resourceSpans"] for _ in range(2)]
    stored, _ = decode(to_json({name: lists[number] for name, number in body.items()}))

    assert len({span.span_id for span in stored}) == 2


@pytest.mark.parametrize("name", ["resourceSpans", "scopeSpans", "spans"])
def test_a_list_that_comes_twice_is_one_list(name: str) -> None:
    """JSON allows a name twice in an object; neither list hides the other."""
    body = to_json(make_request(make_span())).decode()
    other = json.loads(to_json(make_request(make_span())))
    scope = other["resourceSpans"][0]["scopeSpans"][0]
    lists = {
        "resourceSpans": other["resourceSpans"],
        "scopeSpans": other["resourceSpans"][0]["scopeSpans"],
        "spans": scope["spans"],
    }
    twice = body.replace(f'"{name}"', f'"{name}": {json.dumps(lists[name])}, "{name}"')
    stored, rejections = decode(twice.encode())

    assert len({span.span_id for span in stored}) == 2
    assert len(rejections) == 0


def test_the_library_spans_of_older_otlp_are_read() -> None:
    """JSON by its older names, protobuf by its older number, with the scope's name."""
    scoped = {"instrumentationLibrary": {"name": "old", "version": "1"}, "spans": [make_span()]}
    (of_json,), _ = decode(to_json({"resourceSpans": [{"instrumentationLibrarySpans": [scoped]}]}))
    new = {"scope": {"name": "old", "version": "1"}, "spans": [make_span(), make_span()]}
    inner = ExportTraceServiceRequest.FromString(
        to_protobuf({"resourceSpans": [{"scopeSpans": [new]}]})
    ).resource_spans[0]
    old = delimit(1000, inner.scope_spans[0].SerializeToString())
    of_wire, _ = decode(delimit(1, old), binary=True)

    assert len(of_wire) == 2
    for span in (of_json, *of_wire):
        assert (span.scope, span.scope_version, span.repairs) == ("old", "1", ("field_renamed",))


ALIEN: dict[str, Any] = {
    "langfuse": {"batch": [{"id": "1", "type": "span-create", "body": {}}], "metadata": {}},
    "openai-agents": {"data": [{"object": "trace.span", "id": "span_1", "trace_id": "trace_1"}]},
    "langsmith": {"post": [{"id": "1"}], "patch": []},
    "zipkin": [{"traceId": "ab" * 16, "id": "cd" * 8, "name": "get"}],
    "jaeger": {"data": [{"traceID": "ab" * 16, "spans": [{"spanID": "cd" * 8}]}]},
    "logs": LOGS,
    "metrics": METRICS,
    "spans alone": {"spans": [make_span()]},
    "a span": make_span(),
    "scopes alone": {"scopeSpans": [{"spans": [make_span()]}]},
    "wrapped": {"request": make_request(make_span())},
    "null": {"batch": None},
    "a text": "resourceSpans",
    "strange": {"\u202e\x00": 1},
}


@pytest.mark.parametrize("alien", ALIEN)
def test_another_products_body_is_refused(post: Post, alien: str) -> None:
    """400 says what was found and what was expected, never 200."""
    answer = post(json.dumps(ALIEN[alien]).encode(), tenant="alien")
    message = read_answer(answer).message

    assert answer.status_code == 400
    assert "Send an ExportTraceServiceRequest: an object with resourceSpans." in message
    for name in list(ALIEN[alien])[:5] if isinstance(ALIEN[alien], dict) else ():
        assert (name in message) == name.isidentifier()


@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
@pytest.mark.parametrize("sent", ["traces", "logs", "metrics"])
@pytest.mark.parametrize("binary", [False, True])
def test_a_signal_at_anothers_door_is_sent_there(
    api: str, signal: str, sent: str, *, binary: bool
) -> None:
    """400 names the route that it belongs to; its own door takes it."""
    bodies: dict[str, tuple[dict[str, Any], type[Message]]] = {
        "traces": (make_request(make_span()), ExportTraceServiceRequest),
        "logs": (LOGS, ExportLogsServiceRequest),
        "metrics": (METRICS, ExportMetricsServiceRequest),
    }
    document, kind = bodies[sent]
    body = json.dumps(document).encode()
    if binary:
        made = to_protobuf(document) if sent == "traces" else None
        body = made or ParseDict(document, kind()).SerializeToString()
    headers = {"x-tenant-id": "doors", "content-type": PROTOBUF_TYPE if binary else JSON_TYPE}
    answer = httpx.post(f"{api}/v1/{signal}", content=body, headers=headers, timeout=30)

    if sent == signal:
        assert answer.status_code == 200
        return
    message = Status.FromString(answer.content).message if binary else answer.json()["message"]
    assert answer.status_code == 400
    assert f"/v1/{sent}" in message


STRAYS: dict[str, Any] = {
    "beside resources": lambda good, lost: good | {"batch": lost},
    "in a resource's group": lambda good, lost: {
        "resourceSpans": [*good["resourceSpans"], {"spans": lost}]
    },
    "as resources": lambda good, lost: {"resourceSpans": [*good["resourceSpans"], *lost]},
    "as scopes": lambda good, lost: {
        "resourceSpans": [*good["resourceSpans"], {"scopeSpans": lost}]
    },
    "in a scope's group": lambda good, lost: {
        "resourceSpans": [*good["resourceSpans"], {"scopeSpans": [{"span": lost}]}]
    },
    "in a resource": lambda good, lost: {
        "resourceSpans": [*good["resourceSpans"], {"resource": {"observations": lost}}]
    },
    "for a scope": lambda good, lost: {
        "resourceSpans": [*good["resourceSpans"], {"scopeSpans": [{"scope": lost}]}]
    },
    "in lists": lambda good, lost: {
        "resourceSpans": [*good["resourceSpans"], {"scopeSpans": [{"spans": [lost]}]}]
    },
    "in a span": lambda good, lost: {
        "resourceSpans": [
            *good["resourceSpans"],
            {"scopeSpans": [{"spans": [make_span(children=lost)]}]},
        ]
    },
}


@pytest.mark.parametrize("place", STRAYS)
def test_spans_that_stand_elsewhere_are_counted(post: Post, database: Database, place: str) -> None:
    """The good ones are stored, and the answer says how many are not, and where they stood."""
    tenant = place.replace(" ", "-").replace("'", "")
    good, lost = make_request(make_span()), [make_span(), make_span(), make_span()]
    answer = post(to_json(STRAYS[place](good, lost)), tenant=tenant)
    partial = read_answer(answer).partial_success

    assert answer.status_code == 200
    assert partial.rejected_spans == 3
    assert "3 of the spans: " in partial.error_message
    assert len(read_rows(database, "spans", tenant)) == 1 + (place == "in a span")


def test_members_of_a_later_otlp_cost_nothing() -> None:
    """A member without spans is told once, and no span is said to be lost."""
    request = make_request(make_span()) | {"entities": [{"type": "host"}]}
    stored, rejections = decode(to_json(request))

    assert (len(stored), len(rejections)) == (1, 0)
    assert (
        rejections.describe() == "entities: OTLP has no such member of ExportTraceServiceRequest."
    )


@pytest.mark.parametrize("padding", [True, False])
@pytest.mark.parametrize("name", ["traceId", "spanId"])
def test_an_id_in_base64_is_named_as_such(name: str, *, padding: bool) -> None:
    """The reason names both encodings, so that the sender knows what to change."""
    size = {"traceId": 16, "spanId": 8}[name]
    text = b64encode(bytes(range(100, 100 + size))).decode()
    stored, rejections = decode(
        to_json(make_request(make_span(**{name: text if padding else text.rstrip("=")})))
    )

    assert (stored, len(rejections)) == ([], 1)
    assert "base64" in rejections.describe()
    assert "hex" in rejections.describe()
    assert text not in rejections.describe()


@pytest.mark.parametrize(
    "body",
    [
        delimit(7, b"x"),
        to_field(1, 5),
        delimit(1, delimit(9, to_protobuf(make_request(make_span())))),
        delimit(1, delimit(2, delimit(4, b"x"))),
    ],
)
def test_a_binary_body_of_unknown_fields_is_refused(body: bytes) -> None:
    """It decodes as a request without spans, and is none."""
    with pytest.raises(BadRequestError, match="no ExportTraceServiceRequest"):
        decode(body, binary=True)


@pytest.mark.parametrize("changes", [{"traceId": ""}, {"spanId": ""}, {"traceId": "ab"}])
def test_a_span_of_texts_alone_is_no_metric(changes: dict[str, str]) -> None:
    """What fits several signals is taken for the one that its route names, and rejected there."""
    bare = make_span(**changes)
    span = {name: bare[name] for name in ("traceId", "spanId", "name")}
    stored, rejections = decode(to_protobuf(make_request(span)), binary=True)

    assert (stored, len(rejections)) == ([], 1)


def test_unknown_fields_beside_spans_are_told() -> None:
    """The spans are stored, and the answer warns of fields that may have held more."""
    body = to_protobuf(make_request(make_span())) + delimit(7, b"x")
    stored, rejections = decode(body, binary=True)

    assert (len(stored), len(rejections)) == (1, 0)
    assert "ExportTraceServiceRequest 7" in rejections.describe()


@pytest.mark.parametrize(
    ("body", "binary", "kind"),
    [
        (b"\x1f\x8b\x08\x00", False, "gzip"),
        (b"\x1f\x8b\x08\x00", True, "gzip"),
        (b'{"resourceSpans": []}', True, "JSON"),
        (to_protobuf(make_request(make_span())), False, "protobuf"),
    ],
)
def test_a_body_in_another_encoding_is_told(body: bytes, *, binary: bool, kind: str) -> None:
    """A missing header is named by the body's first bytes."""
    with pytest.raises(BadRequestError, match=f"begins as {kind}"):
        decode(body, binary=binary)


NAMES = st.sampled_from(
    [
        *("resourceSpans", "resource_spans", "ResourceSpans", "scopeSpans", "scope_spans", "spans"),
        *("instrumentationLibrarySpans", "scope", "resource", "batch", "data", "Spans", "span"),
    ]
)


def make_bodies() -> st.SearchStrategy[Any]:
    """Spans in whatever members, as deep as OTLP has them."""
    ids = st.sampled_from([("traceId", "spanId"), ("trace_id", "span_id"), ("TraceId", "SpanId")])
    hexes = st.sampled_from(["ab" * 8, "", "zz", "I6YhV40I1Sw="])
    spans = st.builds(lambda names, own: {names[0]: "cd" * 16, names[1]: own}, ids, hexes)
    odd: st.SearchStrategy[Any] = st.sampled_from([None, [], {}, 7, "x"])
    return st.recursive(
        st.one_of(odd, spans, st.lists(spans, max_size=3)),
        lambda held: st.one_of(
            st.lists(held, max_size=3), st.dictionaries(NAMES, held, max_size=3)
        ),
        max_leaves=12,
    )


def count_sent(value: Any) -> int:
    """Count objects with an id of a span, knowing nothing else of OTLP."""
    if isinstance(value, list):
        return sum(map(count_sent, value))
    if not isinstance(value, dict):
        return 0
    names = {name.replace("_", "").lower() for name in value}
    return 1 if "spanid" in names else sum(map(count_sent, value.values()))


@given(body=make_bodies())
def test_spans_sent_are_stored_or_named(body: Any) -> None:
    """For every answer 200: spans sent = stored + named, wherever they stood."""
    try:
        stored, rejections = decode(json.dumps(body).encode())
    except BadRequestError:
        return

    assert len(stored) + len(rejections) >= count_sent(body)


@given(st.lists(st.tuples(NAMES, NAMES, NAMES, st.integers(1, 3)), min_size=1, max_size=3))
def test_exactly_the_spans_sent_are_stored_or_named(paths: list[tuple[str, str, str, int]]) -> None:
    """Three members on the way down, each of any name: no span is lost, none is named twice."""
    body: dict[str, Any] = {}
    for first, second, third, number in paths:
        spans = [make_span() for _ in range(number)]
        body.setdefault(first, []).append({second: [{third: spans}]})
    try:
        stored, rejections = decode(to_json(body))
    except BadRequestError:
        return

    assert len(stored) + len(rejections) == count_sent(body)


def list_case() -> Iterator[Any]:
    """The bodies of dumps by protobuf's own JSON and its kin."""
    named = {"code": "STATUS_CODE_ERROR"}
    yield make_request(make_span(kind="SPAN_KIND_CLIENT", status=named))
    yield make_request(make_span(startTimeUnixNano=1.795860004e18, endTimeUnixNano=1.795860005e18))
    yield make_request(make_span(parentSpanId=None, events=None, links=None, status=None))


def test_what_protobufs_own_json_has_is_read() -> None:
    """Enums by name, times as numbers, nulls: stored as they are meant, without a repair."""
    for request in list_case():
        (span,), rejections = decode(to_json(request))
        assert (span.repairs, len(rejections)) == ((), 0)
