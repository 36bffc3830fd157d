"""With content off, a prompt under any key, in any shape, in any place of a request is not stored.

Keys come from the library's own tables and from what libraries were recorded to send, so that a
key or a dialect that is added is tried, too. A span's, a tool's or a session's name may be
256 characters of anything: markers stand behind that many.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.ingest.otlp_json import read_request
from functions.ingest.rejections import Rejections
from infra.local.throwaway import Database
from llm_observe import semconv
from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import DIALECTS, Dialect
from llm_observe.privacy.protection import derive_digest_key
from llm_observe.privacy.shapes import KEPT, Shape
from llm_observe.transcription import Transcriber
from tests.functions.dump import dump_tables
from tests.functions.ingest.conftest import Post
from tests.functions.ingest.marking import MARKER
from tests.functions.ingest.spans import Span, make_request, make_span, to_any, to_json
from tests.functions.ingest.test_privacy import IDS, NAMES, TIERS
from trials.instrumentations.fixtures import read_fixtures

FILLER = "What the customer said of the matter, in words of her own and at length: " * 4
KINDS = {
    semconv.OPERATION_NAME: "chat",
    "openinference.span.kind": "LLM",
    "langfuse.observation.type": "generation",
    "langfuse.observation.model.name": "gpt-4o-mini",
    "mlflow.spanType": '"CHAT_MODEL"',
    "llm.request.type": "chat",
    "ai.operationId": "ai.generateText.doGenerate",
}
"""What makes a span a call in each dialect."""
COLUMNS = {
    *("llm.request.model_name", "llm.response.model_name", "langsmith.metadata.ls_provider"),
    *("langfuse.environment", "langfuse.session.id", "langfuse.user.id", "session_id", "user_id"),
    *("mlflow.trace.session", "mlflow.trace.user", "gen_ai.user", "llm.user", "tool.id"),
    *("enduser.id", "gen_ai.prompt.name", "langfuse.observation.prompt.name", "tool_name"),
    *("ai.telemetry.functionId", "ai.toolCall.name", "reranker.model_name"),
    *("ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.session_id"),
    *("ai.telemetry.metadata.userId", "ai.telemetry.metadata.user_id"),
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.user_id",
    "llm_observe.customer.id",
}
"""Keys of names, besides those that recorded libraries send, that a dialect has a column for."""
TAGGED = {"llm_observe.tag.", "langsmith.metadata.", "traceloop.association.properties."}
"""What stands behind these is the application's own name of a tag, as a tool's name is one."""
Write = Callable[[str], Any]


def say(marker: str) -> str:
    return f"{FILLER} {marker} was said."


def wrap(kind: str, *values: Any) -> dict[str, Any]:
    """Give an ``AnyValue`` that holds others, or pairs of keys and others."""
    return {kind: {"values": list(values)}}


def pair(key: str, value: Any) -> dict[str, Any]:
    return {"key": key, "value": to_any(value)}


SHAPES: dict[str, Write] = {
    "prose": say,
    "long prose": lambda marker: say(marker) * 20,
    "a long word": lambda marker: f"{'w' * 300}{marker}",
    "prose in JSON": lambda marker: f'[{{"role": "{say(marker)}", "type": "{say(marker)}"}}]',
    "a number as text": lambda marker: f"{'1' * 300}{marker}",
    "a list of prose": lambda marker: wrap("arrayValue", *[to_any(say(marker))] * 3),
    "a list of words": lambda marker: wrap(
        "arrayValue", *(to_any(word) for word in f"{FILLER}{marker}".split())
    ),
    "a map with prose as keys": lambda marker: wrap("kvlistValue", pair(say(marker), 1)),
    "a map in a list": lambda marker: wrap(
        "arrayValue", wrap("kvlistValue", pair("content", say(marker)))
    ),
    "bytes": lambda marker: {"bytesValue": b64encode(say(marker).encode()).decode()},
}


def list_keys() -> list[str]:
    """Give every key that the library or a recorded one knows."""
    recorded = {
        each["key"]
        for fixture in read_fixtures()
        for scenario in fixture["scenarios"]
        for group in scenario["request"]["resourceSpans"]
        for scope in group["scopeSpans"]
        for span in scope["spans"]
        for each in span.get("attributes", ())
    }
    constants = {value for value in vars(semconv).values() if isinstance(value, str)}
    known = {key for dialect in DIALECTS for key in (*dialect.keys, *dialect.roots, *dialect.signs)}
    dotted = {key for key in recorded | constants | known if "." in key and "\n" not in key}
    return sorted(dotted | known | set(KEPT) | {f"{key}.said" for key in KEPT})


KEYS = list_keys()
PREFIXES = sorted({key.rpartition(".")[0] + "." for key in KEYS} | {"faas.", "cloud.", "http."})
KEY = derive_digest_key("master", tenant="t", kid="k1", salt=b"s" * 32)


class Markers:
    """Gives each place a marker of its own, and tells the places whose markers stand in a text."""

    def __init__(self) -> None:
        self._places: list[str] = []

    def put(self, place: str) -> str:
        self._places.append(place)
        return f"{MARKER}{len(self._places) - 1:06d}"

    def find(self, text: str) -> set[str]:
        pieces = text.split(MARKER)[1:]
        return {self._places[int(piece[:6])] for piece in pieces if piece[:6].isdigit()}


def take_alone(dialect: Dialect) -> list[str]:
    """Give the keys that a dialect reads and those that are kept whatever the dialect."""
    return sorted({*dialect.keys, *dialect.roots, *dialect.signs, *KEPT})


def spread(write: Write, markers: Markers, dialect: Dialect) -> Iterator[Span]:
    """Give a span for each of a dialect's keys, beside what makes it a call."""
    for key in take_alone(dialect):
        yield make_span(
            attributes=KINDS | {key: to_any(write(markers.put(f"{dialect.name} {key}")))}
        )


