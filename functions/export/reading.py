"""The rows of one answer of an export, and where the next one goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from functions.common.auth.access import CallerIdentity
from functions.common.filters import Rows
from functions.common.paging import read_page
from functions.common.summaries import (
    SpanSummary,
    TraceSummary,
    list_columns,
    to_span_summary,
    to_trace_summary,
)
from functions.export.asking import ExportQuery, Place
from functions.export.contents import SpanWithContent, leave_out_content, read_contents
from functions.export.writing import fit, write_line

_SUMMARIES: Final[Mapping[Rows, type[BaseModel]]] = {"spans": SpanSummary, "traces": TraceSummary}
_READERS: Final[Mapping[Rows, Callable[[dict[str, Any]], BaseModel]]] = {
    "spans": to_span_summary,
    "traces": to_trace_summary,
}


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one answer as lines, and how far the export has come with them."""

    lines: list[str]
    reached: Place


def list_names(query: ExportQuery) -> list[str]:
    """Name the columns: those of the list, in its order, and content after them."""
    return [*(SpanWithContent if query.content else _SUMMARIES[query.kind]).model_fields]


def read_part(caller: CallerIdentity, query: ExportQuery) -> Part:
    """Read as many rows as are asked for and an answer holds, at least one where there is one.

    Raises:
        BadRequestError: if a filter or the cursor is none.
        httpx.HTTPError, postgrest.exceptions.APIError: if the database cannot be asked.
    """
    place = Place.read(query.cursor)
    columns = list_columns(_SUMMARIES[query.kind].model_fields)
    room = min(query.limit, place.room)
    while True:
        asked = query.model_copy(update={"cursor": place.cursor, "limit": room})
        page, cursor = read_page(caller, query.kind, asked, columns)
        lines = _write(caller, query, page)
        if len(lines) == len(page):
            return Part(lines, Place(place.rows + len(page), cursor))
        # Again, for the cursor after as many as there is room for: rows may have come between.
        room = len(lines)


def _write(caller: CallerIdentity, query: ExportQuery, page: list[dict[str, Any]]) -> list[str]:
    """Write the first rows of a page that fit, at least one."""
    rows = read_contents(caller, page) if query.content else map(_READERS[query.kind], page)
    lines = [write_line(row, query.format) for row in rows]
    fitting = lines[: fit(lines)]
    if page and not fitting:
        return [write_line(leave_out_content(page[0]), query.format)]
    return fitting
