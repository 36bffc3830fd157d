"""Cursors of sessions and turns: the place of a trace among all."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from functions.common.cursors import read_cursor, write_cursor
from functions.common.types import Moment, TraceId

Cursor = Annotated[str, Field(max_length=512)]


class _Position(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: Moment
    trace: TraceId


def write_position(start: str, trace: str) -> str:
    """Write the cursor of what comes after a trace."""
    return write_cursor(json.dumps({"start": start, "trace": trace}))


def read_position(cursor: str | None) -> dict[str, str] | None:
    """Read a cursor, as the database takes it.

    Raises:
        BadRequestError: if it is none of ours.
    """
    if cursor is None:
        return None
    after = read_cursor(cursor, _Position)
    return {"start": after.start.isoformat(), "trace": after.trace}
