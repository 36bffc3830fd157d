"""The table of filters: each has what it asks of both lists."""

from __future__ import annotations

from typing import Any, Final, Literal

import pytest
from postgrest import SyncPostgrestClient

from functions.common.filters import Filters

MOMENT: Final = "2026-11-23T10:00:00+01:00"
SINCE: Final = "start_time=gte.2026-11-23T09:00:00+00:00"
BEFORE: Final = "start_time=lt.2026-11-23T09:00:00+00:00"
GIVEN: Final[dict[str, tuple[str, str, str]]] = {
    # Filter: a value, and what the lists of spans and of traces are asked for.
    "trace_id": ("0" * 32, f"trace_id=eq.{'0' * 32}", f"trace_id=eq.{'0' * 32}"),
    "model": ('a"b\\', 'model=eq.a"b\\', 'models=cs.{"a\\"b\\\\"}'),
    "provider": ("openai", "provider=eq.openai", 'providers=cs.{"openai"}'),
    "operation": ("chat", "operation=eq.chat", 'operations=cs.{"chat"}'),
    "status": ("error", "status=eq.error", "status=eq.error"),
    "start": (MOMENT, SINCE, SINCE),
    "end": (MOMENT, BEFORE, BEFORE),
}


def ask(of: Literal["spans", "traces"], **given: Any) -> list[str]:
    """The conditions of a list's request, as they are before they become a URL."""
    rows = SyncPostgrestClient("http://data.invalid").from_("rows").select("*")
    narrowed = Filters.model_validate(given).narrow(rows, of)
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


def test_filters_add_up() -> None:
    """All that are given are asked for; without any, nothing is."""
    both = ask("spans", model="gpt-5", status="error")

    assert both == ["model=eq.gpt-5", "status=eq.error"]
    assert ask("traces") == []
