"""Cursors of sessions and turns: the place of a trace among all."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from functions.common.errors import BadRequestError
from functions.common.types import Moment, TraceId

Cursor = Annotated[str, Field(max_length=512)]


class _Position(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: Moment
    trace: TraceId


def write_position(start: str, trace: str) -> str:
    """Write the cursor of what comes after a trace."""
    text = json.dumps({"start": start, "trace": trace})
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_position(cursor: str | None) -> dict[str, str] | None:
    """Read a cursor, as the database takes it.

    Raises:
        BadRequestError: if it is none of ours.
    """
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        after = TypeAdapter(_Position).validate_json(text)
    except (ValueError, ValidationError) as error:
        raise BadRequestError(
            "cursor is not one of this endpoint's; leave it out to start over."
        ) from error
    return {"start": after.start.isoformat(), "trace": after.trace}
