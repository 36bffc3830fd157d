"""The table of filters: each has what it asks of both lists."""

from __future__ import annotations

from typing import Any, Final, Literal

import pytest
from postgrest import SyncPostgrestClient

from functions.common.filters import Filters, SpanFilters
from functions.common.paging import ListQuery

MOMENT: Final = "2026-11-23T10:00:00+01:00"
SINCE: Final = "start_time=gte.2026-11-23T09:00:00+00:00"
BEFORE: Final = "start_time=lt.2026-11-23T09:00:00+00:00"
MODEL: Final = (
    r'or=(model.eq."a\"b\\",canonical_model.eq."a\"b\\",'
    r'and(canonical_model.is.null,request_model.eq."a\"b\\"))'
)
GIVEN: Final[dict[str, tuple[str, str, str]]] = {
    # Filter: a value, and what the lists of spans and of traces are asked for.
    "trace_id": ("0" * 32, f"trace_id=eq.{'0' * 32}", f"trace_id=eq.{'0' * 32}"),
    "model": ('a"b\\', MODEL, 'models=cs.{"a\\"b\\\\"}'),
    "provider": ("openai", "provider=eq.openai", 'providers=cs.{"openai"}'),
    "operation": ("chat", "operation=eq.chat", 'operations=cs.{"chat"}'),
    "status": ("error", "status=eq.error", "status=eq.error"),
    "session_id": ("s-1", "session_id=eq.s-1", "session_id=eq.s-1"),
    "misdated": ("future", "misdated=eq.future", 'misdated=cs.{"future"}'),
    "start": (MOMENT, SINCE, SINCE),
    "end": (MOMENT, BEFORE, BEFORE),
}


def ask(
    of: Literal["spans", "traces"], filters: type[Filters] = Filters, /, **given: Any
) -> list[str]:
    """The conditions of a list's request, as they are before they become a URL."""
    rows = SyncPostgrestClient("http://data.invalid").from_("rows").select("*")
    narrowed = filters.model_validate(given).narrow(rows, of)
    return [
        f"{name}={value}"
        for name, value in narrowed.request.params.multi_items()
        if name != "select"
    ]


@pytest.mark.parametrize("name", Filters.model_fields)
def test_each_filter_narrows_both_lists(name: str) -> None:
    """A filter that joins the table joins this one."""
    value, of_spans, of_traces = GIVEN[name]

    assert ask("spans", **{name: value}) == [of_spans]
    assert ask("traces", **{name: value}) == [of_traces]


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({"usage_uncounted": "no_model"}, "usage_uncounted=eq.no_model"),
        ({"unknown_because": "tier_not_told"}, "unknown_because=eq.tier_not_told"),
        ({"possible_duplicate": "true"}, "possible_duplicate=is.true"),
        ({"possible_duplicate": "false"}, "possible_duplicate=is.false"),
        ({"misdated": "true"}, "misdated=not.is.null"),
    ],
)
def test_spans_are_found_by_what_sums_leave_out(given: dict[str, str], condition: str) -> None:
    """Each figure of /metrics leads to its rows; traces have no such filters."""
    assert ask("spans", SpanFilters, **given) == [condition]
    assert "usage_uncounted" not in Filters.model_fields
    assert ask("traces", misdated="true") == ["misdated=neq.{}"]


def test_lists_leave_out_what_is_misdated() -> None:
    """Unless a filter names it, or a trace; what is of the future is not even read."""
    rows = SyncPostgrestClient("http://data.invalid").from_("rows").select("*")
    kept = str(ListQuery.model_validate({}).narrow(rows, "spans").request.params)
    assert "misdated=is.null" in kept
    assert "start_time=lt." in kept
    rows = SyncPostgrestClient("http://data.invalid").from_("rows").select("*")
    assert "undated=is.false" in str(
        ListQuery.model_validate({}).narrow(rows, "traces").request.params
    )
    for given in ({"misdated": "past"}, {"trace_id": "0" * 32}):
        rows = SyncPostgrestClient("http://data.invalid").from_("rows").select("*")
        query = ListQuery.model_validate(given)
        assert "is." not in str(query.narrow(rows, "traces").request.params)


def test_filters_add_up() -> None:
    """All that are given are asked for; without any, nothing is."""
    both = ask("spans", provider="acme", status="error")

    assert both == ["provider=eq.acme", "status=eq.error"]
    assert ask("traces") == []
