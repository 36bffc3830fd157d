"""The filters of lists: for each its type, and what it asks of the rows of every list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from postgrest import SyncSelectRequestBuilder
from pydantic import BaseModel, ConfigDict, Field

from functions.common.types import Moment, Operation, Status, Text, TraceId

Rows = SyncSelectRequestBuilder
Predicate = Callable[[Rows, Any], Rows]


def _equals(column: str) -> Predicate:
    return lambda rows, wanted: rows.eq(column, wanted)


def _has(column: str) -> Predicate:
    """Ask for rows whose array has the value among others."""
    return lambda rows, wanted: rows.filter(column, "cs", f"{{{_quote_array_item(wanted)}}}")


def _begins_at(column: str) -> Predicate:
    return lambda rows, wanted: rows.gte(column, wanted.isoformat())


def _ends_before(column: str) -> Predicate:
    return lambda rows, wanted: rows.lt(column, wanted.isoformat())


@dataclass(frozen=True, slots=True)
class Asks:
    """The predicate of a filter, for a row of each list."""

    spans: Predicate
    traces: Predicate

    @classmethod
    def both(cls, predicate: Predicate) -> Asks:
        """Ask the same of a span and of a trace."""
        return cls(spans=predicate, traces=predicate)


class Filters(BaseModel):
    """The filters as query parameters; a parameter that is not one of them is refused."""

    model_config = ConfigDict(extra="forbid")

    trace_id: Annotated[TraceId | None, Asks.both(_equals("trace_id"))] = None
    model: Annotated[Text | None, Asks(spans=_equals("model"), traces=_has("models"))] = None
    provider: Annotated[Text | None, Asks(spans=_equals("provider"), traces=_has("providers"))] = (
        None
    )
    operation: Annotated[
        Operation | Text | None, Asks(spans=_equals("operation"), traces=_has("operations"))
    ] = None
    status: Annotated[Status | None, Asks.both(_equals("status"))] = None
    start: Annotated[Moment | None, Asks.both(_begins_at("start_time"))] = Field(
        None, description="Started at or after, ISO 8601."
    )
    end: Annotated[Moment | None, Asks.both(_ends_before("start_time"))] = Field(
        None, description="Started before, ISO 8601."
    )

    def narrow(self, rows: Rows, of: Literal["spans", "traces"]) -> Rows:
        """Keep the rows of a list that every given filter asks for."""
        for name, field in Filters.model_fields.items():
            wanted = getattr(self, name)
            asks = next(each for each in field.metadata if isinstance(each, Asks))
            if wanted is not None:
                predicate: Predicate = getattr(asks, of)
                rows = predicate(rows, wanted)
        return rows


def _quote_array_item(text: str) -> str:
    """Write one text as a Postgres array literal's item."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
