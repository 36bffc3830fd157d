"""Queue mode with SQS, the database or S3 away: somebody else takes the spans, or it is a 503."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import boto3
import pytest

from infra.local.children import Leashes, RunningChild
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.services import data_api_child, function_environment, local_url
from infra.local.settings import Settings
from infra.local.throwaway import Database
from infra.redrive import __main__ as redrive
from tests.functions.conftest import run_api
from tests.functions.ingest.conftest import read_answer, read_rows
from tests.functions.ingest.spans import make_request, make_span
from tests.functions.queue.conftest import Aws, send_spans
from tests.functions.queue.mapping import FakeEventSourceMapping, SqsWithMoveTask, run_writer

NOBODY = "http://127.0.0.1:9"


@dataclass
class Stack:
    """The Data API that can be stopped, and what is started on it."""

    settings: Settings
    keys: StackKeys
    leashes: Leashes
    aws: Aws
    dsn: str = field(repr=False)
    port: int = field(default_factory=free_port)
    data_api: RunningChild | None = None

    def start_database(self) -> None:
        """Let the database be reached."""
        child = data_api_child(self.settings, self.keys, self.dsn, self.port)
        self.data_api = self.leashes.start(child)
        self.data_api.wait_until_ready()

    def stop_database(self) -> None:
        """Let nobody reach the database."""
        if self.data_api is not None:
            self.data_api.stop()
            self.data_api = None

    @contextmanager
    def run_door(self, **changes: str) -> Iterator[str]:
        """An API in queue mode; ``changes`` of its environment take AWS away."""
        changed = self.aws.environment | changes
        url = local_url(self.port)
        with run_api(self.settings, self.keys, url, free_port(), self.leashes, **changed) as api:
            yield api

    @contextmanager
    def run_mapping(self) -> Iterator[FakeEventSourceMapping]:
        """The writer behind the queue."""
        environment = {
            **function_environment(self.settings, self.keys, free_port()),
            "SUPABASE_URL": local_url(self.port),
            **self.aws.environment,
        }
        with run_writer(environment) as writer:
            yield FakeEventSourceMapping(self.aws.sqs, self.aws.settings.url, writer)


@pytest.fixture
def stack(
    settings: Settings, keys: StackKeys, leashes: Leashes, aws: Aws, database: Database
) -> Iterator[Stack]:
    """A stack whose database is there."""
    aws.empty()
    with ExitStack() as cleanup:
        stack = Stack(settings, keys, leashes, aws, database.authenticator_url)
        stack.start_database()
        cleanup.callback(stack.stop_database)
        yield stack


def redrive_by_hand(aws: Aws, *options: str) -> int:
    """Run the command as `make redrive` does; its exit code."""
    clients = {"sqs": SqsWithMoveTask(aws.sqs), "s3": aws.s3}
    with (
        patch.dict("os.environ", aws.environment),
        patch.object(boto3, "client", clients.__getitem__),
        patch("sys.argv", ["redrive", *options]),
    ):
        return redrive.main()


def one_span(tenant: str, url: str) -> Any:
    return send_spans(url, make_request(make_span()), tenant)


def test_without_the_queue_spans_are_committed_at_once(stack: Stack, database: Database) -> None:
    """SQS does not answer: a 200 as in sync mode."""
    with stack.run_door(AWS_ENDPOINT_URL_SQS=NOBODY) as door:
        answer = one_span("no-queue", door)

    assert answer.status_code == 200
    assert len(read_rows(database, "spans", "no-queue")) == 1
    assert stack.aws.list_objects() == {}


def test_a_queue_that_refuses_is_a_queue_that_is_away(stack: Stack, database: Database) -> None:
    """An error of SQS, here that there is no such queue, is as good as no answer."""
    with stack.run_door(LLM_OBSERVE_QUEUE_URL=f"{stack.aws.settings.url}-gone") as door:
        answer = one_span("refused", door)

    assert answer.status_code == 200
    assert len(read_rows(database, "spans", "refused")) == 1


def test_without_queue_and_database_spans_wait_in_the_bucket(
    stack: Stack, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """A redrive brings them to the queue, once it is asked to go; then they are stored."""
    with stack.run_door(AWS_ENDPOINT_URL_SQS=NOBODY) as door:
        one_span("bucket", door)
        stack.stop_database()
        answers = [one_span("bucket", door) for _ in range(2)]
    kept = stack.aws.list_objects()
    counted = redrive_by_hand(stack.aws)
    told = capsys.readouterr().out
    still_kept = stack.aws.list_objects()
    moved = redrive_by_hand(stack.aws, "--go")
    stack.start_database()
    with stack.run_mapping() as mapping:
        done = mapping.drain()

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(kept) == 2
    assert all(key.startswith("unsent/") and "bucket" not in key for key in kept)
    assert (counted, moved, still_kept) == (0, 0, kept)
    assert "In the bucket: 2 messages" in told
    assert "Nothing was moved" in told
    assert stack.aws.list_objects() == {}
    assert done == 2
    assert len(read_rows(database, "spans", "bucket")) == 3


def test_with_all_three_away_the_sender_comes_again(stack: Stack) -> None:
    """A 503 says when; nothing was acknowledged."""
    with stack.run_door(AWS_ENDPOINT_URL=NOBODY) as door:
        one_span("nobody", door)
        stack.stop_database()
        answer = one_span("nobody", door)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert read_answer(answer).message.startswith("Neither the queue, the database nor the bucket")


def test_a_message_waits_while_the_database_is_away(stack: Stack, database: Database) -> None:
    """It fails by itself and is stored by a later delivery."""
    with stack.run_door() as door, stack.run_mapping() as mapping:
        answer = one_span("later", door)
        stack.stop_database()
        away = mapping.poll()
        stack.start_database()
        back = mapping.poll()

    assert answer.status_code == 200
    assert (away, back) == ((0, 1), (1, 0))
    assert len(read_rows(database, "spans", "later")) == 1


def test_dead_letters_come_back_and_are_stored(
    stack: Stack, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """After an outage that was longer than the queue's patience."""
    with stack.run_door() as door, stack.run_mapping() as mapping:
        one_span("letters", door)
        stack.stop_database()
        while mapping.poll() != (0, 0):
            pass
    letters = stack.aws.receive(stack.aws.settings.dead_letter_url)
    moved = redrive_by_hand(stack.aws, "--go")
    stack.start_database()
    with stack.run_mapping() as mapping:
        done = mapping.drain()

    assert (len(letters), moved) == (1, 0)
    assert "SQS moves about 1 dead letters" in capsys.readouterr().out
    assert done == 1
    assert len(read_rows(database, "spans", "letters")) == 1


def test_a_redrive_leaves_what_is_no_message(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says which object that is."""
    stack.aws.s3.put_object(
        Bucket=stack.aws.settings.claim_bucket, Key="unsent/odd", Body=json.dumps([1]).encode()
    )
    assert redrive_by_hand(stack.aws, "--go") == 1
    assert "unsent/odd" in capsys.readouterr().err
    assert list(stack.aws.list_objects()) == ["unsent/odd"]


def test_a_redrive_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """Without the three settings it names them."""
    with patch("sys.argv", ["redrive"]):
        assert redrive.main() == 1
    assert "LLM_OBSERVE_QUEUE_URL" in capsys.readouterr().err
