"""The text form of a filter: what it means, and what it is refused with."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.common.asking.fields import CHOICES, FIELDS, TYPES
from functions.common.asking.filter_text import read_filter_text
from functions.common.asking.scanner import FilterTextError
from functions.common.asking.trees import Tree, measure_depth
from functions.common.asking.writing import tell_value, write_filter_text
from llm_observe.records import bound_id

SIGNS = {"in": ":", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
)
VALUES = {
    "text": TEXTS,
    "id": TEXTS.filter(str.isprintable),
    "words": TEXTS,  # between quotes
    "digest": st.just(f"h1:k1:{'a' * 43}"),
    "trace_id": st.just("0a" * 16),
    "span_id": st.just("0a" * 8),
    "whole": st.integers(0, 10**15 - 1).map(str),
    "money": st.sampled_from(["0", "0.1", "123456789.123456789012"]),
    "duration": st.sampled_from(["150ms", "2s", "1.5h", "7ns"]),
    "time": st.sampled_from(["2026-11-01", "2026-11-01T12:00:00.5+14:00"]),
}


def quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def spell(tree: Tree) -> str:
    """Write a tree as a text, with quotes around every value."""
    match tree:
        case {"and": members}:
            return "(" + " ".join(spell(member) for member in members) + ")"
        case {"or": members}:
            return "(" + " OR ".join(spell(member) for member in members) + ")"
        case {"not": member}:
            inner = spell(member)
            return f"-({inner})" if inner.startswith("-") else f"-{inner}"
    name = str(tree["field"])
    name = "tag:" + quote(name[4:]) if name.startswith("tag:") else name
    if tree["op"] in ("has", "is"):
        return f"{tree['op']}:{name}"
    values = ",".join(quote(value) for value in tree["values"])
    return (
        tree["values"][0]
        if tree["op"] == "matches"
        else values
        if name == "text"
        else f"{name}{SIGNS[tree['op']]}{values}"
    )


@st.composite
def terms(draw: st.DrawFn) -> Tree:
    """A term of any field, with any operator that it takes."""
    tag = draw(TEXTS.filter(lambda key: '"' not in key).map(lambda key: f"tag:{key}"))
    name = draw(st.sampled_from([*FIELDS, tag]))
    kind = FIELDS.get(name, "id")
    op = draw(st.sampled_from(TYPES[kind].operators))
    if op in ("has", "is"):
        return {"field": name, "op": op}
    values = st.sampled_from(CHOICES[name]) if kind == "choice" else VALUES[kind]
    if op == "matches":
        return {
            "field": name,
            "op": op,
            "values": [draw(st.from_regex("[a-z*é/]{1,9}", fullmatch=True))],
        }
    most = 3 if op == "in" else 1
    return {"field": name, "op": op, "values": draw(st.lists(values, min_size=1, max_size=most))}


def group(members: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    many = st.lists(members, min_size=2, max_size=4)
    return st.one_of(
        many.map(lambda each: {"and": each}),
        many.map(lambda each: {"or": each}),
        members.map(lambda each: {"not": each}),
    )


TREES = st.one_of(terms(), group(terms()), group(st.one_of(terms(), group(terms()))))


def join_words(tree: Tree) -> Tree:
    """Give the tree that has words beside each other in one term, at the place of the first."""
    match tree:
        case {"or": members}:
            return {"or": [join_words(member) for member in members]}
        case {"not": member}:
            return {"not": join_words(member)}
        case {"and": members}:
            joined = [join_words(member) for member in members]
            words = [member["values"][0] for member in joined if member.get("op") == "matches"]
            kept: list[Tree] = []
            for member in joined:
                if member.get("op") != "matches":
                    kept.append(member)
                elif words:
                    kept.append({"field": "text", "op": "matches", "values": [" ".join(words)]})
                    words = []
            return kept[0] if len(kept) == 1 else {"and": kept}
    return tree


@example(
    tree={"field": "tag:it's", "op": "in", "values": ['"', "\\", "a,b", " ", "OR", "-x", "(", "\n"]}
)
@given(tree=TREES)
def test_a_text_says_all_that_a_tree_says(tree: Tree) -> None:
    """Any tree, written with every value quoted, is read as itself, but for words side by side."""
    assert read_filter_text(spell(tree)) == join_words(tree)


@example(tree={"not": {"field": "text", "op": "matches", "values": ["a b-c"]}})
@example(
    tree={"or": [{"field": "text", "op": "matches", "values": ["a b"]}, tell_value("tool", "x")]}
)
@given(tree=TREES)
def test_a_tree_is_written_as_a_text_that_says_the_same(tree: Tree) -> None:
    """Any tree, with quotes only where they are needed; of words a text may have none."""
    text = write_filter_text(tree)

    if text is None:
        assert '"matches"' in json.dumps(tree)
    else:
        assert read_filter_text(text) == tree


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        ({}, ""),
        (tell_value("prompt", "x" * 257), None),
        ({"and": [tell_value("model", "a"), tell_value("tag:plan", "")]}, None),
        ({"field": "text", "op": "matches", "values": ["no refund"]}, "(no refund)"),
        ({"field": "text", "op": "matches", "values": ["this OR"]}, None),
        ({"field": "text", "op": "matches", "values": ["model:x"]}, None),
        (
            {"or": [tell_value("model", None), tell_value("model", "a b")]},
            '(-has:model OR model:"a b")',
        ),
    ],
)
def test_what_has_no_text_is_written_as_none(tree: Tree, text: str | None) -> None:
    """A value that no filter names, and words that the text form reads as something else."""
    assert write_filter_text(tree) == text


def read(text: str) -> Tree | FilterTextError:
    """Give the tree of a text, or the refusal."""
    try:
        return read_filter_text(text)
    except FilterTextError as error:
        return error


@example(text='tag:"')
@example(text="(" * 5000)
@example(text="-(" * 40 + "a" + ")" * 40)
@example(text="a:b:c,(,)\\")
@example(text="has:has:is:is")
@given(
    text=st.text(
        st.one_of(
            st.sampled_from('()"\\-:,<>= \n'),
            st.sampled_from("ORmodelhasit0."),
            st.characters(exclude_categories=["Cs"]),
        ),
        max_size=60,
    )
)
def test_whatever_stands_there_is_a_filter_or_refused(text: str) -> None:
    """A tree that the database takes, or the place of a fault within the text; nothing else."""
    told = read(text)
    if isinstance(told, FilterTextError):
        assert 0 <= told.place <= len(text)
        assert str(told).startswith(f"character {told.place + 1}: ")
    else:
        assert measure_depth(told) <= 4
        assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", {}),
        (" \n", {}),
        ("model:gpt-5,claude", {"field": "model", "op": "in", "values": ["gpt-5", "claude"]}),
        ("-env:staging", {"not": {"field": "environment", "op": "in", "values": ["staging"]}}),
        ("error:_OTHER", {"field": "error_type", "op": "in", "values": ["_OTHER"]}),
        ("tag:plan:pro", {"field": "tag:plan", "op": "in", "values": ["pro"]}),
        ("has:tag:plan", {"field": "tag:plan", "op": "has"}),
        (
            "has:cost,tokens",
            {"or": [{"field": "cost", "op": "has"}, {"field": "tokens", "op": "has"}]},
        ),
        ("refund", {"field": "text", "op": "matches", "values": ["refund"]}),
        ('"no refund"', {"field": "text", "op": "phrase", "values": ["no refund"]}),
        (
            'refund is:failed (order) -late "a-17"',
            {
                "and": [
                    {"field": "text", "op": "matches", "values": ["refund order"]},
                    {"field": "failed", "op": "is"},
                    {"not": {"field": "text", "op": "matches", "values": ["late"]}},
                    {"field": "text", "op": "phrase", "values": ["a-17"]},
                ]
            },
        ),
        ("((is:failed))", {"field": "failed", "op": "is"}),
    ],
)
def test_a_text_means(text: str, tree: Tree) -> None:
    """What stands in docs/filter.md."""
    assert read_filter_text(text) == tree


@pytest.mark.parametrize("name", ["user", "session", "customer", "feature", "tag:plan"])
def test_a_long_id_is_asked_for_as_it_is_stored(name: str) -> None:
    """By its hash, as spans have it."""
    tree = read_filter_text(f"{name}:{'x' * 257}")

    assert tree["values"] == [bound_id("x" * 257)]


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("is:failed modle:x", 11, "there is no field modle; did you mean model?"),
        ("is:faild", 4, "there is no field faild; did you mean failed?"),
        ("zzz:x", 1, "there is no field zzz; choose one of environment, "),
        ("tag:plan", 1, "there is no field tag; choose one of "),
        ("is:misdated", 4, "misdated does not take is: but :, has:"),
        ("model>x", 1, "model does not take > but :, has:"),
        ("cost=1", 1, "write cost: for a value, cost> or cost< to compare"),
        ("cost>cheap", 6, "cost is compared with an amount of US dollars, such as 0.1"),
        ("duration<2", 10, "duration is compared with a duration with its unit"),
        ("tokens>1.5", 8, "tokens is compared with a whole number"),
        ("tokens>\N{FULLWIDTH DIGIT ONE}", 8, "tokens is compared with a whole number"),
        ("started>2026-02-30", 9, "there is no such day or time"),
        (
            "started>2026-02-03T10:00",
            9,
            "started is compared with a day (UTC) or a time with its zone",
        ),
        ("status:failed", 8, "status is one of unset, ok, error"),
        ("cost>1,2", 8, "cost> takes one value"),
        ("model:" + "x" * 257, 7, "model is compared with a text of 1 to 256 characters"),
        ("x" * 257, 1, "a text has 256 characters at most"),
        (f"{'x' * 128} {'y' * 128}", 1, "a text has 256 characters at most"),
        ("a b OR c", 1, "put what stands around OR into parentheses: a (b OR c)"),
        ("OR a", 1, "OR stands between two terms"),
        ("a AND b", 3, "terms stand beside each other, without AND"),
        ("NOT a", 1, "a minus before a term negates it"),
        ("a OR", 5, "a term is missing here"),
        ("--a", 2, "one minus negates a term"),
        ("(a", 1, "this ( is not closed"),
        ("a)", 2, "there is no ( before this )"),
        ("()", 2, "a term is missing here"),
        ('"a', 1, "this quote is not closed"),
        ('""', 1, "nothing stands between the quotes"),
        ("model:", 7, "a value is missing here"),
        ("model:a,,b", 9, "a value is missing here"),
        ('model:"a"b', 10, "a space is missing here"),
        ("a " * 33, 65, "there are more than 32 terms"),
        ("model:" + ",".join("x" * 101), 1, "model has more than 100 values"),
        ("-(a (b OR -(c (d OR e))))", 1, "more than 4 groups are within each other"),
        ("(" * 17 + "a" + ")" * 17, 17, "too many parentheses are within each other"),
    ],
)
def test_a_refusal_says_the_place_and_what_to_do(text: str, place: int, told: str) -> None:
    """The character at which the fault stands, from 1 on, and a hint."""
    with pytest.raises(FilterTextError) as caught:
        read_filter_text(text)

    assert str(caught.value).startswith(f"character {place}: {told}")
