"""Rules of a tenant: an attribute fills a field, over what the dialect said, or says nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_observe.config import read_settings
from llm_observe.cost.pricing import load_prices
from llm_observe.cost.usage import Usage
from llm_observe.dialects import Reading, SourceSpan, read
from llm_observe.dialects.mapping import FIELDS, MappingRule, apply_rules, compile_rules
from llm_observe.records import SpanRecord
from llm_observe.transcription import transcribe

SETTINGS = read_settings({"LLM_OBSERVE_EXPORTERS": "console"})
GENAI = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 21,
    "gen_ai.usage.output_tokens": 17,
}

texts = st.text('aA7.-"[{}], \x00\ud800é', max_size=8) | st.sampled_from(["true", "12", "1.5"])
wild = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def make_span(attributes: dict[str, Any], **changes: Any) -> SourceSpan:
    given = {"trace_id": "a" * 32, "span_id": "b" * 16, "parent_span_id": None, "name": "step"}
    times = {"kind": "client", "start_ns": 1_795_253_450_000_000_000}
    end = {"end_ns": 1_795_253_451_000_000_000, "attributes": attributes}
    return SourceSpan(**{**given, **times, **end, **changes})


def map_span(
    attributes: dict[str, Any], *rules: tuple[str, ...], resource: dict[str, Any] | None = None
) -> Reading:
    """Read a span by rules, each an attribute, a field and perhaps a value."""
    span = make_span(attributes, resource=resource or {})
    reading = read(span)
    apply_rules(compile_rules(MappingRule(*rule) for rule in rules), span, reading)
    return reading


def transcribe_mapped(attributes: dict[str, Any], *rules: tuple[str, ...]) -> SpanRecord:
    compiled = compile_rules(MappingRule(*rule) for rule in rules)
    return transcribe(
        make_span(attributes),
        tenant="t1",
        key=None,
        prices=load_prices(),
        settings=SETTINGS,
        rules=compiled,
    )


def test_a_home_grown_span_becomes_a_priced_call() -> None:
    """Model, operation and tokens under names that nobody else has: counted, in buckets, priced."""
    attributes = {"my.model": "gpt-4o-mini", "my.in": "1000", "my.out": 100, "my.cached": 200.0}
    record = transcribe_mapped(
        attributes,
        ("my.model", "operation", "chat"),
        ("my.model", "request_model"),
        ("my.in", "input_tokens"),
        ("my.out", "output_tokens"),
        ("my.cached", "cache_read_tokens"),
    )

    assert (record.operation, record.countable, record.request_model) == (
        "chat",
        True,
        "gpt-4o-mini",
    )
    assert record.usage_buckets == {"input_uncached": 800, "cache_read": 200, "output_text": 100}
    expected = (800 * 0.15 + 200 * 0.075 + 100 * 0.6) / 1e6
    assert float(record.cost_usd or 0) == pytest.approx(expected)
    assert record.attributes == {
        "llm_observe.dialect": "plain",
        "llm_observe.mapped": [
            "cache_read_tokens",
            "input_tokens",
            "operation",
            "output_tokens",
            "request_model",
        ],
    }


CLAUDE = {
    "model": "claude-sonnet-4-5",
    "input_tokens": 12,
    "cache_read_tokens": 20000,
    "cache_creation_tokens": 1500,
    "output_tokens": 340,
}
CLAUDES_PARTS = (
    ("model", "request_model"),
    ("model", "operation", "chat"),
    ("cache_read_tokens", "cache_read_tokens"),
    ("cache_creation_tokens", "cache_write_tokens"),
)


@pytest.mark.parametrize("field", ["input_tokens", "input_tokens_without_cache"])
def test_a_cache_beside_the_input_is_part_of_it(field: str) -> None:
    """Counts prove it where the cache exceeds the input, and a rule says it where they cannot."""
    rules = (*CLAUDES_PARTS, ("input_tokens", field), ("output_tokens", "output_tokens"))
    record = transcribe_mapped(CLAUDE, *rules)
    assert (record.input_tokens, record.output_tokens) == (21512, 340)
    assert record.cost_usd == "0.016761000000"
    proven = ["usage_added"] if field == "input_tokens" else None
    assert record.attributes.get("llm_observe.repairs") == proven
    little = transcribe_mapped(CLAUDE | {"input_tokens": 30000}, *rules)
    assert little.input_tokens == (30000 if field == "input_tokens" else 51500)


def test_thoughts_beside_the_output_are_part_of_it() -> None:
    """A rule says that the output leaves out what was reasoned; the whole output goes first."""
    attributes = {"m": "gpt-5.1", "in": 9, "spoken": 50, "thought": 40, "out": 90}
    rules = (("m", "request_model"), ("m", "operation", "chat"), ("in", "input_tokens"))
    thought = ("thought", "reasoning_tokens")
    without = ("spoken", "output_tokens_without_reasoning")
    assert transcribe_mapped(attributes, *rules, thought, without).output_tokens == 90
    whole = transcribe_mapped(attributes, *rules, thought, without, ("out", "output_tokens"))
    assert whole.output_tokens == 90
    alone = transcribe_mapped(attributes, *rules, without)
    assert (alone.output_tokens, alone.reasoning_tokens) == (50, None)


def test_a_rule_goes_over_the_dialect() -> None:
    """One that finds nothing, or nothing of the field's type, leaves what the dialect said."""
    attributes = GENAI | {"deployed": "gpt-4o", "who": ["ann"], "half": 0.5}
    reading = map_span(
        attributes,
        ("deployed", "request_model"),
        ("missing", "provider"),
        ("who", "operation"),
        ("half", "input_tokens"),
    )

    assert (reading.request_model, reading.provider, reading.operation) == (
        "gpt-4o",
        "openai",
        "chat",
    )
    assert reading.usage == Usage(input_tokens=21, output_tokens=17)
    assert reading.rest == {
        "who": ["ann"],
        "half": 0.5,
        **{key: value for key, value in GENAI.items() if key.startswith("gen_ai.usage")},
    }
    assert reading.mapped == ["request_model"]


