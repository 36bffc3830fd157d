"""Spans with their content, for an export that asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from pydantic import Field

from functions.common.answer_size import MOST_BYTES
from functions.common.auth.access import CallerIdentity
from functions.common.database import read_as
from functions.common.summaries import SpanSummary, name_tokens

Row = dict[str, Any]
_LEFT_OUT: Final[Row] = {"input": None, "output": None, "truncated": True}


class SpanWithContent(SpanSummary):
    """One span of an export, and its prompt and answer where they are kept."""

    input: Any | None
    output: Any | None
    truncated: bool = Field(description="True where content is left out for the answer's size.")


def leave_out_content(row: Row) -> SpanWithContent:
    """Make a span whose content is larger than an answer may be."""
    return SpanWithContent.model_validate(name_tokens(row) | _LEFT_OUT)


def read_contents(caller: CallerIdentity, rows: Sequence[Row]) -> list[SpanWithContent]:
    """Read the content of these spans, in their order, as far as an answer holds it.

    Raises:
        httpx.HTTPError: if nobody answers.
        postgrest.exceptions.APIError: if the answer is an error.
    """
    keys = [
        {"trace": row["trace_id"], "span": row["span_id"], "start": row["start_time"]}
        for row in rows
    ]
    asked: dict[str, Any] = {"spans": keys, "most_bytes": MOST_BYTES}
    found = cast("list[Row]", read_as(caller).rpc("read_contents", asked).execute().data)
    return [
        SpanWithContent.model_validate(name_tokens(row) | content | {"truncated": False})
        for row, content in zip(rows, found, strict=False)
    ]
