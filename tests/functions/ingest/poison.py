"""Spans that are wrong in one way each, in both encodings, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llm_observe.records import bound_id
from tests.functions.ingest.spans import START, to_any
from tests.functions.ingest.wire import delimit, to_double, to_field, to_fixed

NO_TRACE = "1 of the spans: trace_id is not 16 bytes with at least one that is not zero."
NO_SPAN_ID = "1 of the spans: span_id is not 8 bytes with at least one that is not zero."
TOO_DEEP = "1 of the spans: it is malformed, or nested deeper than 100 levels."
LATEST = 4_102_444_799_999_999_999
MODEL = "gen_ai.response.model"
TOKENS = "gen_ai.usage.input_tokens"
ID = "gen_ai.response.id"


@dataclass(frozen=True)
class Fate:
    """What becomes of a span: its repairs and what its row holds, or why it is rejected."""

    repairs: tuple[str, ...] = ()
    row: Mapping[str, Any] = field(default_factory=dict)
    rejected: str | None = None


CLEANED, DROPPED, ODD = Fate(("text_cleaned",)), Fate(("value_dropped",)), Fate(("field_dropped",))
CUT, AS_TEXT = Fate(("attributes_dropped",)), Fate(("number_as_text",))
CLAMPED = ("time_clamped",)


def with_value(value: str, key: str = ID) -> str:
    """Give the text of a span's attributes, with one whose ``AnyValue`` is the text given."""
    return f'"attributes": [{{"key": "{key}", "value": {value}}}]'


def count_to(most: int) -> str:
    """Give the text of that many attributes."""
    return '"attributes": ' + json.dumps(
        [{"key": f"k{n}", "value": to_any(n)} for n in range(most)]
    )


