"""Rows that the writer cannot store are dead letters with a reason each; the rest is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.common.auth.access import CallerIdentity
from functions.ingest.messages import make_parcels
from infra.local.throwaway import Database
from tests.database.support.failing import inject_faults, name_fault
from tests.database.support.spans import call
from tests.functions.ingest.conftest import read_rows
from tests.functions.ingest.spans import make_request, make_span
from tests.functions.queue.conftest import Aws, send_spans
from tests.functions.queue.mapping import FakeEventSourceMapping, run_writer


@pytest.fixture(autouse=True)
def _empty(aws: Aws, database: Database) -> None:
    """Each test begins with empty queues, an empty bucket and faults at hand."""
    aws.empty()
    inject_faults(database)


def put_rows(aws: Aws, tenant: str, rows: list[dict[str, Any]]) -> None:
    """Leave rows in the queue by their claim, as the door does with large ones."""
    (parcel,) = make_parcels(CallerIdentity(tenant, "dev"), rows)
    aws.s3.put_object(Bucket=aws.settings.claim_bucket, Key=f"claims/{tenant}", Body=parcel.pack())
    aws.sqs.send_message(
        QueueUrl=aws.settings.url, MessageBody=parcel.write_claim(f"claims/{tenant}")
    )


@pytest.mark.parametrize("code", ["XX000", "P0001", "54000"])
def test_a_row_that_fails_for_whatever_reason_is_a_dead_letter(
    queueing: str, mapping: FakeEventSourceMapping, aws: Aws, database: Database, code: str
) -> None:
    """At once, and not after an hour of tries, with its good neighbours."""
    tenant = f"buried-{code.lower()}"
    odd = make_span(attributes={"user.id": name_fault(code)})
    send_spans(queueing, make_request(make_span(), odd, make_span()), tenant)
    done = mapping.drain()
    (letter,) = aws.receive(aws.settings.dead_letter_url)
    reason = letter["MessageAttributes"]["reason"]["StringValue"]

    assert (done, len(read_rows(database, "spans", tenant))) == (1, 2)
    assert reason.startswith("1 of the spans: ")
    assert "secret" not in reason


def test_a_tenant_whose_statements_fail_holds_up_no_other(
    queueing: str, mapping: FakeEventSourceMapping, database: Database
) -> None:
    """Its messages stay in the queue; in the same invocation its neighbour's are stored."""
    odd = make_span(attributes={"user.id": name_fault("57014")})
    for _ in range(4):
        send_spans(queueing, make_request(odd), "failing")
        send_spans(queueing, make_request(make_span()), "fine")
    polls = mapping.poll()

    assert polls == (4, 4)
    assert len(read_rows(database, "spans", "fine")) == 4


def test_a_row_above_any_requests_limit_is_named(
    mapping: FakeEventSourceMapping, aws: Aws, database: Database
) -> None:
    """It is not sent at all: what takes 10 MiB would answer 413 for ever."""
    rows = [call(1), call(2, attributes={}) | {"attributes": {"x": "y" * 9_000_000}}]
    for row, tenant in zip(rows, ("usual", "bulky"), strict=True):
        put_rows(aws, tenant, [row])
    done = mapping.drain()
    (letter,) = aws.receive(aws.settings.dead_letter_url)

    assert done == 2
    assert len(read_rows(database, "spans", "usual")) == 1
    assert "8 MiB" in letter["MessageAttributes"]["reason"]["StringValue"]
    assert json.loads(letter["Body"])["tenant_id"] == "bulky"


def test_a_line_about_a_message_names_its_tenant(
    writer_environment: dict[str, str],
    queueing: str,
    aws: Aws,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The writer's log is JSON and says whose message stays in the queue, and nothing it holds."""
    odd = make_span(attributes={"user.id": name_fault("57014")})
    send_spans(queueing, make_request(odd), "staying")
    with run_writer(writer_environment) as writer:
        polls = FakeEventSourceMapping(aws.sqs, aws.settings.url, writer).poll()
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    stays = [line for line in lines if line["message"].startswith("a message stays")]

    assert polls == (0, 1)
    assert [(line["tenant"], line["level"]) for line in stays] == [("staying", "WARNING")]
    assert all(line["function_request_id"] for line in lines)
    assert name_fault("57014") not in json.dumps(lines)
