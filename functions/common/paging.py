"""Keyset cursors and pages of lists, newest first."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from postgrest import SyncSelectRequestBuilder
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from functions.common.answer_size import cut_rows
from functions.common.database import fetch
from functions.common.errors import BadRequestError
from functions.common.filters import Filters, Rows, SpanFilters
from functions.common.types import Moment, SpanId, TraceId

_MOST_CURSOR: Final = 512
_CLOCKS_APART: Final = timedelta(days=2)
"""No span that is not misdated starts later: a day after it came, and our clock may be behind."""
_FOREIGN_CURSOR: Final = "cursor is not one of this endpoint's; leave it out to start over."


class ListQuery(Filters):
    """The query parameters of a list."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=_MOST_CURSOR)] | None = None

    def narrow(self, rows: Rows, of: Literal["spans", "traces"]) -> Rows:
        """Keep what is asked for, and of all else what is well dated."""
        rows = super().narrow(rows, of)
        if self.misdated or self.trace_id:
            return rows
        if self.end is None:
            # Saves reading those of the future, which are first.
            rows = rows.lt("start_time", _spell(datetime.now(UTC) + _CLOCKS_APART))
        return rows.is_("misdated", "null") if of == "spans" else rows.is_("undated", "false")


class SpanListQuery(SpanFilters, ListQuery):
    """The query parameters of a list of spans."""


class NewestQuery(BaseModel):
    """How much of what has a time and an id, and from where on: after the last one's."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(pattern=r"^[0-9T:.-]{19,26}Z_[0-9a-z-]{1,36}$")] | None = None


class _Position(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: Moment
    trace: TraceId
    span: SpanId | None = None


def select_page(
    query: ListQuery, rows: SyncSelectRequestBuilder, keys: Sequence[str]
) -> tuple[list[dict[str, Any]], str | None]:
    """Read one page after the cursor by (start_time, …keys) descending, and the next cursor.

    A page has fewer rows than the limit where more would be too large an answer.

    Raises:
        BadRequestError: if the range is empty or the cursor is not one of ours.
    """
    if query.start and query.end and query.start >= query.end:
        raise BadRequestError("start must be before end.")
    if query.cursor is not None:
        rows = _seek(rows, _decode(query.cursor), keys)
    for column in ("start_time", *keys):
        rows = rows.order(column, desc=True)
    found = fetch(rows.limit(query.limit + 1))
    page = cut_rows(found[: query.limit])
    return page, _encode(page[-1]) if len(found) > len(page) else None


def select_newest(
    query: NewestQuery, rows: SyncSelectRequestBuilder, key: str
) -> tuple[list[dict[str, Any]], str | None]:
    """Read one page after the cursor by (created_at, key) descending, and the next cursor."""
    if query.cursor is not None:
        at, _, last = query.cursor.partition("_")
        seek = f"created_at.lt.{at},and(created_at.eq.{at},{key}.lt.{last})"
        rows = rows.lte("created_at", at).or_(seek)
    newest = rows.order("created_at", desc=True).order(key, desc=True)
    found = fetch(newest.limit(query.limit + 1))
    page = cut_rows(found[: query.limit])
    if len(found) == len(page):
        return page, None
    # A plus sign would be a space in a URL.
    return page, f"{page[-1]['created_at']}_{page[-1][key]}".replace("+00:00", "Z")


def _seek(
    rows: SyncSelectRequestBuilder, after: _Position, keys: Sequence[str]
) -> SyncSelectRequestBuilder:
    """Go on after a position; the plain bound beside the alternatives is what the index uses."""
    start = _spell(after.start)
    values = {"start_time": start, "trace_id": after.trace, "span_id": after.span}
    columns = ("start_time", *keys)
    if any(values[column] is None for column in columns):
        raise BadRequestError(_FOREIGN_CURSOR)
    alternatives = [
        ",".join(
            [
                *(f"{column}.eq.{values[column]}" for column in columns[:depth]),
                f"{columns[depth]}.lt.{values[columns[depth]]}",
            ]
        )
        for depth in range(len(columns))
    ]
    first, *others = alternatives
    tree = ",".join([first, *(f"and({other})" for other in others)])
    return rows.lte("start_time", start).or_(tree)


def _encode(row: dict[str, Any]) -> str:
    position = {"start": row["start_time"], "trace": row["trace_id"], "span": row.get("span_id")}
    return urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _decode(cursor: str) -> _Position:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return TypeAdapter(_Position).validate_json(text)
    except (ValueError, ValidationError) as error:
        raise BadRequestError(_FOREIGN_CURSOR) from error


def _spell(moment: datetime) -> str:
    return moment.isoformat()
