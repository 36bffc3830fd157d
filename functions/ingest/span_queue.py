"""SQS with S3 beside it: sends, dead letters, claim checks, and what waits for a redrive.

boto3 comes with Lambda's runtime and is imported by the first who sends or receives.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, TypeVar

from functions.common.environment import QueueSettings
from functions.ingest.messages import LARGEST_MESSAGE, Parcel

T = TypeVar("T")

SECONDS: Final = 2.0
"""The longest that one call takes: connecting, then waiting for an answer."""
UNSENT: Final = "unsent/"
"""Where messages are that neither the queue nor the database took."""
_CLAIMS: Final = "claims/"
_CONNECT: Final = 0.5
_MOST_REASON: Final = 1_024


class QueueUnavailableError(Exception):
    """SQS or S3 did not do what it was asked for; the text is their code for why."""


class ClaimGoneError(Exception):
    """The object with a message's rows is not there."""


class SpanQueue:
    """The queue, its dead letters and its bucket. A call takes about 2 s at most."""

    def __init__(self, settings: QueueSettings, sqs: Any, s3: Any) -> None:
        self._settings = settings
        self._sqs = sqs
        self._s3 = s3

    def send(self, parcel: Parcel) -> None:
        """Put a parcel into the queue; its rows into the bucket if they are too many bytes.

        Raises:
            QueueUnavailableError: if it is not there; an object may be, and expires.
        """
        self._send(self._settings.url, parcel, {})

    def bury(self, parcel: Parcel, reason: str) -> None:
        """Put a parcel among the dead letters, with the reason as an attribute.

        Raises:
            QueueUnavailableError: as ``send``.
        """
        value = {"DataType": "String", "StringValue": reason[:_MOST_REASON]}
        self._send(self._settings.dead_letter_url, parcel, {"reason": value})

    def keep(self, parcel: Parcel) -> None:
        """Put a parcel's message into the bucket, for a redrive.

        Raises:
            QueueUnavailableError: if it is not there.
        """
        self._put(_name_object(UNSENT), parcel.write().encode("ascii"))

    def fetch(self, key: str) -> bytes:
        """Give an object.

        Raises:
            ClaimGoneError: if there is none.
            QueueUnavailableError: if S3 does not give it.
        """
        bucket = self._settings.claim_bucket
        return _ask(lambda: bytes(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()))

    def forget(self, key: str) -> None:
        """Delete an object.

        Raises:
            QueueUnavailableError: if S3 does not do it.
        """
        _ask(lambda: self._s3.delete_object(Bucket=self._settings.claim_bucket, Key=key))

    def _send(self, url: str, parcel: Parcel, attributes: dict[str, Any]) -> None:
        body = parcel.write()
        if len(body) > LARGEST_MESSAGE:
            key = _name_object(_CLAIMS)
            self._put(key, parcel.pack())
            body = parcel.write_claim(key)
        # The tenant as the group makes a standard queue a fair one: who sends much waits longer.
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
        message = {"QueueUrl": url, "MessageBody": body, "MessageGroupId": parcel.tenant}
        _ask(lambda: self._sqs.send_message(**message, MessageAttributes=attributes))

    def _put(self, key: str, body: bytes) -> None:
        bucket = self._settings.claim_bucket
        _ask(lambda: self._s3.put_object(Bucket=bucket, Key=key, Body=body))


@cache
def open_queue(settings: QueueSettings) -> SpanQueue:
    """Make the two clients, once per process: that takes some tenths of a second."""
    import boto3  # noqa: PLC0415  # 170 ms, and 90 ms a client
    from botocore.config import Config  # noqa: PLC0415  # as boto3

    bounds = Config(
        connect_timeout=_CONNECT,
        read_timeout=SECONDS - _CONNECT,
        # Its own retries sleep; whoever calls has another way, or comes again.
        retries={"total_max_attempts": 1},
    )
    sqs, s3 = (boto3.client(name, config=bounds) for name in ("sqs", "s3"))
    return SpanQueue(settings, sqs, s3)


def _ask(call: Callable[[], T]) -> T:
    """Give the answer; ask once more at once where a connection was stale.

    Raises:
        ClaimGoneError: if there is no such object.
        QueueUnavailableError: if there is no answer, or another error.
    """
    from botocore.exceptions import (  # noqa: PLC0415  # as above
        BotoCoreError,
        ClientError,
        ConnectionClosedError,
    )

    try:
        try:
            return call()
        except ConnectionClosedError:
            # A frozen environment's connection may be gone; sending again changes nothing.
            return call()
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        if code == "NoSuchKey":
            raise ClaimGoneError from error
        raise QueueUnavailableError(code) from error
    except BotoCoreError as error:
        raise QueueUnavailableError(type(error).__name__) from error


def _name_object(folder: str) -> str:
    """Name an object so that names sort by time and say nothing of whose it is."""
    return f"{folder}{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}-{uuid.uuid4().hex}"
