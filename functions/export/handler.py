"""GET /export: the rows of a list as a file, an answer at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Query, Response
from pydantic import BaseModel

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.paging import read_page
from functions.common.summaries import (
    SpanSummary,
    TraceSummary,
    list_columns,
    to_span_summary,
    to_trace_summary,
)
from functions.export.asking import ExportQuery, Place
from functions.export.writing import VERSION, write_csv, write_json_lines

app = create_app("export")

_SHOWN: Final[dict[str, list[str]]] = {
    "spans": [*SpanSummary.model_fields],
    "traces": [*TraceSummary.model_fields],
}
"""The columns of each kind: those of its list, in their order."""
_READ: Final[dict[str, Callable[[dict[str, Any]], BaseModel]]] = {
    "spans": to_span_summary,
    "traces": to_trace_summary,
}
_TYPES: Final = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson; charset=utf-8"}
_HEADERS: Final = {
    "content-disposition": "The name of the file.",
    "x-export-version": "Of the columns: they only grow within a version, at the end.",
    "x-export-rows": "Rows in this answer and those before it.",
    "x-export-complete": "true: with this answer all rows are there.",
    "x-next-cursor": "Ask again with this as cursor for the next rows; not there after the last.",
}
_ANSWER: Final[dict[str, Any]] = {
    "description": "Rows; append each answer to the one before.",
    "content": {
        "text/csv": {"schema": {"type": "string"}},
        "application/x-ndjson": {"schema": {"type": "string"}},
    },
    "headers": {
        name: {"description": told, "schema": {"type": "string"}} for name, told in _HEADERS.items()
    },
}


@app.get("/export", response_class=Response, responses={200: _ANSWER})
async def export_rows(caller: Caller, query: Annotated[ExportQuery, Query()]) -> Response:
    """Give the rows of /spans or /traces as CSV or JSON lines: 100,000 at most, in many answers.

    Ask again with x-next-cursor until there is none. The rest of what x-export-complete says is
    cut off is exported by a narrower filter or window.
    """
    place = Place.read(query.cursor)
    asked = query.model_copy(update={"cursor": place.cursor, "limit": min(query.limit, place.room)})
    columns = list_columns(_SHOWN[query.kind])
    page, cursor = read_page(caller, query.kind, asked, columns)
    reached = Place(place.rows + len(page), cursor)
    rows = [_READ[query.kind](row) for row in page]
    text = (
        write_csv(_SHOWN[query.kind], rows, header=query.cursor is None)
        if query.format == "csv"
        else write_json_lines(rows)
    )
    headers = _tell(reached) | {
        "content-disposition": f'attachment; filename="{caller.tenant}-{query.kind}.{query.format}"'
    }
    return Response(text, media_type=_TYPES[query.format], headers=headers)


def _tell(reached: Place) -> dict[str, str]:
    told = {
        "x-export-version": VERSION,
        "x-export-rows": str(reached.rows),
        "x-export-complete": "true" if reached.cursor is None else "false",
    }
    if reached.cursor is not None and reached.room > 0:
        told["x-next-cursor"] = reached.write()
    return told


handler = create_handler(app)
