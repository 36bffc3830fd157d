"""A trace's spans, as many and with as much of each as an answer holds.

The tree comes first: a span without its attributes and content is small. The room that is left
goes to those, from the earliest span on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

from functions.common.answer_size import cut_rows, measure
from functions.common.auth.access import CallerIdentity
from functions.common.database import fetch, read_as
from functions.common.summaries import list_columns
from functions.trace.bodies import Evaluation, SpanDetail, to_span_detail

_MOST_SPANS: Final = 2000
_BARE: Final[dict[str, Any]] = {
    "attributes": {},
    "input": None,
    "output": None,
    "truncated": True,
}
_SHOWN: Final = [name for name in SpanDetail.model_fields if name not in _BARE]
_COLUMNS: Final = list_columns(["start_ns", *_SHOWN]).split(",")
_EVALUATION_COLUMNS: Final = ",".join(Evaluation.model_fields)
_MOST_EVALUATIONS: Final = 500
_EVALUATION_BYTES: Final = 1_000_000
Row = dict[str, Any]
Place = dict[str, str]
"""A span of the trace by its start and its id."""


@dataclass(frozen=True, slots=True)
class Page:
    """A trace's own row, and spans of it: those that come next after a place."""

    trace: Row
    rows: list[Row]
    has_more: bool
    room: int
    """Bytes that an answer has left."""


def read_page(
    caller: CallerIdentity, trace_id: str, after: Place | None, most_bytes: int
) -> Page | None:
    """Read spans without attributes and content, as many as ``most_bytes`` hold; None: no trace.

    Raises:
        httpx.HTTPError: if nobody answers.
        postgrest.exceptions.APIError: if the answer is an error.
    """
    asked: Row = {"trace_id": trace_id, "shown": _COLUMNS, "after": after, "most": _MOST_SPANS + 1}
    found = cast("Row | None", read_as(caller).rpc("read_trace", asked).execute().data)
    if found is None:
        return None
    rows: list[Row] = []
    left = most_bytes
    for row in found["spans"][:_MOST_SPANS]:
        bare = row | _BARE
        size = measure(to_span_detail(bare))
        # One at least, or the next page would begin where this one did.
        if size > left and rows:
            break
        left -= size
        rows.append(bare)
    return Page(found["trace"], rows, len(found["spans"]) > len(rows), left)


def add_details(
    caller: CallerIdentity, page: Page, after: Place | None, wanted: str | None
) -> None:
    """Give the rows of a page their attributes and content, as far as there is room for them.

    Those of the span that is ``wanted`` come before all others'.

    Raises:
        httpx.HTTPError: if nobody answers.
        postgrest.exceptions.APIError: if the answer is an error.
    """
    left = page.room
    if left <= 0:
        return
    asked: Row = {
        "trace_id": page.trace["trace_id"],
        "after": after,
        "most_bytes": left,
        "first_span": wanted,
    }
    answer = read_as(caller).rpc("read_span_details", asked).execute().data
    details = {row.pop("span_id"): row for row in cast("list[Row]", answer)}
    for row in sorted(page.rows, key=lambda row: row["span_id"] != wanted):
        found = details.get(row["span_id"])
        size = measure(found) if found is not None else 0
        if found is not None and size <= left:
            left -= size
            row.update(found, truncated=False)


def read_evaluations(caller: CallerIdentity, trace_id: str) -> list[Evaluation]:
    """Read what was found of a trace and its spans, the earliest first, as much as 1 MB holds.

    Raises:
        httpx.HTTPError: if nobody answers.
        postgrest.exceptions.APIError: if the answer is an error.
    """
    rows = read_as(caller).from_("trace_evaluations").select(_EVALUATION_COLUMNS)
    found = rows.eq("tenant_id", caller.tenant).eq("trace_id", trace_id)
    page = fetch(found.order("received_at").order("evaluation_id").limit(_MOST_EVALUATIONS))
    return [Evaluation.model_validate(row) for row in cut_rows(page, _EVALUATION_BYTES)]
