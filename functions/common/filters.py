"""The filters of lists as query parameters: each is short for terms of the one filter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.common.asking.filter_json import read_filter_json
from functions.common.asking.filter_text import read_filter_text
from functions.common.asking.scanner import FilterTextError
from functions.common.asking.trees import Tree, join, make_term, negate
from functions.common.errors import BadRequestError
from functions.common.types import Moment, Operation, Status, Text, TraceId

Rows = Literal["spans", "traces"]
Terms = Callable[[Any, Rows], Tree]
MisdatedFilter = Literal["true", "future", "past"]
_MOST_CHARACTERS = 8192
FilterText = Annotated[str, Field(max_length=_MOST_CHARACTERS, pattern=r"^[^\x00]*$")]
FILTER: Final[Any] = Field(
    None, description="As text, model:gpt-5 cost>0.1 -env:staging, or as JSON; docs/filter.md."
)
"""The one filter, as every endpoint takes it that takes any."""


@dataclass(frozen=True, slots=True)
class ShortFor:
    """Writes what a parameter's value asks of the rows of a list, as a tree."""

    write: Terms


def _asks(field: str, op: str = "in") -> ShortFor:
    return ShortFor(lambda wanted, _rows: make_term(field, op, _spell(wanted)))


def _spell(wanted: object) -> str:
    return wanted.isoformat() if isinstance(wanted, datetime) else str(wanted)


def _ask_model(wanted: str, rows: Rows) -> Tree:
    """Ask for the canonical model, as sums have it, or the one that served a span."""
    canonical = make_term("model", "in", wanted)
    if rows == "traces":
        return canonical
    return join("or", [canonical, make_term("served_model", "in", wanted)])


def _ask_misdated(wanted: MisdatedFilter, _rows: Rows) -> Tree:
    return make_term("misdated", "has") if wanted == "true" else make_term("misdated", "in", wanted)


def _ask_duplicate(wanted: bool, _rows: Rows) -> Tree:
    told = make_term("possible_duplicate", "is")
    return told if wanted else negate(told)


class Filters(BaseModel):
    """The filters as query parameters; a parameter that is not one of them is refused."""

    model_config = ConfigDict(extra="forbid")

    filter: FilterText | None = FILTER
    trace_id: Annotated[TraceId | None, _asks("trace")] = None
    model: Annotated[Text | None, ShortFor(_ask_model)] = Field(
        None, description="The canonical one, as /metrics has it; a span's also as it was served."
    )
    provider: Annotated[Text | None, _asks("provider")] = None
    operation: Annotated[Operation | Text | None, _asks("operation")] = None
    status: Annotated[Status | None, _asks("status")] = None
    start: Annotated[Moment | None, _asks("started", "ge")] = Field(
        None, description="Started at or after, ISO 8601."
    )
    end: Annotated[Moment | None, _asks("started", "lt")] = Field(
        None, description="Started before, ISO 8601."
    )

    session_id: Annotated[Text | None, _asks("session")] = Field(
        None, description="A trace's is its root's; a span that tells none is of its trace's."
    )
    misdated: Annotated[MisdatedFilter | None, ShortFor(_ask_misdated)] = Field(
        None,
        description="Spans whose times cannot be true, or traces with such; without it, or a "
        "trace_id, lists leave out these spans, and traces that have no others.",
    )

    def to_trees(self, rows: Rows) -> list[Tree]:
        """Give what all given parameters ask of the rows of a list, and what ``filter`` asks.

        Raises:
            BadRequestError: if the range is empty, or ``filter`` is none.
        """
        if self.start and self.end and self.start >= self.end:
            raise BadRequestError("start must be before end.")
        terms = [
            short.write(wanted, rows)
            for name, field in type(self).model_fields.items()
            for short in field.metadata
            if isinstance(short, ShortFor) and (wanted := getattr(self, name)) is not None
        ]
        trees = [join("and", terms)] if terms else []
        return [*trees, read_filter(self.filter)] if self.filter else trees


class SpanFilters(Filters):
    """The filters of a list of spans, some of which no trace has."""

    usage_uncounted: Annotated[Text | None, _asks("usage_uncounted")] = Field(
        None, description="Spans that tell of tokens and are no model call, for this reason."
    )
    unknown_because: Annotated[Text | None, _asks("unknown_because")] = Field(
        None, description="Spans of which usage or cost is unknown, for this reason."
    )
    possible_duplicate: Annotated[bool | None, ShortFor(_ask_duplicate)] = Field(
        None, description="Calls that may be counted twice, or those that are not."
    )


def read_filter(text: str, place: str = "query.filter") -> Tree:
    """Give the tree that a caller's filter is, in text or in JSON; ``place`` is where it stands.

    Raises:
        BadRequestError: if it is none.
    """
    try:
        return read_filter_json(text) if text.startswith("{") else read_filter_text(text)
    except FilterTextError as error:
        raise BadRequestError(f"{place}, {error}") from error
