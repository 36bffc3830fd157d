"""Keyset cursors and pages of lists."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal, cast

from postgrest import SyncSelectRequestBuilder
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from functions.common.answer_size import cut_rows
from functions.common.auth.access import CallerIdentity
from functions.common.cursors import FOREIGN_CURSOR, read_cursor, write_cursor
from functions.common.database import fetch, read_as
from functions.common.dear_filters import name_dearest
from functions.common.errors import BadRequestError
from functions.common.filters import Filters, Rows, SpanFilters
from functions.common.types import Moment, SpanId, TraceId

_MOST_CURSOR: Final = 512
_OTHER_ORDER: Final = "cursor is of a list with sort={}; send that, or leave it out to start over."
NO_ERRORS: Final = "A span has no errors to sort by, a trace has. Ask for filter=is:failed."
_NEWEST_FIRST: Final = "-time"

SpanSort = Literal["time", "-time", "duration", "-duration", "cost", "-cost", "tokens", "-tokens"]
TraceSort = Literal[SpanSort, "errors", "-errors"]
_SORTED = "With - in front the greatest first; unknown values are last, equal ones newest first."


def _refuse_errors(wanted: object) -> object:
    if wanted in ("errors", "-errors"):
        raise PydanticCustomError("no_errors", NO_ERRORS)
    return wanted


class ListQuery(Filters):
    """The query parameters of a list in the order of its own."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=_MOST_CURSOR)] | None = None


class TraceListQuery(ListQuery):
    """The query parameters of a list of traces."""

    sort: TraceSort = Field(_NEWEST_FIRST, description=_SORTED)


class SpanListQuery(SpanFilters, ListQuery):
    """The query parameters of a list of spans."""

    sort: Annotated[SpanSort, BeforeValidator(_refuse_errors)] = Field(
        _NEWEST_FIRST, description=_SORTED
    )


class _Beside(BaseModel):
    count: bool = Field(False, description="Whether count and more are told.")
    preview: bool = Field(False, description="Whether previews are told.")


class TracePageQuery(_Beside, TraceListQuery):
    """The query parameters of a page of traces."""


class SpanPageQuery(_Beside, SpanListQuery):
    """The query parameters of a page of spans."""


class PageBody(BaseModel):
    """The parts of a page beside its rows."""

    next_cursor: str | None
    count: int | None = Field(
        None, description="Rows of the whole list, exact up to 10,000; with count=true."
    )
    more: bool | None = Field(None, description="True where there are more rows than count.")
    previews: list[str | None] | None = Field(
        None,
        description="With preview=true one for each item, in their order: the last message of the "
        "user and the first line of the answer, 200 characters at most; of a trace those of its "
        "root or its first call. Null where content is not kept.",
    )


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
    sort: TraceSort = _NEWEST_FIRST
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None


def read_page(
    caller: CallerIdentity, rows: Rows, query: TraceListQuery | SpanListQuery, columns: str
) -> tuple[list[dict[str, Any]], str | None]:
    """Read one page of spans or traces, in their order after the cursor, and the next cursor.

    A page has fewer rows than the limit where more would be too large an answer.

    Raises:
        BadRequestError: if the range is empty, a filter is none or the cursor is not one of ours.
    """
    asked: dict[str, Any] = {
        "shown": columns.split(","),
        "filters": query.to_trees(rows),
        "sort": query.sort,
        "after": _find_position(query, rows),
        "most": query.limit + 1,
        "preview": isinstance(query, _Beside) and query.preview,
    }
    found = cast("list[dict[str, Any]]", _ask(caller, f"list_{rows}", asked, rows))
    page = cut_rows(found[: query.limit])
    return page, _encode(page[-1], query.sort) if len(found) > len(page) else None


def describe_page(
    caller: CallerIdentity,
    rows: Rows,
    query: TracePageQuery | SpanPageQuery,
    page: list[dict[str, Any]],
    next_cursor: str | None,
) -> dict[str, Any]:
    """Give what a page tells beside its rows, as fields of ``PageBody``."""
    told: dict[str, Any] = {"next_cursor": next_cursor}
    if query.preview:
        told["previews"] = [row["preview"] for row in page]
    if query.count:
        told |= _ask(caller, f"count_{rows}", {"filters": query.to_trees(rows)}, rows)
    return told


def _ask(caller: CallerIdentity, function: str, asked: dict[str, Any], rows: Rows) -> Any:
    with name_dearest(asked["filters"], rows):
        return read_as(caller).rpc(function, asked).execute().data


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


def _find_position(query: TraceListQuery | SpanListQuery, rows: Rows) -> dict[str, Any] | None:
    """Give the position that the cursor says, which is one of this list in this order."""
    if query.cursor is None:
        return None
    after = read_cursor(query.cursor, _Position)
    if (after.span is None) is (rows == "spans"):
        raise BadRequestError(FOREIGN_CURSOR)
    if after.sort != query.sort:
        raise BadRequestError(_OTHER_ORDER.format(after.sort))
    told = {"start": after.start.isoformat(), "trace": after.trace, "value": after.value}
    return told if after.span is None else {**told, "span": after.span}


def _encode(row: dict[str, Any], sort: TraceSort) -> str:
    position = {"start": row["start_time"], "trace": row["trace_id"], "span": row.get("span_id")}
    if sort != _NEWEST_FIRST:
        position |= {"sort": sort, "value": row.get("sorted_by")}
    return write_cursor(json.dumps(position))