def test_words_are_ours() -> None:
    """Providers, reasons and errors get our words, and a model can tell its provider."""
    attributes = {"p": "Azure-OpenAI", "r": "end_turn", "e": "acme.RateLimitError"}
    rules = (("p", "provider"), ("r", "finish_reasons"), ("e", "error_type"))
    reading = map_span(attributes, *rules)
    assert (reading.provider, reading.finish_reasons, reading.error_type) == (
        "azure.ai.openai",
        ("stop",),
        "rate_limit",
    )
    call = map_span({"m": "claude-3-5-haiku"}, ("m", "request_model"), ("m", "operation", "chat"))
    assert call.provider == "anthropic"


def test_the_first_attribute_that_can_be_read_fills_a_field() -> None:
    """By alphabet, whatever order the rules came in; the others stay attributes."""
    rules = (("c", "user_id"), ("b", "user_id"), ("a", "user_id"))
    reading = map_span({"a": "", "b": 42, "c": "ann"}, *rules)

    assert reading.user_id == "42"
    assert reading.rest == {"a": "", "c": "ann"}
    assert reading.mapped == ["user_id"]


def test_a_resources_attribute_is_named_as_one() -> None:
    """Only with its prefix, and a span's own attribute of that very name goes first."""
    rule = ("resource.team", "agent_name")
    assert map_span({}, rule, resource={"team": "blue"}).agent_name == "blue"
    assert map_span({"team": "red"}, rule).agent_name is None
    assert map_span({"resource.team": "red"}, rule, resource={"team": "blue"}).agent_name == "red"


@pytest.mark.parametrize(
    ("operation", "counted"),
    [("chat", True), ("embeddings", True), ("invoke_agent", False), ("LLM", True)],
)
def test_the_operation_says_whether_a_call_is_counted(operation: str, *, counted: bool) -> None:
    """An operation that reaches a model makes a call of any span, every other makes it none."""
    for attributes in ({"kind": operation}, GENAI | {"kind": operation}):
        assert map_span(attributes, ("kind", "operation")).countable is counted


def test_tokens_of_what_is_no_call_are_not_counted() -> None:
    """An agent's span repeats its calls' usage, so tokens alone make no call."""
    record = transcribe_mapped({"my.in": 5}, ("my.in", "input_tokens"))
    assert (record.countable, record.input_tokens, record.usage_status) == (False, None, None)


