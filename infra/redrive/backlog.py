"""The backlog beside the queue: dead letters, and messages in the bucket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from functions.common.auth.access import CallerIdentity
from functions.common.environment import QueueSettings
from functions.ingest.messages import (
    MalformedMessageError,
    make_parcels,
    read_message,
)
from functions.ingest.span_queue import UNSENT, SpanQueue

_ARN: Final = "QueueArn"
_VISIBLE: Final = "ApproximateNumberOfMessages"
_RATE: Final = 10
"""Messages a second, so that dead letters do not crowd out new spans."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """Objects that wait in the bucket: their names and their bytes."""

    keys: list[str]
    size: int


class Backlog:
    """Looks at what waits, and moves it. ``sqs`` and ``s3`` are boto3's clients."""

    def __init__(self, settings: QueueSettings, sqs: Any, s3: Any) -> None:
        self._settings = settings
        self._sqs = sqs
        self._s3 = s3
        self._queue = SpanQueue(settings, sqs, s3)

    def count_dead_letters(self) -> int:
        """Give about how many dead letters there are, as SQS says."""
        return int(self._describe(self._settings.dead_letter_url)[_VISIBLE])

    def list_unsent(self) -> Unsent:
        """Give the messages that wait in the bucket, the oldest first."""
        objects = list(self._walk())
        return Unsent([each["Key"] for each in objects], sum(each["Size"] for each in objects))

    def send(self, key: str) -> bool:
        """Put a message of the bucket into the queue and then delete the object.

        Gives False, and leaves the object, where that is no message.

        Raises:
            QueueUnavailableError: if one of the two does not happen; again is harmless.
        """
        try:
            message = read_message(self._queue.fetch(key).decode("ascii"))
        except (MalformedMessageError, UnicodeDecodeError):
            return False
        for parcel in make_parcels(CallerIdentity(message.tenant, message.key_id), message.rows):
            self._queue.send(parcel)
        self._queue.forget(key)
        return True

    def move_dead_letters(self) -> None:
        """Have SQS move all dead letters to the queue, ten a second, on its own.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html

        Raises:
            botocore.exceptions.ClientError: if it does not start.
        """
        # The destination is named because the writer's own dead letters come from no queue.
        self._sqs.start_message_move_task(
            SourceArn=self._describe(self._settings.dead_letter_url)[_ARN],
            DestinationArn=self._describe(self._settings.url)[_ARN],
            MaxNumberOfMessagesPerSecond=_RATE,
        )

    def _describe(self, url: str) -> dict[str, str]:
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[_ARN, _VISIBLE])
        attributes: dict[str, str] = answer["Attributes"]
        return attributes

    def _walk(self) -> Iterator[dict[str, Any]]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._settings.claim_bucket, Prefix=UNSENT
        )
        for page in pages:
            yield from page.get("Contents", ())
