"""An observed function's arguments and results are written down, and nothing of it is run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_observe._tracing.spelling import spell


class Hostile:
    """Whatever is asked of it raises."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError

    __str__ = __repr__


class Text(str):  # noqa: SLOT000  # as an application writes it
    """A text that is another when it is asked."""

    def __str__(self) -> str:
        raise RuntimeError

    def __getitem__(self, at: Any) -> str:
        raise RuntimeError


@dataclass
class Order:
    """A value of an application's."""

    item: str
    count: int


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"a": [1, 2.5, None, True], "b": ("x",)}, {"a": [1, 2.5, None, True], "b": ["x"]}),
        ({1: "a", None: "b"}, {"1": "a", "<NoneType>": "b"}),
        (b"12345", "<bytes of 5>"),
        (Order("tea", 2), {"item": "tea", "count": 2}),
        ({"set"}, "<set>"),
        (open, "<builtin_function_or_method>"),
    ],
)
def test_plain_values_are_written_others_are_told_by_their_type(
    value: object, written: object
) -> None:
    """No ``repr``, ``str``, property or item of the application's is asked."""
    assert spell(value) == written


def test_hostile_values_are_not_asked() -> None:
    """Each of their methods raises."""
    assert spell(Hostile()) == "<Hostile>"
    assert spell([Hostile(), {"k": Hostile()}]) == ["<Hostile>", {"k": "<Hostile>"}]
    assert spell([Text("kept"), {Text("key"): 1}]) == ["kept", {"key": 1}]


def test_a_generator_is_not_consumed() -> None:
    """It is the application's to iterate."""

    def count() -> Iterator[int]:
        yield 1

    generator = count()
    assert spell(generator) == "<generator>"
    assert list(generator) == [1]


def test_a_huge_value_is_cut_and_says_so() -> None:
    """A hundred million characters or ten million values cost no more than the bound."""
    begun = time.perf_counter()
    text = spell("x" * 100_000_000)
    many = spell(list(range(10_000_000)))
    assert len(text) == 1_000_000
    assert many[-1] == "…"
    assert len(many) <= 10_001
    assert time.perf_counter() - begun < 5


def test_a_circle_ends() -> None:
    """A list that holds itself is written to the deepest level."""
    circle: list[Any] = []
    circle.append(circle)
    assert json.dumps(spell(circle)).count("[") == 32


@given(
    st.recursive(
        st.none() | st.text() | st.binary() | st.floats(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    )
)
def test_any_value_becomes_json(value: object) -> None:
    """Whatever a function is given can be sent."""
    json.dumps(spell(value))
