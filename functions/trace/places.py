"""The cursor of a trace's pages: the last span of the page before, and the trace that it is of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from functions.common.cursors import read_cursor, write_cursor
from functions.common.errors import BadRequestError
from functions.common.types import Moment, SpanId, TraceId

After = Annotated[str, Field(max_length=512)]
_FOREIGN: Final = "after is not a next of this trace; leave it out to start over."


class _Place(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: Moment
    trace: TraceId
    span: SpanId


def write_place(row: Mapping[str, Any]) -> str:
    """Write where a page ended: at this span."""
    place = {"start": row["start_time"], "trace": row["trace_id"], "span": row["span_id"]}
    return write_cursor(json.dumps(place))


def read_place(after: str, trace_id: str) -> dict[str, str]:
    """Read where a page begins.

    Raises:
        BadRequestError: if it is none of this trace.
    """
    place = read_cursor(after, _Place, _FOREIGN)
    if place.trace != trace_id:
        raise BadRequestError(_FOREIGN)
    return {"start": place.start.isoformat(), "span": place.span}
