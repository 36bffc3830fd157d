"""The two write modes behind the door: commit at once, or leave it to the writer.

In queue mode, what the queue does not take is committed at once, and what the database does not
take either waits in the bucket. Only where all three are away is the sender told to come again.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Sequence
from typing import Final

from functions.common.auth.access import CallerIdentity
from functions.common.environment import find_queue_settings
from functions.common.errors import DatabaseUnavailableError
from functions.ingest.messages import Parcel, make_parcels
from functions.ingest.rejections import Rejections
from functions.ingest.span_queue import (
    SECONDS,
    QueueUnavailableError,
    SpanQueue,
    open_queue,
)
from functions.ingest.storing import ingest_rows, make_rows
from llm_observe.dialects import SourceSpan
from llm_observe.supabase.portions import Row

_log = logging.getLogger("llm_observe.api")

_KEEPING: Final = SECONDS + 0.5
"""Seconds before the deadline that belong to the bucket."""
_KEY_ID: Final = re.compile(r"[0-9a-z]{8}")
"""An API key's or ingest token's id; people and developers have none."""


def deliver_spans(
    caller: CallerIdentity, spans: Iterable[SourceSpan], rejections: Rejections, *, deadline: float
) -> None:
    """Make the spans durable as the caller's tenant; returns when they are.

    ``deadline`` is in ``time.monotonic`` seconds. Delivering again changes nothing.

    Raises:
        DatabaseUnavailableError: if nobody takes them in time; nothing or a part of the spans is
            stored, and all may be sent again.
        TooManyRequestsError: if the tenant is over its rate.
    """
    rows = make_rows(caller, spans, rejections, deadline)
    if not rows:
        return
    settings = find_queue_settings()
    if settings is None:
        _store(caller, rows, rejections, deadline)
        return
    queue, parcels = open_queue(settings), list(make_parcels(caller, _name_key(caller, rows)))
    left = _send(queue, parcels, deadline)
    if left:
        _store_or_keep(caller, queue, left, rejections, deadline)


def _name_key(caller: CallerIdentity, rows: list[Row]) -> list[Row]:
    """Say in each row which key brought it: the writer asks the database without that key."""
    if _KEY_ID.fullmatch(caller.key_id) is None:
        return rows
    return [row | {"api_key_id": caller.key_id} for row in rows]


def _store(
    caller: CallerIdentity, rows: list[Row], rejections: Rejections, deadline: float
) -> None:
    ingest_rows(caller, rows, lambda _row, reason: rejections.add(reason), deadline)


def _send(queue: SpanQueue, parcels: Sequence[Parcel], deadline: float) -> Sequence[Parcel]:
    """Send what the queue takes, and give the rest."""
    for number, parcel in enumerate(parcels):
        try:
            _require_time(deadline - _KEEPING)
            queue.send(parcel)
        except QueueUnavailableError as error:
            _log.warning("the queue did not take a message: %s", error)
            return parcels[number:]
    return ()


def _store_or_keep(
    caller: CallerIdentity,
    queue: SpanQueue,
    parcels: Sequence[Parcel],
    rejections: Rejections,
    deadline: float,
) -> None:
    rows = [row for parcel in parcels for row in parcel.rows]
    try:
        _store(caller, rows, rejections, deadline - _KEEPING)
    except DatabaseUnavailableError:
        _keep(queue, parcels, deadline)
        # infra/alarms/queue.py counts this line.
        _log.error("spans wait in the bucket for a redrive: %d", len(rows))


def _keep(queue: SpanQueue, parcels: Sequence[Parcel], deadline: float) -> None:
    try:
        for parcel in parcels:
            _require_time(deadline - SECONDS)
            queue.keep(parcel)
    except QueueUnavailableError as error:
        _log.warning("the bucket did not take a message: %s", error)
        raise DatabaseUnavailableError(_AWAY) from error


def _require_time(latest: float) -> None:
    if time.monotonic() > latest:
        raise QueueUnavailableError("out of time")


_AWAY: Final = (
    "Neither the queue, the database nor the bucket took the spans in time. "
    "Send the same request again in a moment."
)
