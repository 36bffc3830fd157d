"""The query of /metrics: a window, what tells its calls apart and which of them count.

``filter`` is the one filter, over spans. A parameter of a dimension's name is short for a term of
it: repeated, any of its values will do; of several dimensions each has to hold. An empty value
stands for calls that do not tell the dimension.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field
from typing_extensions import TypeAliasType

from functions.common.asking.trees import Tree, join
from functions.common.asking.writing import tell_value, write_filter_text
from functions.common.errors import BadRequestError
from functions.common.filters import FILTER, FilterText, read_filter
from functions.common.windows import WindowQuery
from llm_observe.records import bound_id

Bucket = Literal["minute", "hour", "day"]
Measure = TypeAliasType(
    "Measure",
    Literal[
        "requests",
        "errors",
        "error_rate",
        "unpriced_requests",
        "unmeasured_requests",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "cost_usd",
        "latency_p50",
        "latency_p95",
        "latency_p99",
        "ttft_p50",
        "ttft_p95",
        "ttft_p99",
        "spans",
        "failed_spans",
        "span_latency_p50",
        "span_latency_p95",
        "span_latency_p99",
    ],
)
Dimension = TypeAliasType(
    "Dimension",
    Literal[
        "environment",
        "service",
        "operation",
        "provider",
        "model",
        "user",
        "customer",
        "session",
        "agent",
        "tool",
        "prompt",
        "feature",
        "error_type",
        "api_key",
        "release",
    ],
)
"""Under these names the API's document lists them; a tenant's own tags are ``tag:<key>``."""
MEASURES: Final[tuple[str, ...]] = get_args(Measure.__value__)
DIMENSIONS: Final[tuple[str, ...]] = get_args(Dimension.__value__)
MOST_GROUPS: Final = 500
_STORED: Final = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
_IDS: Final = frozenset({"user", "customer", "session"})
"""Dimensions whose values are stored as a hash where they are long; so are tags."""
_TAG: Final = "tag:"
_TAG_NAME: Final = r"tag:[^\x00]{1,64}"
_ANY_TAG: Final = "tag:<key>"
_NAMES: Final = f"{', '.join(DIMENSIONS)}, {_ANY_TAG}"
_MOST_VALUES: Final = 100


def _require_dimension(name: object) -> object:
    """Refuse the name of no dimension, and say which there are."""
    key = str(name).removeprefix(_TAG)
    if name not in DIMENSIONS and (key == name or not key):
        raise ValueError(f"choose one of {_NAMES}")
    return name


def _to_list(given: object) -> object:
    """Take a parameter that stands there once for a list of one."""
    return given if isinstance(given, list) else [given]


_Group = Annotated[
    Dimension | Annotated[str, Field(pattern=f"^{_TAG_NAME}$")], BeforeValidator(_require_dimension)
]
_Value = Annotated[str, Field(max_length=2048, pattern=r"^[^\x00]*$")]
_Values = Annotated[list[_Value], Field(max_length=_MOST_VALUES)]
_ANY: Final[Any] = Field([], description="Any of these values; empty: calls that tell none.")
TAG_FILTER: Final[dict[str, Any]] = {
    "name": _ANY_TAG,
    "in": "query",
    "required": False,
    "description": "Any of these values of the tag with that key; empty: calls without it.",
    "schema": {"type": "array", "items": {"type": "string", "maxLength": 2048}},
}
"""The filter whose name a caller completes, for the API's document."""


