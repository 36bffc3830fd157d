"""Whatever a span holds, it is read, within bounds, and what was said stays in its place."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import DIALECTS, Dialect, SourceEvent, SourceSpan, read
from llm_observe.dialects.flattened import MOST_ITEMS
from llm_observe.transcription import transcribe
from tests.llm_observe.dialects.spans import START_NS, make_span

MARKER = "XYZZY-said-in-secret"
SETTINGS = Settings(supabase_url="http://localhost", supabase_key="any", signing_key="{}")
UNDER = ["", ".0.message.content", ".0.content", ".1.tool_calls.0.arguments", ".999999999.x"]
SHAPES = [
    MARKER,
    [MARKER],
    json.dumps(MARKER),
    json.dumps([{"role": "user", "content": MARKER}]),
    json.dumps({"messages": [{"role": "user", "content": [{"type": "text", "text": MARKER}]}]}),
    json.dumps({"content": MARKER, "tool_calls": [{"function": {"arguments": MARKER}}]}),
]
JSON_LIKE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["chat", "LLM", '"CHAT_MODEL"', "generation", "ai.x.doStream", "tool", "["])
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "type", "parts", "id", "usage", "choices", "message"]
            )
            | st.text(max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
PARTS = st.lists(
    st.fixed_dictionaries(
        {"type": JSON_LIKE | st.sampled_from(["tool_use", "tool_result", "function_call"])},
        optional={"text": JSON_LIKE, "id": JSON_LIKE, "input": JSON_LIKE},
    ),
    max_size=2,
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"content": PARTS | JSON_LIKE},
        optional={"role": JSON_LIKE, "tool_calls": JSON_LIKE, "type": JSON_LIKE},
    ),
    max_size=2,
)
SAID = MESSAGES | MESSAGES.map(lambda messages: {"messages": messages, "model": "gpt-4o"})
VALUES = JSON_LIKE | JSON_LIKE.map(json.dumps) | SAID | SAID.map(json.dumps)
EVENT_NAMES = ["exception", "gen_ai.choice", "gen_ai.user.message", "gen_ai.content.prompt"]


@st.composite
def wild_spans(draw: st.DrawFn) -> SourceSpan:
    """A span of some dialect, with odd values under its keys and others."""
    dialect = draw(st.sampled_from(DIALECTS))
    rooted = [root + under for root in dialect.roots for under in UNDER]
    keys = st.sampled_from([*rooted, *sorted(dialect.keys), *dialect.signs])
    attributes = st.dictionaries(keys | st.text(max_size=8), VALUES, max_size=12)
    kinds = st.sampled_from(["LLM", "chat", '"CHAT_MODEL"', "generation", "ai.x.doStream", "tool"])
    return make_span(
        draw(st.sampled_from(["any", *dialect.scopes])),
        draw(attributes) | {sign: draw(kinds) for sign in dialect.signs},
        name=draw(st.sampled_from(["Response", "openai.response", "call"])),
        status=draw(st.sampled_from(["unset", "ok", "error"])),
        events=[
            SourceEvent(draw(st.sampled_from(EVENT_NAMES)), draw(st.integers(0, 2**63)), told)
            for told in draw(st.lists(attributes, max_size=2))
        ],
    )


@given(wild_spans())
def test_any_span_is_read(span: SourceSpan) -> None:
    """Values of any type under the keys of any dialect: what is odd counts as not said."""
    reading = read(span)
    assert reading.dialect
    assert reading.usage is None or reading.countable


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
def test_content_is_not_left_over(dialect: Dialect) -> None:
    """Content under any root of a dialect stands neither in the rest nor in a record."""
    for scope in (*dialect.scopes[:1], "any"):
        for root in dialect.roots:
            for under, shape in ((under, shape) for under in UNDER for shape in SHAPES):
                attributes = {root + under: shape} | dict.fromkeys(dialect.signs, "LLM")
                assert MARKER not in str(read(make_span(scope, attributes)).rest)
                assert MARKER not in str(asdict(record_of(scope, attributes)))


def record_of(scope: str, attributes: dict[str, Any]) -> Any:
    """A span's record with content off."""
    return transcribe(
        make_span(scope, attributes),
        tenant="any",
        key=None,
        prices=load_prices(),
        settings=SETTINGS,
    )


@pytest.mark.parametrize(
    ("scope", "start", "end"),
    [
        ("openinference.instrumentation.x", "llm.input_messages.", ".message.content"),
        ("opentelemetry.instrumentation.openai.v1", "gen_ai.prompt.", ".content"),
    ],
)
def test_messages_are_bounded_and_the_last_are_kept(scope: str, start: str, end: str) -> None:
    """Indexes may be as high as they like: only as many messages as there are keys are made."""
    signs = {"openinference.span.kind": "LLM", "llm.request.type": "chat"}
    many = {f"{start}{99_000 * index}{end}": str(index) for index in range(10_000)}
    reading = read(make_span(scope, signs | many))
    assert len(reading.input) == MOST_ITEMS
    assert reading.input[-1]["parts"][0]["content"] == "9999"


@pytest.mark.parametrize("index", ["-1", "1e3", "٣", "9" * 5000, "", "0x1"])
def test_a_malformed_index_is_no_message(index: str) -> None:
    """Only ASCII digits of a sane number are an index."""
    odd = {"openinference.span.kind": "LLM", f"llm.input_messages.{index}.message.content": "x"}
    assert read(make_span("any", odd)).input == ()


def test_json_that_is_nested_too_deep_stays_text() -> None:
    """It is kept as what was said, and nobody walks down it."""
    deep = "[" * 900 + "]" * 900
    told = {"langfuse.observation.type": "generation", "langfuse.observation.input": deep}
    (message,) = read(make_span("any", told)).input
    assert message["parts"] == [{"type": "text", "content": deep}]


def test_an_end_before_the_start_has_no_negative_first_token() -> None:
    """Clocks go back: a first token is never before its call."""
    early = [SourceEvent("First Token Stream Event", START_NS - 1)]
    told = {"openinference.span.kind": "LLM"}
    assert read(make_span("any", told, events=early)).time_to_first_token_ms == 0


@pytest.mark.parametrize("kind", [["text"], {"a": 1}, None, 7, "hologram"])
def test_a_part_of_no_known_type_is_kept_as_it_is(kind: object) -> None:
    """It was said all the same."""
    said = [{"role": "user", "content": [{"type": kind, "url": "x"}]}]
    told = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.input": json.dumps(said),
    }
    (message,) = read(make_span("any", told)).input
    assert message["parts"][0]["content"] == {"url": "x"}
