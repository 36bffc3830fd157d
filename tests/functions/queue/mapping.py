"""Fakes of what moto lacks: Lambda's event source mapping, and SQS' message move task."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any
from unittest.mock import patch

from infra.local.aws.environment import DONE, READY, run_environment
from infra.local.aws.template import read_consumers
from infra.local.settings import REPOSITORY

(WRITER,) = read_consumers(REPOSITORY / "template.yaml")


class Writer:
    """The writer's real handler in a process of its own, invoked with events as Lambda's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def invoke(self, event: Any) -> Any:
        """What the handler answers."""
        self._connection.send_bytes(json.dumps(event).encode())
        assert self._connection.poll(WRITER.timeout_s), "the writer took longer than its timeout"
        result = self._connection.recv_bytes()
        assert result.startswith(DONE), "the writer raised"
        return json.loads(result.removeprefix(DONE))


@contextmanager
def run_writer(environment: Mapping[str, str]) -> Iterator[Writer]:
    """Start the writer with an environment, and end it."""
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=run_environment, args=(WRITER, theirs), daemon=True)
    with patch.dict(os.environ, environment, clear=True):
        process.start()
    theirs.close()
    try:
        assert ours.poll(30), "the writer did not start"
        assert ours.recv_bytes() == READY
        yield Writer(ours)
    finally:
        ours.close()
        process.join(5)
        process.kill()


class FakeEventSourceMapping:
    """A fake of Lambda's mapping from a queue to a function, with ReportBatchItemFailures.

    As the real one does, it receives up to ten messages, invokes the function with them, deletes
    those that the answer does not name, and leaves the others to be received again.
    Other than the real one, it has one poller and no back-off, and a message that failed is visible
    at once where the real one waits for the visibility timeout.
    That SQS gives a message which was received too often to the dead letters is moto's doing.
    """

    def __init__(self, sqs: Any, url: str, writer: Writer) -> None:
        self._sqs = sqs
        self._url = url
        self._writer = writer

    def poll(self) -> tuple[int, int]:
        """Hand over one batch; how many messages were done, and how many failed."""
        messages = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return 0, 0
        answer = self._writer.invoke({"Records": [make_record(each) for each in messages]})
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        for message in messages:
            self._settle(message["ReceiptHandle"], failed=message["MessageId"] in failed)
        return len(messages) - len(failed), len(failed)

    def drain(self) -> int:
        """Hand over batches until none is there; how many messages were done. None may fail."""
        total = 0
        while (done := self.poll()) != (0, 0):
            assert done[1] == 0, "a message failed"
            total += done[0]
        return total

    def _settle(self, receipt: str, *, failed: bool) -> None:
        if failed:
            self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=0
            )
        else:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)


def make_record(message: Mapping[str, Any]) -> dict[str, Any]:
    """Give a received message as it stands in an event.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:spans",
        "awsRegion": "eu-central-1",
    }


class SqsWithMoveTask:
    """moto's SQS with a fake of StartMessageMoveTask, which it lacks: it moves all at once.

    The real one does it afterwards, at the rate it is given.
    """

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)

    def start_message_move_task(self, **arguments: Any) -> None:
        """Move what is visible."""
        named = (arguments["SourceArn"], arguments["DestinationArn"])
        source, destination = (
            self._sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"] for arn in named
        )
        while messages := self._sqs.receive_message(QueueUrl=source).get("Messages"):
            for message in messages:
                self._sqs.send_message(QueueUrl=destination, MessageBody=message["Body"])
                self._sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
