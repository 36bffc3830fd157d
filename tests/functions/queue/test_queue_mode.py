"""POST /v1/traces in queue mode: what is acknowledged ends as the rows that sync mode makes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from functions.ingest import messages as queued
from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.functions.conftest import run_api
from tests.functions.credentials import bearer, make_key
from tests.functions.ingest.conftest import read_answer, read_rows
from tests.functions.ingest.spans import JSON_TYPE, make_request, make_span, to_json
from tests.functions.queue.conftest import MOST_RECEIVES, Aws, send_spans
from tests.functions.queue.mapping import FakeEventSourceMapping, Writer, make_record

MARKER = "marker4711zebra"


@pytest.fixture(scope="module")
def syncing(settings: Settings, keys: StackKeys, data_api: str, leashes: Leashes) -> Iterator[str]:
    """The base URL of an API in sync mode, on the same database."""
    with run_api(settings, keys, data_api, free_port(), leashes) as url:
        yield url


@pytest.fixture(autouse=True)
def _empty(aws: Aws) -> None:
    """Each test begins with empty queues and an empty bucket."""
    aws.empty()


def read_message(aws: Aws) -> dict[str, Any]:
    """The one message that is in the queue."""
    (message,) = aws.receive(aws.settings.url)
    return message


def forget(database: Database, tenant: str) -> None:
    """Delete a tenant's spans; its salt stays, so that digests are the same again."""
    with psycopg.connect(database.owner_url) as connection:
        for table in ("span_contents", "spans", "traces"):
            connection.execute(f"delete from {table} where tenant_id = %s", [tenant])