IN_JSON: dict[str, tuple[str | bytes, Fate]] = {
    "NUL in a value": (
        with_value('{"stringValue": "a\\u0000b"}'),
        # An id that was not whole is none.
        Fate(("text_cleaned",), {"response_id": None}),
    ),
    "NUL in a key": (with_value('{"intValue": "1"}', "gen_ai.response.\\u0000"), CLEANED),
    "NUL in the name": ('"name": "a\\u0000b"', Fate(("text_cleaned",), {"name": "a\ufffdb"})),
    "NUL in the message": ('"status": {"message": "\\u0000"}', CLEANED),
    "NUL in an event": ('"events": [{"name": "\\u0000"}]', CLEANED),
    "half a surrogate in a value": (
        with_value('{"stringValue": "a\\ud83d"}'),
        Fate(("text_cleaned",), {"response_id": "a?"}),
    ),
    "half a surrogate in a key": (
        with_value('{"intValue": "1"}', "gen_ai.response.\\udc00"),
        CLEANED,
    ),
    "half a surrogate in the name": ('"name": "\\udc00"', Fate(("text_cleaned",), {"name": "?"})),
    "a byte that is no UTF-8 in a value": (
        with_value('{"stringValue": "a@"}').encode().replace(b"@", b"\xff"),
        Fate(("text_cleaned",), {"response_id": "a?"}),
    ),
    "a byte that is no UTF-8 in the name": (
        b'"name": "\xff"',
        Fate(("text_cleaned",), {"name": "?"}),
    ),
    "NaN as JSON has none": (with_value('{"doubleValue": NaN}', TOKENS), AS_TEXT),
    "NaN as protobuf writes it": (with_value('{"doubleValue": "NaN"}', TOKENS), AS_TEXT),
    "infinity": (with_value('{"doubleValue": -Infinity}', TOKENS), AS_TEXT),
    "a double beyond doubles": (with_value('{"doubleValue": 1e999}', TOKENS), AS_TEXT),
    "2^63": (with_value('{"intValue": "9223372036854775808"}', TOKENS), AS_TEXT),
    "10,000 digits": (with_value(f'{{"intValue": {"9" * 10_000}}}', TOKENS), DROPPED),
    "10,000 digits as text": (with_value(f'{{"intValue": "{"9" * 10_000}"}}', TOKENS), DROPPED),
    "10,000 digits for a time": (
        f'"startTimeUnixNano": {"9" * 10_000}',
        Fate(("field_dropped", "time_missing")),
    ),
    "fractional tokens": (
        with_value('{"intValue": 21.7}', TOKENS),
        Fate(("value_dropped",), {"input_tokens": None}),
    ),
    "tokens as a fraction": (
        with_value('{"doubleValue": 21.7}', TOKENS),
        Fate(row={"input_tokens": None}),
    ),
    "negative tokens": (with_value('{"intValue": "-3"}', TOKENS), Fate(row={"input_tokens": None})),
    "year 300000": (
        '"endTimeUnixNano": "9404950000000000000000"',
        Fate(CLAMPED, {"end_ns": LATEST}),
    ),
    "a negative time": ('"startTimeUnixNano": "-1"', Fate(CLAMPED, {"start_ns": 0})),
    "no time": (
        '"startTimeUnixNano": "0", "endTimeUnixNano": "0"',
        Fate(("time_missing",), {"start_ns": 0, "end_ns": 0}),
    ),
    "an end before the start": (
        '"endTimeUnixNano": "1"',
        Fate(("end_before_start",), {"start_ns": START, "end_ns": START}),
    ),
    "lists 7,000 deep": (
        with_value('{"arrayValue": {"values": [' * 3500 + '{"intValue": "1"}' + "]}}" * 3500),
        DROPPED,
    ),
    "brackets 7,000 deep": (f'"attributes": {"[" * 7000}{"]" * 7000}', ODD),
    "lists 300 deep": (
        with_value('{"arrayValue": {"values": [' * 150 + '{"intValue": "1"}' + "]}}" * 150),
        DROPPED,
    ),
    "100,000 attributes": (count_to(100_000), CUT),
    "a value of 2 MB": (
        with_value(json.dumps({"stringValue": "a" * 2_000_000})),
        Fate(("value_cut",), {"response_id": bound_id("a" * 1_000_000)}),
    ),
    "a key of 10,000 characters": (with_value('{"intValue": "1"}', "k" * 10_000), CUT),
    "a key twice": (
        with_value('{"stringValue": "a"}')[:-1] + ", " + with_value('{"stringValue": "b"}')[15:],
        Fate(("attributes_dropped",), {"response_id": "b"}),
    ),
    "a field twice": ('"name": "a", "name": "b"', Fate(row={"name": "b"})),
    "a kind that is none": ('"kind": 99', Fate(("field_dropped",), {"kind": "internal"})),
    "a kind below zero": ('"kind": -1', Fate(("field_dropped",), {"kind": "internal"})),
    "a status that is none": (
        '"status": {"code": 7}',
        Fate(("field_dropped",), {"status": "unset"}),
    ),
    "no name": ('"name": ""', Fate(row={"name": ""})),
    "a parent that is too short": (
        '"parentSpanId": "abcd"',
        Fate(("parent_dropped",), {"parent_span_id": None}),
    ),
    "a parent that is no hex": (
        '"parentSpanId": "%"',
        Fate(("parent_dropped",), {"parent_span_id": None}),
    ),
    "a parent that is no text": (
        '"parentSpanId": 5',
        Fate(("field_dropped",), {"parent_span_id": None}),
    ),
    "a name that is no text": ('"name": {"a": 1}', Fate(("field_dropped",), {"name": ""})),
    "a kind that is no number": ('"kind": [3]', Fate(("field_dropped",), {"kind": "internal"})),
    "a kind by an unknown name": ('"kind": "SPAN_KIND_ODD"', ODD),
    "a kind that is a flag": ('"kind": true', ODD),
    "a time that is no number": (
        '"endTimeUnixNano": "soon"',
        Fate(("end_before_start", "field_dropped")),
    ),
    "a start that is no number": (
        '"startTimeUnixNano": {}',
        Fate(("field_dropped", "time_missing")),
    ),
    "a status that is no object": ('"status": "ok"', ODD),
    "a message that is no text": ('"status": {"message": 5}', ODD),
    "attributes that are no list": ('"attributes": {"a": 1}', ODD),
    "an attribute that is no object": ('"attributes": [1]', ODD),
    "a key that is no text": ('"attributes": [{"key": 1, "value": {"intValue": "1"}}]', ODD),
    "a value that is no object": (with_value("5"), ODD),
    "a text that is none": (with_value('{"stringValue": 5}'), DROPPED),
    "an integer that is none": (with_value('{"intValue": "five"}'), DROPPED),
    "a double that is none": (with_value('{"doubleValue": "1_0"}'), DROPPED),
    "a flag that is none": (with_value('{"boolValue": 1}'), DROPPED),
    "bytes that are none": (with_value('{"bytesValue": "a"}'), DROPPED),
    "a list that is none": (with_value('{"arrayValue": 5}'), ODD),
    "values that are no list": (with_value('{"arrayValue": {"values": 5}}'), ODD),
    "pairs that are none": (with_value('{"kvlistValue": {"values": [5]}}'), ODD),
    "events that are no list": ('"events": 5', ODD),
    "an event that is no object": ('"events": [[]]', ODD),
    "links that are no list": ('"links": "none"', ODD),
    "a link that is no object": ('"links": [null]', ODD),
    "events without end": (f'"events": [{", ".join(["{}"] * 600)}]', Fate(("events_dropped",))),
    "links without end": (f'"links": [{", ".join(["{}"] * 40)}]', Fate(("links_dropped",))),
    "a trace id that is no text": ('"traceId": 5', Fate(rejected=NO_TRACE)),
    "a trace id that is no hex": (f'"traceId": "{"g" * 32}"', Fate(rejected=NO_TRACE)),
    "a span id of zeros": (f'"spanId": "{"0" * 16}"', Fate(rejected=NO_SPAN_ID)),
    "a span id that is too long": (f'"spanId": "{"1" * 17}"', Fate(rejected=NO_SPAN_ID)),
}