class MetricsQuery(WindowQuery):
    """A window, half open, how finely to cut it, and what of its calls to sum up."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[_Values, BeforeValidator(_to_list)]]

    bucket: Bucket = "hour"
    time_zone: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")] = Field(
        "UTC", description="Whose hours and days the buckets are: an IANA name, Europe/Berlin."
    )
    group_by: _Group | None = Field(None, description="Fills groups, each with its series.")
    then_by: _Group | None = Field(None, description="Divides each group.")
    measure: Measure = Field(
        "requests", description="In the series of groups; the group with the most comes first."
    )
    top: Annotated[int, Field(ge=1, le=MOST_GROUPS)] = Field(
        MOST_GROUPS, description="How many groups; all others are summed up in other."
    )
    compare: Literal["previous"] | None = Field(
        None, description="Adds the totals of the window of the same length before."
    )
    explain: Literal["sql"] | None = Field(
        None, description="Answers the SQL that gives the same numbers in Supabase Studio."
    )
    filter: FilterText | None = FILTER
    environment: _Values = _ANY
    service: _Values = _ANY
    operation: _Values = _ANY
    provider: _Values = _ANY
    model: _Values = _ANY
    user: _Values = _ANY
    customer: _Values = _ANY
    session: _Values = _ANY
    agent: _Values = _ANY
    tool: _Values = _ANY
    prompt: _Values = _ANY
    feature: _Values = _ANY
    error_type: _Values = _ANY
    api_key: _Values = _ANY
    release: _Values = _ANY

    def choose(self) -> tuple[datetime, datetime]:
        """Give the start and the end, of a question that makes sense.

        Raises:
            BadRequestError: if the window is empty or has none before it, if parameters contradict
                each other, or if there is no such parameter.
        """
        for name in self.model_extra or {}:
            if not re.fullmatch(_TAG_NAME, name):
                told = f"query.{name[:80]}: there is no such parameter."
                raise BadRequestError(f"{told} Filters are {_NAMES}.")
        if self.then_by is not None and self.group_by is None:
            raise BadRequestError("query.then_by: give group_by, whose groups it divides.")
        if self.then_by is not None and self.then_by == self.group_by:
            raise BadRequestError("query.then_by: choose another dimension than group_by.")
        start, end = super().choose()
        if self.compare is not None:
            find_previous(start, end)
        return start, end

    def to_arguments(self, start: datetime, end: datetime) -> dict[str, Any]:
        """Give the arguments of ``public.query_metrics`` for a window."""
        return {
            "window_start": start.isoformat(),
            "window_end": end.isoformat(),
            "bucket": self.bucket,
            "time_zone": self.time_zone,
            "group_by": self.group_by,
            "then_by": self.then_by,
            "filter": self._read_values(),
            "measure": _STORED.get(self.measure, self.measure),
            "top": self.top,
            "compare": self.compare is not None,
            "filters": self.to_trees(),
        }

    def to_trees(self) -> list[Tree]:
        """Give what ``filter`` asks of spans, as a tree; none without it.

        Raises:
            BadRequestError: if it is no filter.
        """
        return [read_filter(self.filter)] if self.filter else []

    def write_filter(self) -> str | None:
        """Write all that is asked of spans as one filter's text, with which lists have their rows.

        None where a value is longer than a filter may name.
        """
        asked = [
            join("or", [tell_value(name, value) for value in values])
            for name, values in self._read_values().items()
        ]
        given = [tree for tree in self.to_trees() if tree]
        return write_filter_text({"and": [*asked, *_split(given)]} if asked or given else {})

    def _read_values(self) -> dict[str, list[str | None]]:
        given = {name: getattr(self, name) for name in DIMENSIONS} | (self.model_extra or {})
        return {
            name: [_store(name, value) for value in values]
            for name, values in given.items()
            if values
        }


def find_previous(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Give the window of the same length before.

    Raises:
        BadRequestError: if it begins before the calendar does.
    """
    try:
        return start - (end - start), start
    except OverflowError as error:
        raise BadRequestError("query.compare: the window before this one is too early.") from error


def _split(trees: list[Tree]) -> list[Tree]:
    """Give trees that all have to hold, without the group around them."""
    return [member for tree in trees for member in tree.get("and", [tree])]


def _store(dimension: str, value: str) -> str | None:
    """Give a filter's value as spans have it; None: they tell none."""
    if not value:
        return None
    return bound_id(value) if dimension in _IDS or dimension.startswith(_TAG) else value
