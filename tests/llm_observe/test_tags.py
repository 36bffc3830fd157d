"""Tags from the library's door, as a span is stamped with them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import llm_observe
from llm_observe.tenancy import current_attribution


class Loud(str):
    """A text whose own methods break."""

    __slots__ = ()

    def __str__(self) -> str:
        raise ZeroDivisionError

    __len__ = __eq__ = __hash__ = __iter__ = __str__  # type: ignore[assignment]  # each raises


def stamped(**tags: Any) -> dict[str, str]:
    with llm_observe.tag(**tags):
        return dict(current_attribution().tags.attributes)


def test_tags_add_up_and_end_with_their_block() -> None:
    """An inner tag stands beside the outer ones, and goes over the one of its key."""
    with llm_observe.tag(plan="pro", team="core"), llm_observe.tag(plan="free"):
        inner = dict(current_attribution().tags.attributes)
    assert inner == {"llm_observe.tag.plan": "free", "llm_observe.tag.team": "core"}
    assert current_attribution().tags.attributes == {}


def test_a_tag_is_a_text_a_number_or_a_flag() -> None:
    """Others are dropped, and counted."""
    with llm_observe.tag(a="x", b=3, c=True, d=0.5, e=None, f=["x"]):  # type: ignore[arg-type]  # untyped caller
        tags = current_attribution().tags
    assert [*tags.attributes.values()] == ["x", "3", "true", "0.5"]
    assert tags.dropped == 2


def test_there_are_sixteen_tags() -> None:
    """The first sixteen; a tag that is there may be set anew."""
    with llm_observe.tag(**{f"t{i}": "x" for i in range(20)}), llm_observe.tag(t0="y", more="z"):
        tags = current_attribution().tags
    assert len(tags.attributes) == 16
    assert tags.attributes["llm_observe.tag.t0"] == "y"
    assert tags.dropped == 5


def test_a_long_value_is_held_by_its_hash() -> None:
    """A context that lives long holds no long text."""
    (value,) = stamped(doc="x" * 1_000_000).values()
    assert value.startswith("sha256:")
    assert len(value) == 71


@pytest.mark.parametrize("key", ["", "k" * 65, "two words", "a\nb"])
def test_a_key_is_one_short_word(key: str) -> None:
    """Others are dropped."""
    assert stamped(**{key: "x"}) == {}


@given(
    st.dictionaries(
        st.text(),
        st.recursive(st.none() | st.text() | st.floats() | st.integers() | st.binary(), st.lists),
    )
)
def test_nothing_breaks_the_host(tags: dict[str, Any]) -> None:
    """Whatever is told as a tag, nothing is raised, and the bounds hold."""
    found = stamped(**tags)
    assert len(found) <= 16
    assert all(0 < len(value) <= 256 for value in found.values())


def test_a_text_that_breaks_does_not_break_the_host() -> None:
    """No method of an application's own class is asked."""
    assert stamped(a=Loud("x"), b=10**5000, c=object()) == {"llm_observe.tag.a": "x"}
