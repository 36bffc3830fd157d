"""Whatever is in a column, by whatever way: the span is stored, or refused by name, and never 503.

Nor does what is stored break a reader.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from llm_observe import semconv
from llm_observe.records import SpanRecord
from tests.database.support.callers import administer
from tests.database.support.keys import from_now
from tests.database.support.spans import NOON, call, nanoseconds, trace_id
from tests.functions.ingest.conftest import Post, read_answer, read_rows
from tests.functions.ingest.extremes import EXTREMES
from tests.functions.ingest.spans import make_request, make_span, to_any, to_json
from tests.isolation.counters import Counters

PLACE = "@ the value @"
COLUMNS = [name for name in SpanRecord.__dataclass_fields__ if name != "tenant_id"]
ENUMERATIONS = {"trace_id", "span_id", "parent_span_id", "kind", "status", "usage_status"}
ATTRIBUTES = [
    *[value for name, value in vars(semconv).items() if name.isupper() and isinstance(value, str)],
    *["llm_observe.anything", "faas.anything", "ai.telemetry.metadata.userId", "anything"],
]
TYPES = {"str": str, "int": int, "float": int | float, "list": list, "dict": dict, "Any": object}
LARGE = 1_000_000
"""Characters of an extreme that is only tried where it matters."""
DEEP = ("nested 900 deep", "nested 5,000 deep")
"""What no JSON writer writes; ``poison`` has the like of it, byte by byte."""
Send = Callable[[str, str], httpx.Response]


@pytest.fixture(scope="module")
def send(
    data_api: str, keys: StackKeys, token: Callable[..., str], database: Database
) -> Iterator[Send]:
    """Posts a body to ``rpc/ingest_spans`` with a tenant's ingest token: ``send(body, tenant)``."""
    for number, tenant in enumerate(("extreme", "library")):
        made = {"key_id": f"extreme{number}", "name": "a token", "expires_at": from_now(days=1)}
        administer(database, tenant, "create_ingest_token", **made)
    key_ids = {"extreme": "extreme0", "library": "extreme1"}
    with httpx.Client(base_url=f"{data_api}/rest/v1/", timeout=60) as client:

        def post(body: str, tenant: str) -> httpx.Response:
            bearer = token(tenant, "llm_ingest", key_id=key_ids[tenant])
            headers = {
                "apikey": keys.publishable_key,
                "Authorization": f"Bearer {bearer}",
                "content-type": "application/json",
            }
            return client.post("rpc/ingest_spans", content=body.encode(), headers=headers)

        yield post


def put(document: Any, extreme: str) -> str:
    """Write a document with an extreme in its place, as no JSON writer would."""
    return json.dumps(document).replace(json.dumps(PLACE), EXTREMES[extreme], 1)


def count(counters: Counters, *answers: httpx.Response) -> None:
    counters.extremes += len(answers)
    counters.unavailable += sum(answer.status_code >= 500 for answer in answers)


@pytest.mark.parametrize("extreme", EXTREMES)
def test_past_the_door_a_span_is_stored_or_named(
    send: Send, api: str, database: Database, counters: Counters, extreme: str
) -> None:
    """With an ingest token, which only SQL bounds: 200, or 400 and a code; and no reader breaks."""
    few = ["name", "user_id", "cost_usd", "attributes", "input"]
    first = list(EXTREMES).index(extreme) * 100
    bodies = [
        {"spans": [call(number, trace=number) | {column: PLACE}]}
        for number, column in enumerate(few if len(EXTREMES[extreme]) > LARGE else COLUMNS, first)
    ]
    processes = [{"spans": [], "process": PLACE}, {"spans": PLACE}]
    processes += [
        {"spans": [], "process": {"id": "a" * 32, "emitted": 1, "dropped": {}} | {name: PLACE}}
        for name in ("id", "emitted", "dropped")
    ]
    answers = [send(put(body, extreme), "extreme") for body in bodies + processes]
    count(counters, *answers)

    assert {answer.status_code for answer in answers} <= {200, 400}
    refused = [answer.json() for answer in answers if answer.status_code == 400]
    assert all(one["code"][:2] in {"22", "PG"} for one in refused)
    assert read_everything(api, database, "extreme", first) == {200}


