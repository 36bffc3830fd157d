"""The body of /facets."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from functions.common.filters import Rows


class Over(BaseModel):
    """The rows that were counted."""

    rows: int | None = Field(description="How many; null: sums of the whole window.")
    exact: bool = Field(description="Whether these are all; else they are the newest ones.")


class _Counted(BaseModel):
    field: str
    counts: Literal["traces", "spans", "calls", "operations"] = Field(
        description="What is counted: rows of the list; or, of sums, model calls, or operations: "
        "these and other spans that failed or are an operation, such as tools."
    )
    over: Over


class FacetValue(BaseModel):
    value: str
    count: int


class Facet(_Counted):
    """The values of a field, the one that most rows have first."""

    values: list[FacetValue]
    others: int = Field(description="How many other values there are.")


class Flag(_Counted):
    """How many rows are so: ``is:failed``."""

    count: int


class Range(_Counted):
    """The least and the most that a row tells; null: none tells it."""

    least: float | None
    most: float | None


class Facets(BaseModel):
    kind: Rows
    facets: list[Facet]
    flags: list[Flag]
    ranges: list[Range]
