"""The alarms of queue mode: spans that were acknowledged and are not stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from infra.alarms.alarm import Alarm

QUEUED: Final = "Queued"
QUEUES: Final = ("SpanQueue", "DeadLetterQueue")
SENDERS_LOGS: Final = ("OtlpTracesLogs", "OtlpAnyPathLogs")
"""The log groups of the functions that send to the queue."""
_UNSENT: Final = "unsent_messages_${Stack}"
_UNSENT_LINE: Final = '{ $.message = "spans wait in the bucket for a redrive*" }'
"""A line of functions/ingest/delivery.py."""
_LONG: Final = 900
"""Seconds; a message that fails comes again after 120."""


def describe_filters() -> dict[str, Any]:
    """Describe the filters that count the messages which no queue took, of either function."""
    return {
        f"{logs.removesuffix('Logs')}Unsent": {
            "Type": "AWS::Logs::MetricFilter",
            "Condition": QUEUED,
            "Properties": {
                "LogGroupName": {"Ref": logs},
                "FilterPattern": _UNSENT_LINE,
                "MetricTransformations": [
                    {
                        "MetricNamespace": "llm-observe",
                        "MetricName": {"Fn::Sub": _UNSENT},
                        "MetricValue": "1",
                    }
                ],
            },
        }
        for logs in SENDERS_LOGS
    }


def list_queue_alarms() -> Iterator[tuple[str, Alarm]]:
    """List the alarms, each with its logical name."""
    yield "DeadLetters", _watch_letters()
    yield "Unsent", _watch_bucket()
    yield "Waiting", _watch_age()


def _watch_letters() -> Alarm:
    return Alarm(
        section="Dead letters",
        happened="Spans that were acknowledged are not stored and wait among the dead letters.",
        subject="${Stack}",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": {"Ref": "DeadLetterQueue"}},
        statistic="Maximum",
        seconds=60,
        condition=QUEUED,
    )


def _watch_bucket() -> Alarm:
    return Alarm(
        section="Spans in the bucket",
        happened="Spans that were acknowledged wait in the bucket until a redrive.",
        subject="${Stack}",
        namespace="llm-observe",
        metric=_UNSENT,
        dimensions={},
        seconds=60,
        condition=QUEUED,
    )


def _watch_age() -> Alarm:
    return Alarm(
        section="Spans wait long",
        happened=f"The oldest message of the queue has waited for {_LONG // 60} minutes.",
        subject="${Stack}",
        namespace="AWS/SQS",
        metric="ApproximateAgeOfOldestMessage",
        dimensions={"QueueName": {"Ref": "SpanQueue"}},
        statistic="Maximum",
        threshold=_LONG,
        condition=QUEUED,
    )