def without_clock(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in one order, but for when they were written."""
    written = {"received_at", "updated_at"}
    kept = [{name: value for name, value in row.items() if name not in written} for row in rows]
    return sorted(kept, key=lambda row: (row["trace_id"], row.get("span_id", "")))


def test_queued_spans_end_as_the_same_rows(
    queueing: str, syncing: str, mapping: FakeEventSourceMapping, database: Database
) -> None:
    """After a 200 nothing is stored yet; then rows and traces are those of sync mode."""
    prompt = [{"role": "user", "parts": [{"type": "text", "content": "Grüße, 世界 \U0001f600"}]}]
    content = {"gen_ai.input.messages": json.dumps(prompt), "user.id": "anna"}
    spans = [make_span(attributes=content), make_span("odd \ud800 \x01 name", kind=1)]
    request = make_request(*spans, **{"service.name": "shop"})
    answer = send_spans(queueing, request, "same")
    before = read_rows(database, "spans", "same")
    done = mapping.drain()
    written = [read_rows(database, table, "same") for table in ("spans", "traces")]
    forget(database, "same")
    send_spans(syncing, request, "same")
    committed = [read_rows(database, table, "same") for table in ("spans", "traces")]

    assert (answer.status_code, before, done) == (200, [], 1)
    assert [len(rows) for rows in written] == [2, 2]
    assert list(map(without_clock, written)) == list(map(without_clock, committed))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", JSON_TYPE),
        (b"{}", "text/plain"),
        (b"", JSON_TYPE),
        (to_json(make_request(make_span(), make_span(traceId=""))), JSON_TYPE),
        (to_json(make_request(*[{}] * 10_001)), JSON_TYPE),
    ],
)
def test_the_answers_are_those_of_sync_mode(
    queueing: str, syncing: str, body: bytes, content_type: str
) -> None:
    """What is malformed, too large or can never be accepted is said at the door, in both modes."""
    headers = {"content-type": content_type, "x-tenant-id": "answers"}
    waiting, committed = (
        httpx.post(f"{url}/v1/traces", content=body, headers=headers, timeout=30)
        for url in (queueing, syncing)
    )

    assert (waiting.status_code, waiting.content) == (committed.status_code, committed.content)


def test_a_message_names_its_tenant_and_version(queueing: str, aws: Aws) -> None:
    """The group, by which the queue is fair, is the tenant; no attribute says anything else."""
    send_spans(queueing, make_request(make_span()), "named")
    message = read_message(aws)
    document = json.loads(message["Body"])

    assert message["Attributes"]["MessageGroupId"] == document["tenant_id"] == "named"
    assert (document["version"], document["key_id"], len(document["rows"])) == (1, "dev", 1)
    assert "MessageAttributes" not in message


def test_a_message_delivered_twice_changes_nothing(
    queueing: str, writer: Writer, aws: Aws, database: Database
) -> None:
    """SQS delivers at least once."""
    send_spans(queueing, make_request(make_span(), make_span()), "twice")
    event = {"Records": [make_record(read_message(aws))]}
    answers = [writer.invoke(event) for _ in range(2)]

    assert answers == [{"batchItemFailures": []}] * 2
    assert len(read_rows(database, "spans", "twice")) == 2
    assert sum(row["requests"] for row in read_rows(database, "traces", "twice")) == 2


def test_a_row_that_is_refused_is_a_dead_letter_and_the_rest_is_stored(
    queueing: str, mapping: FakeEventSourceMapping, aws: Aws, database: Database
) -> None:
    """It keeps its tenant and says why, without a value of it; its message is done."""
    send_spans(queueing, make_request(*[make_span() for _ in range(5)]), "poison")
    document = json.loads(read_message(aws)["Body"])
    document["rows"][3]["status"] = MARKER
    aws.empty()
    aws.sqs.send_message(QueueUrl=aws.settings.url, MessageBody=json.dumps(document))
    done = mapping.drain()
    (letter,) = aws.receive(aws.settings.dead_letter_url)
    reason = letter["MessageAttributes"]["reason"]["StringValue"]

    assert done == 1
    assert len(read_rows(database, "spans", "poison")) == 4
    assert json.loads(letter["Body"]) == document | {"rows": [document["rows"][3]]}
    assert reason.startswith("1 of the spans: A span is malformed: ")
    assert MARKER not in reason


def test_a_damaged_message_fails_alone_and_ends_as_a_dead_letter(
    queueing: str, mapping: FakeEventSourceMapping, aws: Aws, database: Database
) -> None:
    """Its neighbours are stored at the first delivery; it is tried as often as the queue says."""
    bodies = ["{", "[]", '{"version": 2, "tenant_id": "x", "key_id": "x", "rows": []}']
    for body in bodies:
        aws.sqs.send_message(QueueUrl=aws.settings.url, MessageBody=body)
    send_spans(queueing, make_request(make_span()), "neighbour")
    polls = [mapping.poll() for _ in range(MOST_RECEIVES + 1)]
    letters = aws.receive(aws.settings.dead_letter_url)

    assert polls == [(1, 3), (0, 3), (0, 3), (0, 0)]
    assert sorted(letter["Body"] for letter in letters) == sorted(bodies)
    assert len(read_rows(database, "spans", "neighbour")) == 1


def make_incompressible_request() -> dict[str, Any]:
    """1,000 spans whose names and sessions take 1.5 MB even when packed."""
    draw = random.Random(1)

    def text() -> str:
        return "".join(map(chr, draw.choices(range(0x4E00, 0x9FA0), k=250)))

    return make_request(
        *(make_span(text(), attributes={"session.id": text()}) for _ in range(1000))
    )


def test_rows_too_large_for_a_message_wait_in_the_bucket(
    queueing: str, mapping: FakeEventSourceMapping, aws: Aws, database: Database
) -> None:
    """Above 1 MiB the rows are an object, which is gone once they are stored."""
    answer = send_spans(queueing, make_incompressible_request(), "large")
    message = read_message(aws)
    (claim,) = aws.list_objects()
    done = mapping.drain()

    assert answer.status_code == 200
    assert json.loads(message["Body"])["rows_at"] == claim
    assert "large" not in claim
    assert done == 1
    assert len(read_rows(database, "spans", "large")) == 1000
    assert aws.list_objects() == {}


def test_a_claim_that_was_stored_is_done(
    queueing: str, writer: Writer, aws: Aws, database: Database
) -> None:
    """A second delivery finds no object, which only the first can have taken away."""
    send_spans(queueing, make_incompressible_request(), "claimed")
    event = {"Records": [make_record(read_message(aws))]}

    assert [writer.invoke(event) for _ in range(2)] == [{"batchItemFailures": []}] * 2
    assert len(read_rows(database, "spans", "claimed")) == 1000


def test_many_spans_are_packed_and_split(
    queueing: str, mapping: FakeEventSourceMapping, aws: Aws, database: Database
) -> None:
    """2,500 usual spans are three messages of 1,000 rows at most, none of them large."""
    send_spans(queueing, make_request(*[make_span() for _ in range(2500)]), "many")
    messages = aws.receive(aws.settings.url)
    sizes = [len(message["Body"]) for message in messages]

    assert len(messages) == 3
    assert max(sizes) < 100_000
    assert all("rows_gzip" in json.loads(message["Body"]) for message in messages)
    assert mapping.drain() == 3
    assert len(read_rows(database, "spans", "many")) == 2500


def test_spans_of_a_key_that_is_revoked_afterwards_are_stored(
    queueing: str, mapping: FakeEventSourceMapping, database: Database
) -> None:
    """It was good at the door, and a 200 stands."""
    made = make_key(queueing, "revoked", "ingest")
    headers = bearer(made["key"]) | {"content-type": JSON_TYPE}
    body = to_json(make_request(make_span()))
    answer = httpx.post(f"{queueing}/v1/traces", content=body, headers=headers, timeout=30)
    dev = {"x-tenant-id": "revoked"}
    gone = httpx.delete(f"{queueing}/keys/{made['key_id']}", headers=dev, timeout=30)

    assert (answer.status_code, gone.is_success) == (200, True)
    assert mapping.drain() == 1
    assert len(read_rows(database, "spans", "revoked")) == 1


def test_what_is_forgotten_while_it_waits_is_not_stored(
    queueing: str, syncing: str, mapping: FakeEventSourceMapping, database: Database
) -> None:
    """A user's other trace, and the rest of one that was stored; another user's span is."""
    anna, bob = ({"user.id": name} for name in ("anna", "bob"))
    stored, waiting, others = (make_span(attributes=user) for user in (anna, anna, bob))
    rest = make_span(traceId=stored["traceId"])
    send_spans(syncing, make_request(stored), "forgets")
    send_spans(queueing, make_request(waiting, rest, others), "forgets")
    headers = {"x-tenant-id": "forgets"}
    body = {"user_id": "anna"}
    receipt = httpx.post(f"{syncing}/users/forget", json=body, headers=headers, timeout=30)
    done = mapping.drain()
    rows = read_rows(database, "spans", "forgets")

    assert (receipt.json()["deleted"]["spans"], done) == (1, 1)
    assert [row["span_id"] for row in rows] == [others["spanId"]]


def test_no_content_is_in_a_message_or_an_object(queueing: str, aws: Aws) -> None:
    """With content off, prompts and answers are digests and lengths before anything leaves."""
    text = json.dumps([{"role": "user", "parts": [{"type": "text", "content": MARKER}]}])
    content = {
        "gen_ai.input.messages": text,
        "gen_ai.output.messages": text,
        "llm.input_messages.0.message.content": MARKER,
        "something.else": MARKER,
    }
    event = {"name": "exception", "attributes": [], "timeUnixNano": "1"}
    odd = make_span(
        attributes=content, status={"code": 2, "message": MARKER}, events=[event | {"name": MARKER}]
    )
    large = make_incompressible_request()
    for span in large["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        span["attributes"] += odd["attributes"][5:]
    for request in (make_request(odd), large):
        assert send_spans(queueing, request, "private").status_code == 200
    messages = aws.receive(aws.settings.url)
    read = [queued.read_message(message["Body"]) for message in messages]
    rows = [row for message in read for row in message.rows]
    claimed = [row for held in aws.list_objects().values() for row in queued.read_rows(held)]

    assert {message.claim is None for message in read} == {True, False}
    assert len(rows) + len(claimed) == 1001
    assert all(row["input_digest"] for row in rows + claimed)
    assert MARKER not in json.dumps([messages, rows, claimed])


def test_unacceptable_spans_are_rejected_and_not_queued(queueing: str, aws: Aws) -> None:
    """Only the others are in the message."""
    request = make_request(make_span(), make_span(spanId="abcd"))
    answer = send_spans(queueing, request, "partial")

    assert read_answer(answer).partial_success.rejected_spans == 1
    assert len(json.loads(read_message(aws)["Body"])["rows"]) == 1
