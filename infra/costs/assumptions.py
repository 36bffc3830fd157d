"""The assumptions of the cost page: what no bench measures, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Assumption(NamedTuple):
    """A number that was not measured, in its unit, with why it is that."""

    value: float
    unit: str
    reason: str


ASSUMED: Final[Mapping[str, Assumption]] = {
    "calls_a_request": Assumption(
        3, "calls", "a sender batches: the small requests of bench-ingest hold three calls"
    ),
    "page_views": Assumption(
        1000, "a month", "a small team looks at the dashboard; nobody does at 0 calls"
    ),
    "reads_a_view": Assumption(6, "API requests", "the overview asks for that many"),
    "read_work": Assumption(
        1, "of the database's time", "a function that reads works for as long as it waits"
    ),
    "kept_months": Assumption(
        3, "months", "spans are kept for 90 days, and the database holds all of them"
    ),
    "warm_minutes": Assumption(
        10, "minutes", "an idle environment of Lambda is gone after that long"
    ),
    "cold_share": Assumption(
        0.005, "of requests", "beside those of idleness, when more run at once than before"
    ),
    "full_processor_mb": Assumption(
        1769, "MB", "Lambda gives one processor at that memory, and a share of it below"
    ),
    "round_trip_ms": Assumption(
        5, "ms", "functions and project are in one region; bench-lambda measures with it, too"
    ),
    "queue_ms": Assumption(10, "ms", "SQS answers SendMessage after that long"),
    "batch": Assumption(5, "messages", "a writer's invocation gets that many of ten at most"),
    "batched_share": Assumption(
        1 / 3, "of the database's time", "docs/queue.md: one call for ten messages costs a third"
    ),
    "job_ms": Assumption(
        500, "ms", "a job that finds little to do; roll_ups with no mark took 94 ms here, a median"
    ),
    "log_bytes": Assumption(
        1500, "bytes", "an invocation's three lines of Lambda's own and our access line"
    ),
    "write_answer_bytes": Assumption(1000, "bytes", "the Data API's answer to a write"),
    "read_answer_bytes": Assumption(30000, "bytes", "its answer to a read"),
    "host_mb": Assumption(
        512, "MB", "memory of an application's own function that writes without the API"
    ),
    "deployers": Assumption(1, "people", "one person deploys the dashboard"),
}
"""Each is a row of the page."""


def assume(name: str) -> float:
    """Give the number of an assumption."""
    return ASSUMED[name].value
