"""GET /export: the rows of a list as a file, an answer at a time."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query, Response

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.export.asking import ExportQuery, Place
from functions.export.reading import list_names, read_part
from functions.export.writing import VERSION, write_header

app = create_app("export")

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

    Ask again with x-next-cursor until there is none. Where x-export-complete is false then, a
    narrower filter or window exports the rest.
    """
    query.check()
    part = read_part(caller, query)
    header = write_header(list_names(query), query.format) if query.cursor is None else ""
    name = f"{caller.tenant}-{query.kind}.{query.format}"
    headers = {"content-disposition": f'attachment; filename="{name}"', **_tell(part.reached)}
    return Response(
        "".join([header, *part.lines]), media_type=_TYPES[query.format], headers=headers
    )


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
