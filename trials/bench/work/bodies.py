"""Bodies that cost as much as they can: texts hard to redact, JSON hard to parse, many of all."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from functions.ingest.limits import MOST_BYTES
from tests.functions.ingest.wire import delimit
from trials.instrumentations.fixtures import read_fixtures

_START: Final = 1_795_253_450_000_000_000
_FULL: Final = MOST_BYTES - 65_536
"""Bytes of a full body, less its frame."""
_PROSE: Final = (
    "Summarise the following meeting for a reader who was not there, in three short sentences. "
    "We agreed on the budget: travel is cut by 12 percent, and the launch moves to 2024-08-06. "
)

TEXTS: Final = {
    "prose": _PROSE,
    "cards": "4111 ",
    "names of values": "A=",
    "passwords": "password=x ",
    "user infos": "://a",
    "addresses of mail": "a@",
    "addresses of hosts": "1.1.1.1 ",
    "digits": "1234567890",
    "long words": "aB3dE6gH9jK2mN5p",
    "private keys": "-----BEGIN PRIVATE KEY-----\n",
    "accents": "\u0300\u0323",
    "lists as JSON": "[],",
    "objects as JSON": '{"a":0},',
    "messages as JSON": '{"role":"user","content":""},',
    "deep JSON": "[" * 60 + "]" * 60 + ",",
    "open brackets": "[{",
    "dots": "a.",
}
"""By what they are made of, again and again."""
_JSON: Final = tuple(name for name in TEXTS if name.endswith("JSON"))


def write_text(name: str, length: int) -> str:
    """Give a text of one kind; of JSON a whole list."""
    piece = TEXTS[name]
    text = piece * (length // len(piece))
    return f"[{text}0]" if name in _JSON else text


def to_value(value: Any) -> AnyValue:
    """Write a value as protobuf has it."""
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case list():
            found = AnyValue()
            found.array_value.values.extend(map(to_value, value))
            return found
        case dict():
            found = AnyValue()
            found.kvlist_value.values.extend(
                KeyValue(key=key, value=to_value(item)) for key, item in value.items()
            )
            return found
    return AnyValue(string_value=value)


_CALL: Final = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 21,
    "gen_ai.usage.output_tokens": 17,
}


def _repeat(attributes: dict[str, Any], spans: int, events: int = 0) -> bytes:
    """Give a request of spans alike but for their ids."""
    span = Span(
        name="chat gpt-4o-mini", start_time_unix_nano=_START, end_time_unix_nano=_START + 10**9
    )
    pairs = (_CALL | attributes).items()
    span.attributes.extend(KeyValue(key=key, value=to_value(value)) for key, value in pairs)
    for _ in range(events):
        event = span.events.add(name="exception")
        event.attributes.extend(KeyValue(key=f"k{n}") for n in range(8))
    body = bytearray()
    for number in range(1, spans + 1):
        span.trace_id, span.span_id = number.to_bytes(16, "big"), number.to_bytes(8, "big")
        body += delimit(2, span.SerializeToString())
    return delimit(1, delimit(2, bytes(body)))


def _fill_key(key: str, text: str, spans: int = 16) -> Callable[[], bytes]:
    """Fill a body with spans whose one attribute is a text of a kind."""
    each = (_FULL // spans - 400) // (2 if text == "accents" else 1)
    return lambda: _repeat({key: write_text(text, each)}, spans)


def _fill_names(text: str) -> Callable[[], bytes]:
    """Thousands of spans with a name of 2,000 characters under every key of a name."""
    return lambda: _repeat(dict.fromkeys(_NAMES, write_text(text, 2_000)), _FULL // 8_500)


_NAMES: Final = ("gen_ai.agent.name", "gen_ai.tool.name", "gen_ai.request.model", "session.id")


def _resources(pairs: int) -> bytes:
    """JSON: one resource of many attributes, and ten thousand scopes of a span each."""
    attributes = [{"key": f"k{n}", "value": {"stringValue": ""}} for n in range(pairs)]
    span = {"traceId": "1" * 32, "spanId": "1" * 16}
    scopes = [{"spans": [span]}] * 9_000
    groups = [{"resource": {"attributes": attributes}, "scopeSpans": scopes}]
    return json.dumps({"resourceSpans": groups}).encode()


PLAIN: Final = "plain: 16 MiB of prompts in prose"
BODIES: Final[dict[str, Callable[[], bytes]]] = {
    PLAIN: _fill_key("gen_ai.input.messages", "prose", 2_048),
    "512 spans as libraries send them": lambda: write_plain(512),
    "cards under an allowed key": _fill_key("gen_ai.agent.name", "cards"),
    "names of values under an allowed key": _fill_key("server.address", "names of values"),
    "user infos under an allowed key": _fill_key("http.route", "user infos"),
    "10,000 spans with hostile names": lambda: _repeat(
        dict.fromkeys(_NAMES, "password=x " * 12), 9_999
    ),
    "cards in names": _fill_names("cards"),
    "names of values in names": _fill_names("names of values"),
    "passwords in names": _fill_names("passwords"),
    "private keys in names": _fill_names("private keys"),
    "an error's type of a million letters": _fill_key("error.type", "dots"),
    "accents in a prompt": _fill_key("gen_ai.input.messages", "accents"),
    "lists as JSON in a prompt": _fill_key("gen_ai.input.messages", "lists as JSON"),
    "messages as JSON in a prompt": _fill_key("gen_ai.input.messages", "messages as JSON"),
    "objects as JSON, 2,000 times": _fill_key("mlflow.spanInputs", "objects as JSON", 2_000),
    "deep JSON": _fill_key("gen_ai.output.messages", "deep JSON"),
    "cards in a prompt's parts": lambda: _repeat(
        {
            "gen_ai.input.messages": json.dumps(
                [{"role": "user", "parts": [{"type": "text", "content": "4111 " * 4_000}]}] * 40
            )
        },
        20,
    ),
    "attributes of 17 bytes": lambda: _repeat({f"k{n:04}": "" for n in range(2_000)}, 480),
    "flattened conversations of 2,048 keys": lambda: _repeat(
        {f"llm.input_messages.{n}.message.content": "a" for n in range(2_043)}, 150
    ),
    "10,000 spans of 29 attributes": lambda: _repeat(
        {f"k{n:02}": "value" for n in range(24)}, 9_999
    ),
    "10,000 spans of 100 attributes": lambda: _repeat({f"k{n:03}": "" for n in range(95)}, 9_999),
    "long keys": lambda: _repeat({f"gen_ai.usage.{n:0243}": 1 for n in range(60)}, 900),
    "lists of lists": lambda: _repeat({"gen_ai.agent.id": [[[]] * 900] * 10}, 430),
    "maps of maps": lambda: _repeat({"k": {f"{n}": {"a": 0} for n in range(3_000)}}, 240),
    "events without number": lambda: _repeat({}, 100, events=512),
    "a resource for ten thousand scopes": lambda: _resources(2_000),
}
"""By name; each is made when it is measured."""


def write_plain(spans: int) -> bytes:
    """Give recorded spans of all libraries, over and over."""
    request = ExportTraceServiceRequest()
    recorded = [
        (scope["scope"]["name"], span)
        for fixture in read_fixtures()
        for scenario in fixture["scenarios"]
        for group in scenario["request"]["resourceSpans"]
        for scope in group["scopeSpans"]
        for span in scope["spans"]
    ]
    for number in range(1, spans + 1):
        name, span = recorded[number * 7 % len(recorded)]
        scoped = request.resource_spans.add().scope_spans.add()
        scoped.scope.name = name
        scoped.spans.add(
            trace_id=number.to_bytes(16, "big"),
            span_id=number.to_bytes(8, "big"),
            name=span["name"],
            start_time_unix_nano=_START,
            end_time_unix_nano=_START + 10**9,
            attributes=[
                KeyValue(key=each["key"], value=read_any(each["value"]))
                for each in span.get("attributes", ())
            ],
        )
    return request.SerializeToString()


def read_any(value: Any) -> AnyValue:
    """Read an ``AnyValue`` of OTLP's JSON."""
    match value:
        case {"arrayValue": held}:
            found = AnyValue()
            found.array_value.values.extend(map(read_any, held.get("values", ())))
            return found
        case {"intValue": number}:
            return AnyValue(int_value=int(number))
        case {"doubleValue": float(number)} | {"doubleValue": int(number)}:
            return AnyValue(double_value=number)
        case {"boolValue": flag}:
            return AnyValue(bool_value=flag)
        case {"stringValue": text}:
            return AnyValue(string_value=text)
    return AnyValue()
