"""Stores what the door left in the queue; what the database refuses for good is a dead letter.

A message that fails for now stays in the queue, by itself: its neighbours are stored.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any, Final

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSEvent, SQSRecord
from postgrest.exceptions import APIError

from functions.common.auth.access import CallerIdentity
from functions.common.environment import load_queue_settings, load_settings
from functions.common.logs import forget, logger, note, write_every_line_so
from functions.ingest.messages import Message, make_parcels, read_message, read_rows
from functions.ingest.rejections import Rejections
from functions.ingest.span_queue import ClaimGoneError, open_queue
from functions.ingest.storing import ingest_rows
from functions.ingest.writer.joining import store_joined
from llm_observe.supabase.portions import Row
from llm_observe.supabase.refusals import refuses_tenant

_log = logging.getLogger("llm_observe.api")

_WRITER: Final = "span_writer"
"""The identity that asks the database. Not the key that the spans came with: it was good at the
door, and what was acknowledged is not lost because the key was revoked since."""
_MARGIN: Final = 3.0
"""Seconds before the function's end: dead letters and claims take no longer."""

load_settings()
write_every_line_so()
_queue_settings: Final = load_queue_settings()
# Where all of a batch fails, each message is named, too: the error would hold tracebacks.
_processor: Final = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> Any:
    """Store a batch; answers which messages are to be delivered again."""
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - _MARGIN
    stored = store_joined(SQSEvent(event).records, asker=_WRITER, deadline=deadline)
    store = partial(_store_record, stored=stored, deadline=deadline)
    return process_partial_response(event, store, _processor, context)


def _store_record(record: SQSRecord, *, stored: frozenset[str], deadline: float) -> None:
    if record.message_id in stored:
        return
    try:
        message = read_message(record.body)
        note(tenant=message.tenant, key_id=message.key_id)
        _store_message(message, deadline)
    except Exception as error:
        # Not the exception itself: it may quote content.
        _log.warning("a message stays in the queue: %s", type(error).__name__)
        raise
    finally:
        forget("tenant", "key_id")


def _store_message(message: Message, deadline: float) -> None:
    rows = message.rows if message.claim is None else _redeem(message.claim)
    refused: list[Row] = []
    reasons = Rejections()

    def refuse(row: Row, reason: str) -> None:
        refused.append(row)
        reasons.add(reason)

    if rows:
        try:
            ingest_rows(CallerIdentity(message.tenant, _WRITER), rows, refuse, deadline)
        except APIError as error:
            if not refuses_tenant(error.code):
                raise
            refused, reasons = rows, Rejections()
            reasons.add(str(error.message), len(rows))
    if refused:
        _bury(CallerIdentity(message.tenant, message.key_id), refused, reasons)
    if message.claim is not None:
        open_queue(_queue_settings).forget(message.claim)


def _redeem(claim: str) -> list[Row]:
    """Give the rows of a claim; none where an earlier delivery has stored them.

    SQS delivers at least once, and objects outlive messages: nothing else takes them away.
    """
    try:
        return read_rows(open_queue(_queue_settings).fetch(claim))
    except ClaimGoneError:
        _log.warning("a claim is gone: an earlier delivery of its message has stored it")
        return []


def _bury(sender: CallerIdentity, rows: list[Row], reasons: Rejections) -> None:
    for parcel in make_parcels(sender, rows):
        open_queue(_queue_settings).bury(parcel, reasons.describe())
    _log.error("spans were refused and are dead letters: %d", len(rows))