def gather(write: Write, markers: Markers) -> Iterator[Span]:
    """Give spans of all keys at once, a call's and any."""
    alone = {key: to_any(write(markers.put(f"all {key}"))) for key in KEYS}
    yield make_span(attributes=alone)
    yield make_span(attributes=alone | KINDS)


def name_scope(dialect: Dialect) -> str:
    return dialect.scopes[0] + ("x" if dialect.scopes[0].endswith(".") else "")


def make_rows(request: Any) -> str:
    """Give a request's rows as they are stored, without a database."""
    way = Transcriber("t", KEY, load_prices(), Settings())
    spans = read_request(request, Rejections())
    return json.dumps([way.write(way.protect(way.read(span))).to_row() for span in spans])


def surround(write: Write, markers: Markers) -> dict[str, Any]:
    """Give a request whose resource, scope, events, links, state, status and names are marked."""

    def put_all(holder: str) -> list[dict[str, Any]]:
        return [pair(key, write(markers.put(f"{holder} {key}"))) for key in KEYS]

    span = make_span(say(markers.put("name")), attributes=KINDS)
    span |= {
        "traceState": f"a={markers.put('state')}",
        "status": {"code": 2, "message": say(markers.put("status"))},
        "events": [
            {"timeUnixNano": "1", "name": name, "attributes": put_all(f"event {name}")}
            for name in ("exception", "gen_ai.choice", say(markers.put("event")))
        ],
        "links": [
            {
                "traceId": span["traceId"],
                "spanId": span["spanId"],
                "traceState": f"a={markers.put('link')}",
                "attributes": put_all("link"),
            }
        ],
    }
    request = make_request(span)
    group = request["resourceSpans"][0]
    group["resource"]["attributes"] = put_all("resource")
    group["scopeSpans"][0]["scope"] = {
        "name": say(markers.put("scope")),
        "version": say(markers.put("version")),
        "attributes": put_all("scope"),
    }
    return request


@pytest.mark.parametrize("shape", SHAPES)
def test_no_key_keeps_a_prompt(post: Post, database: Database, state_dir: Path, shape: str) -> None:
    """Not under all keys together, in any dialect, beside spans, or in a log of ours."""
    markers, tenant = Markers(), f"smuggler-{list(SHAPES).index(shape)}"
    write = SHAPES[shape]
    if shape == "long prose":
        requests = [make_request(*gather(write, markers))]
    else:
        requests = [
            make_request(*gather(write, markers), scope=name_scope(dialect)) for dialect in DIALECTS
        ]
        requests.append(surround(write, markers))
    bodies = [gzip.compress(to_json(request), 1) for request in requests]
    answers = [post(body, tenant=tenant, content_encoding="gzip") for body in bodies]
    logs = "".join(path.read_text(errors="replace") for path in state_dir.rglob("*.log"))

    assert len(KEYS) > 300
    assert {answer.status_code for answer in answers} == {200}
    assert markers.find(dump_tables(database) + logs) == set()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_no_key_of_a_dialect_keeps_a_prompt(dialect: Dialect, shape: str) -> None:
    """Each key by itself: one that is read first would hide the others."""
    markers = Markers()
    spans = spread(SHAPES[shape], markers, dialect)
    rows = make_rows(make_request(*spans, scope=name_scope(dialect)))

    assert markers.find(rows) == set()


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_no_key_is_a_prompt(dialect: Dialect) -> None:
    """Under every prefix that some key has, with a number, a flag or a token as its value."""
    markers = Markers()
    spans = [
        make_span(attributes=KINDS | {f"{prefix}{markers.put(prefix)}_was_said": value})
        for prefix in PREFIXES
        if prefix not in TAGGED
        for value in (1, True, "token")
    ]
    rows = make_rows(make_request(*spans, scope=name_scope(dialect)))

    assert markers.find(rows) == set()


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_short_prose_is_kept_under_names_only(dialect: Dialect) -> None:
    """A sentence of fewer than 256 characters is no token, number, list or error."""
    markers = Markers()
    named = {key for key, shape in KEPT.items() if shape in {Shape.NAME, Shape.PERSON}}
    spans = [make_span(attributes=KINDS | {key: f"{markers.put(key)} was said."}) for key in KEYS]
    kept = markers.find(make_rows(make_request(*spans, scope=name_scope(dialect))))

    assert kept - (named | COLUMNS | NAMES) == set()
    assert not kept & (TIERS | IDS)
    assert not kept & UNNAMED
    assert semconv.SERVICE_NAME in kept


UNNAMED = {
    key
    for key, shape in KEPT.items()
    if shape not in {Shape.NAME, Shape.PERSON} and key != semconv.OPERATION_NAME
}
"""Kept as they are and read into no column of names."""