def pair(key: bytes, value: bytes) -> bytes:
    """Write an attribute of a span: field 9, a ``KeyValue``."""
    return delimit(9, delimit(1, key) + delimit(2, value))


def text(value: bytes) -> bytes:
    """Write a text as an ``AnyValue``."""
    return delimit(1, value)


def nest(levels: int) -> bytes:
    """Write a value in so many lists."""
    value = text(b"x")
    for _ in range(levels):
        value = delimit(5, delimit(1, value))
    return value


IN_PROTOBUF: dict[str, tuple[bytes, Fate]] = {
    "NUL in a value": (
        pair(ID.encode(), text(b"a\0b")),
        # An id that was not whole is none.
        Fate(("text_cleaned",), {"response_id": None}),
    ),
    "NUL in a key": (pair(b"gen_ai.response.\0", text(b"a")), CLEANED),
    "NUL in the name": (delimit(5, b"a\0b"), Fate(("text_cleaned",), {"name": "a\ufffdb"})),
    "NUL in the message": (delimit(15, delimit(2, b"\0")), CLEANED),
    "NUL in an event": (delimit(11, delimit(2, b"\0")), CLEANED),
    "half a surrogate in a value": (
        pair(ID.encode(), text(b"a\xed\xa0\xbd")),
        Fate(("text_cleaned",), {"response_id": "a???"}),
    ),
    "a byte that is no UTF-8 in a value": (
        pair(ID.encode(), text(b"a\xff")),
        Fate(("text_cleaned",), {"response_id": "a?"}),
    ),
    "a byte that is no UTF-8 in a key": (pair(b"gen_ai.response.\xff", text(b"a")), CLEANED),
    "a byte that is no UTF-8 in the name": (
        delimit(5, b"\xff"),
        Fate(("text_cleaned",), {"name": "?"}),
    ),
    "a byte that is no UTF-8 in the message": (delimit(15, delimit(2, b"\xff")), CLEANED),
    "a byte that is no UTF-8 in an event": (delimit(11, delimit(2, b"\xff")), CLEANED),
    "NaN": (pair(TOKENS.encode(), to_double(4, float("nan"))), AS_TEXT),
    "infinity": (pair(TOKENS.encode(), to_double(4, float("inf"))), AS_TEXT),
    "2^63 - 1": (pair(TOKENS.encode(), to_field(3, 2**63 - 1)), Fate(row={"input_tokens": None})),
    "tokens as a fraction": (
        pair(TOKENS.encode(), to_double(4, 21.7)),
        Fate(row={"input_tokens": None}),
    ),
    "negative tokens": (pair(TOKENS.encode(), to_field(3, -3)), Fate(row={"input_tokens": None})),
    "the last year there is": (to_fixed(8, 2**64 - 1), Fate(CLAMPED, {"end_ns": LATEST})),
    "no time": (
        to_fixed(7, 0) + to_fixed(8, 0),
        Fate(("time_missing",), {"start_ns": 0, "end_ns": 0}),
    ),
    "an end before the start": (
        to_fixed(8, 1),
        Fate(("end_before_start",), {"start_ns": START, "end_ns": START}),
    ),
    "lists 40 deep": (pair(b"k", nest(40)), DROPPED),
    "lists 150 deep": (pair(b"k", nest(150)), Fate(rejected=TOO_DEEP)),
    "100,000 attributes": (b"".join(pair(b"k%d" % n, text(b"")) for n in range(100_000)), CUT),
    "a value of 2 MB": (
        pair(ID.encode(), text(b"a" * 2_000_000)),
        Fate(("value_cut",), {"response_id": bound_id("a" * 1_000_000)}),
    ),
    "a key of 10,000 characters": (pair(b"k" * 10_000, text(b"")), CUT),
    "a key twice": (
        pair(ID.encode(), text(b"a")) + pair(ID.encode(), text(b"b")),
        Fate(("attributes_dropped",), {"response_id": "b"}),
    ),
    "a kind that is none": (to_field(6, 99), Fate(("field_dropped",), {"kind": "internal"})),
    "a kind below zero": (to_field(6, -1), Fate(("field_dropped",), {"kind": "internal"})),
    "a status that is none": (
        delimit(15, to_field(3, 7)),
        Fate(("field_dropped",), {"status": "unset"}),
    ),
    "no name": (delimit(5, b""), Fate(row={"name": ""})),
    "a parent that is too short": (
        delimit(4, b"ab"),
        Fate(("parent_dropped",), {"parent_span_id": None}),
    ),
    "events without end": (delimit(11, b"") * 600, Fate(("events_dropped",))),
    "links without end": (delimit(13, b"") * 40, Fate(("links_dropped",))),
    "a trace id that is too short": (delimit(1, b"abcd"), Fate(rejected=NO_TRACE)),
    "a span id of zeros": (delimit(2, bytes(8)), Fate(rejected=NO_SPAN_ID)),
    "bytes that are no span": (b"\xff\xff\xff", Fate(rejected=TOO_DEEP)),
    "a field that ends too early": (b"\x2a\xff\xff\x03abc", Fate(rejected=TOO_DEEP)),
}
