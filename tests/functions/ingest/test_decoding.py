"""Both encodings of a request are read as the same spans, and nothing sent makes reading fail."""

from __future__ import annotations

import json
import math
import signal
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.common.errors import BadRequestError, BodyTooLargeError
from functions.ingest.otlp_json import decode_json
from functions.ingest.protobuf import decode_protobuf
from functions.ingest.rejections import Rejections
from llm_observe.dialects import SourceSpan
from tests.functions.ingest.spans import to_protobuf

SECONDS = 20
"""For a decoding that takes milliseconds: what never ends fails instead of hanging."""
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
IDS = [st.binary(max_size=size + 1).map(bytes.hex) for size in (16, 8)]
NUMBERS = st.integers(-(2**63), 2**63 - 1).map(str)
DOUBLES = st.floats().map(lambda number: number if math.isfinite(number) else write_odd(number))
TIMES = st.integers(0, 2**64 - 1).map(str)


def write_odd(number: float) -> str:
    """Write what JSON has no number for as protobuf does."""
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def make_values() -> st.SearchStrategy[dict[str, Any]]:
    """Any ``AnyValue``, also none, also in one another."""
    scalars = st.one_of(
        st.just({}),
        TEXT.map(lambda text: {"stringValue": text}),
        NUMBERS.map(lambda number: {"intValue": number}),
        DOUBLES.map(lambda number: {"doubleValue": number}),
        st.booleans().map(lambda flag: {"boolValue": flag}),
        st.binary(max_size=9).map(lambda raw: {"bytesValue": b64encode(raw).decode()}),
    )
    return st.recursive(
        scalars,
        lambda values: st.one_of(
            st.lists(values, max_size=3).map(lambda held: {"arrayValue": {"values": held}}),
            make_pairs(values).map(lambda held: {"kvlistValue": {"values": held}}),
        ),
        max_leaves=8,
    )


def make_pairs(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Any attributes."""
    keys = st.one_of(TEXT, st.sampled_from(["gen_ai.usage.input_tokens", "k" * 300]))
    return st.lists(st.fixed_dictionaries({"key": keys}, optional={"value": values}), max_size=4)


ATTRIBUTES = make_pairs(make_values())
EVENTS = st.fixed_dictionaries(
    {}, optional={"name": TEXT, "timeUnixNano": TIMES, "attributes": ATTRIBUTES}
)
SPANS = st.fixed_dictionaries(
    {
        "traceId": st.one_of(st.just("ab" * 16), IDS[0]),
        "spanId": st.one_of(st.just("cd" * 8), IDS[1]),
    },
    optional={
        "parentSpanId": IDS[1],
        "name": TEXT,
        "kind": st.integers(-1, 7),
        "startTimeUnixNano": TIMES,
        "endTimeUnixNano": TIMES,
        "attributes": ATTRIBUTES,
        "events": st.lists(EVENTS, max_size=3),
        "links": st.lists(
            st.fixed_dictionaries({}, optional={"traceId": IDS[0], "spanId": IDS[1]}), max_size=3
        ),
        "status": st.fixed_dictionaries({}, optional={"code": st.integers(-1, 4), "message": TEXT}),
    },
)
REQUESTS = st.lists(
    st.fixed_dictionaries(
        {
            "resource": st.fixed_dictionaries({}, optional={"attributes": ATTRIBUTES}),
            "scopeSpans": st.lists(
                st.fixed_dictionaries(
                    {"spans": st.lists(SPANS, max_size=3)},
                    optional={"scope": st.fixed_dictionaries({"name": TEXT})},
                ),
                max_size=2,
            ),
        }
    ),
    max_size=2,
).map(lambda groups: {"resourceSpans": groups})

FIELDS = (
    "resourceSpans",
    "scopeSpans",
    "spans",
    "resource",
    "scope",
    "attributes",
    "key",
    "value",
    "stringValue",
    "intValue",
    "doubleValue",
    "boolValue",
    "bytesValue",
    "arrayValue",
    "kvlistValue",
    "values",
    "traceId",
    "spanId",
    "parentSpanId",
    "name",
    "kind",
    "startTimeUnixNano",
    "endTimeUnixNano",
    "status",
    "code",
    "message",
    "events",
    "timeUnixNano",
    "links",
)
"""Names that make arbitrary JSON get past the first look at it."""
ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=5),
        st.sampled_from(["ab" * 16, "cd" * 8, "9" * 70, "1e9", "NaN"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=2)), inner, max_size=5),
    ),
    max_leaves=30,
)


@contextmanager
def limit_time(seconds: int) -> Iterator[None]:
    """Fail the test where the block takes longer."""

    def fail(*_: object) -> None:
        raise TimeoutError(f"It took more than {seconds} s.")

    previous = signal.signal(signal.SIGALRM, fail)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


Decode = Callable[[bytes, Rejections], Iterator[SourceSpan]]


def decode(read: Decode, body: bytes) -> tuple[list[SourceSpan], str]:
    """Give the spans, and what was said of those that are none."""
    rejections = Rejections()
    with limit_time(SECONDS):
        return list(read(body, rejections)), rejections.describe()


def try_decode(read: Decode, body: bytes) -> None:
    """Decode what may be refused, by these two errors."""
    with suppress(BadRequestError, BodyTooLargeError):
        decode(read, body)


@given(REQUESTS)
def test_both_encodings_are_read_as_the_same_spans(request: dict[str, Any]) -> None:
    """Whatever the request: the same spans, repairs and rejections, types of values included."""
    in_json = decode(decode_json, json.dumps(request).encode())
    in_protobuf = decode(decode_protobuf, to_protobuf(request))

    assert repr(in_json) == repr(in_protobuf)


@given(ANYTHING)
def test_no_json_makes_reading_fail(value: Any) -> None:
    """Any JSON value, with OTLP's names in it, gives spans or one of two refusals."""
    try_decode(decode_json, json.dumps(value).encode())


@given(ANYTHING)
def test_no_span_of_any_json_makes_reading_fail(value: Any) -> None:
    """The same one level down, where spans stand."""
    groups = [{"scopeSpans": [{"spans": [value, value]}]}]
    try_decode(decode_json, json.dumps({"resourceSpans": groups}).encode())


@given(st.binary(max_size=200))
def test_no_bytes_make_reading_fail(body: bytes) -> None:
    """Nor does what is neither JSON nor protobuf."""
    try_decode(decode_json, body)
    try_decode(decode_protobuf, body)


@given(REQUESTS, st.data())
def test_no_damage_makes_reading_fail(request: dict[str, Any], data: st.DataObject) -> None:
    """A good request with bytes replaced, cut off or repeated."""
    for read, body in (
        (decode_json, json.dumps(request).encode()),
        (decode_protobuf, to_protobuf(request)),
    ):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, len(body)))
        put = data.draw(st.binary(max_size=4))
        try_decode(read, body[:start] + put + body[end:])
        try_decode(read, body[:end] + body[start:])


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 2_000 + b'"' + b'\\"' * 1_000_000,
        b"[" * 2_000 + b'"' + b'\\"' * 1_000_000 + b"\\",
        b"[" * 4_000_000,
        b"[" * 2_000_000 + b"]" * 2_000_000,
        b'{"a":' * 500_000,
        b'{"resourceSpans": ' + b"9" * 8_000_000 + b"}",
        b'{"resourceSpans": 1.' + b"9" * 8_000_000 + b"}",
    ],
)
def test_reading_takes_time_in_proportion_to_the_body(body: bytes) -> None:
    """What looks at a text again for each of its characters would not end within the test."""
    try_decode(decode_json, body)
