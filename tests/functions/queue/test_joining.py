"""Small messages of one tenant that come to the writer together."""

from __future__ import annotations

import json

import pytest

from infra.local.throwaway import Database
from tests.functions.ingest.conftest import read_rows
from tests.functions.ingest.spans import make_request, make_span
from tests.functions.queue.conftest import Aws, send_spans
from tests.functions.queue.mapping import FakeEventSourceMapping


@pytest.fixture(autouse=True)
def _empty(aws: Aws) -> None:
    """Each test begins with empty queues and an empty bucket."""
    aws.empty()


def test_they_are_stored_in_one_transaction(
    queueing: str, mapping: FakeEventSourceMapping, database: Database
) -> None:
    """All of a tenant's rows are written at one time; another tenant's have their own."""
    for tenant in ("joined", "other", "joined", "joined"):
        send_spans(queueing, make_request(make_span(), make_span()), tenant)
    done = mapping.drain()
    rows, others = (read_rows(database, "spans", tenant) for tenant in ("joined", "other"))
    times, other_times = ({row["received_at"] for row in each} for each in (rows, others))

    assert (done, len(rows), len(others)) == (4, 6, 2)
    assert (len(times), len(other_times), len(times | other_times)) == (1, 1, 2)


def test_large_ones_are_stored_by_themselves(
    queueing: str, mapping: FakeEventSourceMapping, database: Database
) -> None:
    """What one call holds is bounded by what the largest message holds."""
    for count in (101, 1, 1):
        send_spans(queueing, make_request(*[make_span() for _ in range(count)]), "large")
    done = mapping.drain()
    rows = read_rows(database, "spans", "large")

    assert (done, len(rows)) == (3, 103)
    assert len({row["received_at"] for row in rows}) == 2


def test_a_row_that_is_refused_costs_its_neighbours_nothing(
    queueing: str, mapping: FakeEventSourceMapping, aws: Aws, database: Database
) -> None:
    """They are stored one by one then, and the row is a dead letter under the key it came with."""
    for _ in range(3):
        send_spans(queueing, make_request(make_span(), make_span()), "mixed")
    bodies = [json.loads(message["Body"]) for message in aws.receive(aws.settings.url)]
    aws.empty()
    bodies[1]["key_id"] = "theirs"
    bodies[1]["rows"][0]["status"] = "sideways"
    for body in bodies:
        aws.sqs.send_message(QueueUrl=aws.settings.url, MessageBody=json.dumps(body))
    done = mapping.drain()
    (letter,) = aws.receive(aws.settings.dead_letter_url)

    assert (done, len(read_rows(database, "spans", "mixed"))) == (3, 5)
    assert json.loads(letter["Body"]) == bodies[1] | {"rows": bodies[1]["rows"][:1]}
