"""Raw usage becomes disjoint buckets, whatever a provider reports."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_observe.cost.usage import MOST_TOKENS, Buckets, Usage
from llm_observe.dialects.counts import read_counts

INPUT = "gen_ai.usage.input_tokens"
OUTPUT = "gen_ai.usage.output_tokens"
READ = "gen_ai.usage.cache_read.input_tokens"
WRITE = "gen_ai.usage.cache_write.input_tokens"
CREATION = "gen_ai.usage.cache_creation.input_tokens"
WRITE_1H = "anthropic.usage.cache_creation.ephemeral_1h_input_tokens"
REASONING = "gen_ai.usage.reasoning.output_tokens"
AUDIO_INPUT = "gen_ai.usage.audio.input_tokens"
AUDIO_READ = "gen_ai.usage.audio.cache_read.input_tokens"
AUDIO_OUTPUT = "gen_ai.usage.audio.output_tokens"
KEYS = [INPUT, OUTPUT, READ, WRITE, CREATION, WRITE_1H, REASONING]
KEYS += [AUDIO_INPUT, AUDIO_READ, AUDIO_OUTPUT]

COUNTS = st.integers(min_value=0, max_value=MOST_TOKENS)
WILD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.lists(st.integers(), max_size=3),
)


def usage_from_attributes(attributes: dict[str, Any]) -> Usage | None:
    embeds = attributes.get("gen_ai.operation.name") == "embeddings"
    return read_counts(attributes, without_output=embeds)


def buckets_of(attributes: dict[str, Any]) -> Buckets:
    usage = usage_from_attributes(attributes)
    assert usage is not None
    buckets = usage.buckets()
    assert buckets is not None
    return buckets


@pytest.mark.parametrize(
    ("attributes", "buckets"),
    [
        pytest.param(
            {INPUT: 100, OUTPUT: 20},
            {"input_uncached": 100, "output_text": 20},
            id="plain",
        ),
        pytest.param(
            {INPUT: 1000, READ: 800, OUTPUT: 50, REASONING: 30},
            {"input_uncached": 200, "cache_read": 800, "output_text": 20, "reasoning": 30},
            id="openai: cached inside input, reasoning inside output",
        ),
        pytest.param(
            {INPUT: 24, READ: 4, WRITE: 6, OUTPUT: 7},
            {"input_uncached": 14, "cache_read": 4, "cache_write": 6, "output_text": 7},
            id="anthropic: input includes cache reads and writes",
        ),
        pytest.param(
            {INPUT: 30, CREATION: 20, WRITE_1H: 15, OUTPUT: 1},
            {"input_uncached": 10, "cache_write": 5, "cache_write_1h": 15, "output_text": 1},
            id="the older name of cache writes, by age",
        ),
        pytest.param(
            {INPUT: 100, AUDIO_INPUT: 60, READ: 30, AUDIO_READ: 20, OUTPUT: 50, AUDIO_OUTPUT: 40},
            {
                "input_uncached": 30,
                "cache_read": 10,
                "cache_audio_read": 20,
                "input_audio": 40,
                "output_text": 10,
                "output_audio": 40,
            },
            id="audio overlaps what was cached",
        ),
    ],
)
def test_parts_are_taken_out_of_their_totals(
    attributes: dict[str, Any], buckets: dict[str, int]
) -> None:
    """A token that was cached, reasoned or heard is counted in that bucket and in no other."""
    assert buckets_of(attributes).to_dict() == buckets


def test_unknown_is_not_zero() -> None:
    """Without input and output there is no usage; with one of them the total stays unknown."""
    assert usage_from_attributes({}) is None
    assert usage_from_attributes({READ: 5}) is None
    usage = usage_from_attributes({INPUT: 5, "gen_ai.operation.name": "chat"})
    assert usage is not None
    assert (usage.output_tokens, usage.total_tokens, usage.buckets()) == (None, None, None)


def test_embeddings_need_no_output() -> None:
    """An embeddings call is whole with its input alone, and its output stays unknown."""
    usage = usage_from_attributes({INPUT: 5, "gen_ai.operation.name": "embeddings"})
    assert usage is not None
    assert (usage.output_tokens, usage.total_tokens) == (None, 5)
    assert usage.buckets() == Buckets(input_uncached=5)


@pytest.mark.parametrize(
    "value", [21.0, -1, "21.0", "-1", MOST_TOKENS + 1, True, None, [21], float("nan")]
)
def test_only_counts_count(value: object) -> None:
    """A float, a negative or an immense number is unknown, never guessed at."""
    usage = usage_from_attributes({INPUT: value, OUTPUT: 3})
    assert usage is not None
    assert usage.input_tokens is None


def test_a_count_that_was_written_as_text_is_one() -> None:
    """Spring AI's spans have texts alone."""
    usage = usage_from_attributes({INPUT: "21", OUTPUT: "3"})

    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (21, 3)


def test_parts_above_their_total_have_no_buckets() -> None:
    """Nothing is cut to fit: counts that do not add up are for ``reconcile`` to put right."""
    assert Usage(input_tokens=10, output_tokens=5, cache_read=50).buckets() is None
    assert Usage(input_tokens=10, output_tokens=5, reasoning=9).buckets() is None
    assert Usage(input_tokens=10, output_tokens=5, cache_read=10, reasoning=5).buckets()


@given(st.dictionaries(st.sampled_from(KEYS), COUNTS))
def test_buckets_sum_up_to_the_totals(attributes: dict[str, int]) -> None:
    """Whatever parts are reported, no bucket is negative and their sums are the totals."""
    usage = usage_from_attributes(attributes)
    buckets = usage.buckets() if usage else None
    if usage is None or buckets is None:
        return
    counts = buckets.to_dict()
    output = {"output_text", "reasoning", "output_audio"}
    assert all(count > 0 for count in counts.values())
    assert sum(counts[name] for name in counts.keys() & output) == usage.output_tokens
    assert sum(counts[name] for name in counts.keys() - output) == usage.input_tokens
    assert sum(counts.values()) == usage.total_tokens


@given(st.dictionaries(st.sampled_from([*KEYS, "gen_ai.operation.name"]), WILD))
def test_wild_attributes_never_raise(attributes: dict[str, Any]) -> None:
    """No attribute value can break the reading of usage."""
    usage = usage_from_attributes(attributes)
    if usage is not None:
        usage.buckets()
