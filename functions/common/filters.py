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
MisdatedFilter = Literal["true", "future", "past"]


def _equals(column: str) -> Predicate:
    return lambda rows, wanted: rows.eq(column, wanted)


def _is(column: str) -> Predicate:
    return lambda rows, wanted: rows.is_(column, str(wanted).lower())


def _has(column: str) -> Predicate:
    """Ask for rows whose array has the value among others."""
    return lambda rows, wanted: rows.filter(column, "cs", f"{{{_quote_array_item(wanted)}}}")


def _is_model(rows: Rows, wanted: str) -> Rows:
    """Ask for spans of a model: by its canonical name, as sums have it, or by the one that served.

    Where there is no price, the name that was asked for is the canonical one.
    """
    name = _quote_array_item(wanted)
    asked = f"and(canonical_model.is.null,request_model.eq.{name})"
    return rows.or_(f"model.eq.{name},canonical_model.eq.{name},{asked}")


def _begins_at(column: str) -> Predicate:
    return lambda rows, wanted: rows.gte(column, wanted.isoformat())


def _ends_before(column: str) -> Predicate:
    return lambda rows, wanted: rows.lt(column, wanted.isoformat())


def _is_marked(rows: Rows, wanted: MisdatedFilter) -> Rows:
    """Ask for misdated spans, of either kind or of one."""
    return rows.not_.is_("misdated", "null") if wanted == "true" else rows.eq("misdated", wanted)


def _has_marked(rows: Rows, wanted: MisdatedFilter) -> Rows:
    """Ask for traces with misdated spans, of either kind or of one."""
    return rows.neq("misdated", "{}") if wanted == "true" else _has("misdated")(rows, wanted)


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
    model: Annotated[Text | None, Asks(spans=_is_model, traces=_has("models"))] = Field(
        None, description="The canonical one, as /metrics has it; a span's also as it was served."
    )
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

    session_id: Annotated[Text | None, Asks.both(_equals("session_id"))] = Field(
        None, description="A trace's is its root's, which its other spans need not tell."
    )
    misdated: Annotated[MisdatedFilter | None, Asks(spans=_is_marked, traces=_has_marked)] = Field(
        None,
        description="Spans whose times cannot be true, or traces with such; without it, or a "
        "trace_id, lists leave out these spans, and traces that have no others.",
    )

    def narrow(self, rows: Rows, of: Literal["spans", "traces"]) -> Rows:
        """Keep the rows of a list that every given filter asks for."""
        for name, field in type(self).model_fields.items():
            wanted = getattr(self, name)
            asks = next((each for each in field.metadata if isinstance(each, Asks)), None)
            if asks is not None and wanted is not None:
                predicate: Predicate = getattr(asks, of)
                rows = predicate(rows, wanted)
        return rows


class SpanFilters(Filters):
    """The filters of a list of spans, some of which no trace has."""

    usage_uncounted: Annotated[Text | None, Asks.both(_equals("usage_uncounted"))] = Field(
        None, description="Spans that tell of tokens and are no model call, for this reason."
    )
    unknown_because: Annotated[Text | None, Asks.both(_equals("unknown_because"))] = Field(
        None, description="Spans of which usage or cost is unknown, for this reason."
    )
    possible_duplicate: Annotated[bool | None, Asks.both(_is("possible_duplicate"))] = Field(
        None, description="Calls that may be counted twice, or those that are not."
    )


def _quote_array_item(text: str) -> str:
    """Write one text as a Postgres array literal's item, or as a value within ``or``."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
