"""The query of /metrics: dimensions, the arguments for SQL, and what is refused in which words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from functions.common.errors import BadRequestError
from functions.metrics.query import DIMENSIONS, MEASURES, MetricsQuery
from llm_observe.records import bound_id

WINDOW = {"start": "2026-11-23T12:00:00Z", "end": "2026-11-23T13:00:00Z"}
START, END = datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 23, 13, tzinfo=UTC)


def read(**given: Any) -> dict[str, Any]:
    """The arguments of the function in the database for these parameters."""
    query = MetricsQuery.model_validate(WINDOW | given)
    return query.to_arguments(*query.choose())


def refuse(**given: Any) -> str:
    """The words that these parameters are refused with."""
    with pytest.raises((BadRequestError, ValidationError)) as caught:
        read(**given)
    return str(caught.value)


def test_nothing_given_asks_what_was_always_asked() -> None:
    """By hour in UTC, of all calls, without groups: the models are told, but no series of each."""
    assert read() == {
        "window_start": START.isoformat(),
        "window_end": END.isoformat(),
        "bucket": "hour",
        "time_zone": "UTC",
        "group_by": None,
        "then_by": None,
        "filter": {},
        "measure": "requests",
        "top": 500,
        "compare": False,
        "filters": [],
    }


@pytest.mark.parametrize("name", [*DIMENSIONS, "tag:plan", "tag:a:b", "tag: "])
def test_each_dimension_groups_and_filters(name: str) -> None:
    """By one name in all three places; values that are repeated are all asked for."""
    asked = read(group_by=name, **{name: ["x", ""]})
    within = read(group_by="model" if name == "user" else "user", then_by=name)

    assert (asked["group_by"], asked["filter"]) == (name, {name: ["x", None]})
    assert within["then_by"] == name


def test_a_tag_that_stands_there_once_is_one_value() -> None:
    """As a declared parameter does."""
    assert read(**{"tag:plan": "gold"})["filter"] == {"tag:plan": ["gold"]}


@pytest.mark.parametrize("name", ["user", "customer", "session", "tag:plan"])
def test_a_long_id_is_looked_up_as_it_is_stored(name: str) -> None:
    """By its hash; names of other dimensions are no ids."""
    assert read(**{name: ["x" * 300]})["filter"] == {name: [bound_id("x" * 300)]}
    assert read(model=["x" * 300])["filter"] == {"model": ["x" * 300]}


@pytest.mark.parametrize("name", MEASURES)
def test_each_measure_is_named_as_the_totals_are(name: str) -> None:
    """Prompt and completion are input and output in the database, as everywhere."""
    stored = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}

    assert read(measure=name)["measure"] == stored.get(name, name)


@pytest.mark.parametrize("parameter", ["group_by", "then_by"])
@pytest.mark.parametrize("name", ["", "models", "tag", "tag:", "TAG:x", "user_id", "model,user"])
def test_the_name_of_no_dimension_is_refused(parameter: str, name: str) -> None:
    """With the names of all that there are."""
    words = refuse(**({"group_by": "model"} | {parameter: name}))

    assert parameter in words
    assert all(each in words for each in (*DIMENSIONS, "tag:<key>"))


@pytest.mark.parametrize("name", ["session_id", "tag:", "tags", "group-by", f"tag:{'k' * 65}"])
def test_the_name_of_no_parameter_is_refused(name: str) -> None:
    """With itself and the names of the filters."""
    words = refuse(**{name: "x"})

    assert f"query.{name[:80]}: there is no such parameter" in words
    assert all(each in words for each in (*DIMENSIONS, "tag:<key>"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"then_by": "user"}, "give group_by"),
        ({"group_by": "user", "then_by": "user"}, "another dimension than group_by"),
        ({"top": "0"}, "greater than or equal to 1"),
        ({"top": "501"}, "less than or equal to 500"),
        ({"measure": "latency"}, "'latency_p50'"),
        ({"compare": "next"}, "'previous'"),
        ({"explain": "plan"}, "'sql'"),
        ({"bucket": "week"}, "'day'"),
        ({"time_zone": ""}, "time_zone"),
        ({"time_zone": "UTC'; select 1"}, "time_zone"),
        ({"user": ["x"] * 101}, "at most 100"),
        ({"user": ["x\0"]}, "user"),
        ({"tag:plan": ["x\0"]}, "tag:plan"),
        (
            {"start": "0001-01-01T00:00:00Z", "end": "9999-01-01T00:00:00Z", "compare": "previous"},
            "the window before this one is too early",
        ),
    ],
)
def test_what_cannot_be_asked_is_explained(given: dict[str, Any], words: str) -> None:
    """The message says what is allowed instead."""
    assert words in refuse(**given)
