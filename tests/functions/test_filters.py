"""The query parameters of lists: each is short for terms of the one filter."""

from __future__ import annotations

from typing import Any, Final, Literal

import pytest

from functions.common.asking.fields import FIELDS, find_type
from functions.common.asking.trees import Tree
from functions.common.errors import BadRequestError
from functions.common.filters import Filters, SpanFilters

MOMENT: Final = "2026-11-23T10:00:00+01:00"
SINCE: Final[Tree] = {"field": "started", "op": "ge", "values": ["2026-11-23T09:00:00+00:00"]}
BEFORE: Final[Tree] = SINCE | {"op": "lt"}


def of(field: str, value: str) -> Tree:
    return {"field": field, "op": "in", "values": [value]}


GIVEN: Final[dict[str, tuple[str, Tree, Tree]]] = {
    # Parameter: a value, and what it asks of spans and of traces.
    "filter": ("is:failed", {"field": "failed", "op": "is"}, {"field": "failed", "op": "is"}),
    "trace_id": ("0" * 32, of("trace", "0" * 32), of("trace", "0" * 32)),
    "model": ("a,b", {"or": [of("model", "a,b"), of("served_model", "a,b")]}, of("model", "a,b")),
    "provider": ("openai", of("provider", "openai"), of("provider", "openai")),
    "operation": ("chat", of("operation", "chat"), of("operation", "chat")),
    "status": ("error", of("status", "error"), of("status", "error")),
    "session_id": ("s-1", of("session", "s-1"), of("session", "s-1")),
    "misdated": ("future", of("misdated", "future"), of("misdated", "future")),
    "start": (MOMENT, SINCE, SINCE),
    "end": (MOMENT, BEFORE, BEFORE),
}


def ask(
    rows: Literal["spans", "traces"], filters: type[Filters] = Filters, /, **given: Any
) -> list[Tree]:
    return filters.model_validate(given).to_trees(rows)


@pytest.mark.parametrize("name", Filters.model_fields)
def test_each_parameter_asks_of_both_lists(name: str) -> None:
    """A parameter that joins the others joins this table."""
    value, of_spans, of_traces = GIVEN[name]

    assert ask("spans", **{name: value}) == [of_spans]
    assert ask("traces", **{name: value}) == [of_traces]


@pytest.mark.parametrize(
    ("given", "tree"),
    [
        ({"usage_uncounted": "no_model"}, of("usage_uncounted", "no_model")),
        ({"unknown_because": "tier_not_told"}, of("unknown_because", "tier_not_told")),
        ({"possible_duplicate": "true"}, {"field": "possible_duplicate", "op": "is"}),
        (
            {"possible_duplicate": "false"},
            {"not": {"field": "possible_duplicate", "op": "is"}},
        ),
        ({"misdated": "true"}, {"field": "misdated", "op": "has"}),
    ],
)
def test_spans_are_found_by_what_sums_leave_out(given: dict[str, str], tree: Tree) -> None:
    """Each figure of /metrics leads to its rows."""
    assert ask("spans", SpanFilters, **given) == [tree]
    assert find_type(str(tree.get("field", "possible_duplicate"))) is not None


def test_parameters_add_up() -> None:
    """All that are given have to hold, and the filter beside them; without any there is none."""
    both = ask("spans", provider="acme", status="error", filter="is:failed OR is:streamed")

    either = [{"field": "failed", "op": "is"}, {"field": "streamed", "op": "is"}]
    assert both == [{"and": [of("provider", "acme"), of("status", "error")]}, {"or": either}]
    assert ask("traces") == []
    assert ask("traces", filter="  ") == [{}]
    assert "usage_uncounted" in FIELDS


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("modle:x", "query.filter, character 1: there is no field modle; did you mean model?"),
        ('{"and": [', "query.filter, character 10: this is no JSON (Expecting value)"),
        ("{" * 9 + '"a":', "query.filter, character 2: this is no JSON"),
        ('{"not":' * 900 + "{}" + "}" * 900, "query.filter, character 1: it is nested too deeply"),
        ('{"not":' * 20 + "{}" + "}" * 20, "query.filter, character 1: it is nested too deeply"),
    ],
)
def test_a_filter_that_is_none_is_refused(text: str, told: str) -> None:
    """With the place, and what would do."""
    with pytest.raises(BadRequestError) as caught:
        ask("spans", filter=text)

    assert str(caught.value).startswith(told)


def test_json_keeps_amounts_as_they_are_written() -> None:
    """No amount goes through a float."""
    text = '{"field": "cost", "op": "lt", "values": [0.1, 12345678901234567890.123456789012]}'

    (tree,) = ask("spans", filter=text)

    assert tree["values"] == ["0.1", "12345678901234567890.123456789012"]