def test_content_that_is_mapped_is_content() -> None:
    """Closed by default: its length is all there is, and no byte of it is anywhere else."""
    attributes = GENAI | {"my.prompt": "marker4713 prompt", "my.answer": "marker4713"}
    record = transcribe_mapped(attributes, ("my.prompt", "input"), ("my.answer", "output"))

    assert (record.input_length, record.output_length) == (17, 10)
    assert "marker4713" not in str(record)


def test_content_under_a_field_of_names_is_not_taken() -> None:
    """What is longer than a name is none."""
    assert map_span({"p": 10**9999}, ("p", "user_id")).user_id is None
    for field in ("provider", "session_id", "error_type", "finish_reasons"):
        assert "marker4713" not in str(transcribe_mapped({"p": "marker4713" * 30}, ("p", field)))


@given(st.dictionaries(st.sampled_from("abcd"), wild), st.sampled_from(sorted(FIELDS)))
def test_no_value_breaks_a_span(attributes: dict[str, Any], field: str) -> None:
    """Whatever an attribute holds, the field has its type or stays unsaid, and a row is made."""
    rules = [(key, field) for key in "abcd"]
    row = transcribe_mapped(GENAI | attributes, *rules).to_row()
    reading = map_span(attributes, *rules)

    assert sum((row.get("usage_buckets") or {}).values()) == (row.get("total_tokens") or 0)
    if field in reading.rest.get("llm_observe.mapped", ()) and hasattr(reading, field):
        kinds: dict[str, Any] = {
            "streamed": bool,
            "finish_reasons": tuple,
            "time_to_first_token_ms": (int, float),
        }
        expected = kinds.get(field, list if field in {"input", "output"} else str)
        assert isinstance(getattr(reading, field), expected)


@given(st.dictionaries(texts, wild))
def test_no_rules_change_nothing(attributes: dict[str, Any]) -> None:
    """Nor do rules whose attributes no span has."""
    span = make_span(GENAI | attributes)
    reading = read(span)
    absent = compile_rules([MappingRule("\x00 absent", field) for field in FIELDS])
    for rules in ((), absent):
        apply_rules(rules, span, reading)
        assert repr(reading) == repr(read(span))


def test_a_field_of_a_newer_database_is_passed_over() -> None:
    """A rule that this version cannot follow costs nothing."""
    assert compile_rules([MappingRule("a", "mood")]) == ()


def test_a_rule_fills_a_tag() -> None:
    """Over what the span tells, and as sure of its place; what it was taken from is no tag too."""
    told = {"acme.plan": "pro", "langsmith.metadata.team": "core", "llm_observe.tag.plan": "free"}
    record = transcribe_mapped(
        told, ("acme.plan", "tag:plan"), ("langsmith.metadata.team", "tag:squad")
    )
    assert record.tags == {"plan": "pro", "squad": "core"}
    assert record.attributes["llm_observe.mapped"] == ["tag:plan", "tag:squad"]
    said = transcribe_mapped({"acme.plan": 3, "acme.list": ["x"]}, ("acme.plan", "tag:paid", "yes"))
    assert said.tags == {"paid": "yes"}
    assert transcribe_mapped({"acme.list": ["x"]}, ("acme.list", "tag:list")).tags is None


def test_a_rule_fills_customer_release_and_prompt() -> None:
    """Whatever the attribute; ids may be numbers."""
    said = {"account": 4711, "build": "1.4.2", "template": "greet", "template.v": "3"}
    record = transcribe_mapped(
        said,
        ("account", "customer_id"),
        ("build", "release"),
        ("template", "prompt_name"),
        ("template.v", "prompt_version"),
    )
    assert (record.customer_id, record.release) == ("4711", "1.4.2")
    assert (record.prompt_name, record.prompt_version) == ("greet", "3")


@pytest.mark.parametrize("field", ["tag:", "tag:two words", "tag:" + "k" * 65, "tags", "mood"])
def test_a_rule_of_an_unknown_field_does_nothing(field: str) -> None:
    """A tag has a key of 1 to 64 characters, no blank."""
    assert compile_rules([MappingRule("a", field)]) == ()