def read_everything(api: str, database: Database, tenant: str, first: int) -> set[int]:
    """Give how lists, sums and the traces from a number on are answered."""
    stored = {row["trace_id"] for row in read_rows(database, "spans", tenant)}
    window = {"start": NOON.isoformat(), "end": NOON.replace(hour=13).isoformat()}
    with httpx.Client(base_url=api, headers={"x-tenant-id": tenant}, timeout=60) as client:
        answers = [client.get(path) for path in ("/spans", "/traces")]
        answers.append(client.get("/metrics", params=window))
        ours = sorted(trace for trace in stored if trace >= trace_id(first))
        answers += [client.get(f"/traces/{trace}") for trace in ours]
    return {answer.status_code for answer in answers}


@pytest.mark.parametrize("column", sorted(set(COLUMNS) - ENUMERATIONS))
def test_the_librarys_rows_are_all_stored(send: Send, counters: Counters, column: str) -> None:
    """It brings what its types allow within the bounds of SQL by itself."""
    rows = [
        make_record(number, column, value).to_row()
        for number, value in enumerate(map(read_extreme, EXTREMES), start=1)
        if is_of_type(value, SpanRecord.__annotations__[column])
    ]
    answers = [send(json.dumps({"spans": [row]}), "library") for row in rows]
    count(counters, *answers)

    assert [answer.text for answer in answers if answer.status_code != 200] == []


def make_record(number: int, column: str, value: Any) -> SpanRecord:
    usual = {"trace_id": f"{number:032x}", "span_id": f"{number:016x}", "name": "x"}
    times = dict.fromkeys(("start_ns", "end_ns"), nanoseconds(NOON))
    return SpanRecord(**{"tenant_id": "x", "kind": "client", **usual, **times, column: value})


def is_of_type(value: Any, annotation: str) -> bool:
    kind = TYPES.get(annotation.partition(" ")[0].partition("[")[0])
    return kind is not None and isinstance(value, kind) and not isinstance(value, bool)


def read_extreme(extreme: str) -> Any:
    """Give an extreme as Python has it; of a number it takes 400 digits."""
    if extreme.startswith("nested"):
        value: Any = 1
        for _ in range(EXTREMES[extreme].count("[") + EXTREMES[extreme].count("{")):
            value = [value]
        return value
    return json.loads(EXTREMES[extreme], parse_int=lambda digits: int(digits[:400]))


@pytest.mark.parametrize("extreme", [name for name in EXTREMES if name not in DEEP])
def test_at_the_door_a_span_is_stored_or_named(
    post: Post, database: Database, counters: Counters, extreme: str
) -> None:
    """Each attribute in turn, between good spans; all that is not named is stored."""
    tenant = f"door-{list(EXTREMES).index(extreme)}"
    size = len(EXTREMES[extreme])
    value = to_value(read_extreme(extreme))
    keys = ATTRIBUTES if size < LARGE else [semconv.USER_ID, semconv.SESSION_ID]
    together = min(40, max(1, LARGE // size))
    rejected = 0
    for start in range(0, len(keys), together):
        spans = [make_span(attributes={key: value}) for key in keys[start : start + together]]
        answer = post(to_json(make_request(*spans)), tenant=tenant)
        count(counters, answer)
        assert answer.status_code == 200
        rejected += read_answer(answer).partial_success.rejected_spans

    assert len(read_rows(database, "spans", tenant)) + rejected == len(keys)
    assert rejected == 0


def to_value(value: Any) -> dict[str, Any]:
    """Write a value as an ``AnyValue``, maps too."""
    if value is None:
        return {}
    if isinstance(value, dict):
        pairs = [{"key": key, "value": to_value(item)} for key, item in value.items()]
        return {"kvlistValue": {"values": pairs}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [to_value(item) for item in value]}}
    return to_any(value)
