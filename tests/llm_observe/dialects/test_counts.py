"""Counts are read under every spelling, and nothing else is taken for one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_observe.cost.usage import MOST_TOKENS
from llm_observe.dialects.counts import read_counts
from llm_observe.dialects.silences import CACHE

TOTALS = {"gen_ai.usage.input_tokens": 3908, "gen_ai.usage.output_tokens": 98}
ROOTS = ("gen_ai.usage.", "llm.usage.", "llm.token_count.", "usage.", "gen_ai.usage.details.")
SPELLINGS = {
    "cache_read": (
        *("cached_tokens", "cached_input_tokens", "input_cached_tokens", "cache_read_tokens"),
        *("cache_read_input_tokens", "cache_read.input_tokens", "cached", "input_tokens_cached"),
        *("prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens"),
        *("inputTokenDetails.cacheReadTokens", "cachedInputTokens", "cacheReadInputTokens"),
        *("prompt_details.cache_read", "prompt_details.cache_input", "cachedContentTokenCount"),
        *(
            "prompt_cache_hit_tokens",
            "input_token_details.cache_read",
            "cached_content_token_count",
        ),
        *("input_token_details.priority_cache_read", "cache_read_input_token_count"),
    ),
    "cache_write": (
        *("cache_creation_tokens", "cache_creation_input_tokens", "cache_creation.input_tokens"),
        *("cache_write_tokens", "cache_write_input_tokens", "prompt_details.cache_write"),
        *("inputTokenDetails.cacheWriteTokens", "cacheWriteInputTokens", "cacheCreationTokens"),
        *("cache_creation.ephemeral_5m_input_tokens", "cache_write_30m_tokens"),
    ),
    "cache_write_1h": (
        *("cache_creation.ephemeral_1h_input_tokens", "cache_write_1h_tokens"),
        *("input_token_details.ephemeral_1h_input_tokens", "cache_creation_1h_input_tokens"),
        "cache_creation_input_tokens_above_1hr",
    ),
    "cache_write_12h": ("cache_write_12h_tokens", "cache_creation.ephemeral_12h_input_tokens"),
    "reasoning": (
        *(
            "reasoning_tokens",
            "reasoning.output_tokens",
            "completion_tokens_details.reasoning_tokens",
        ),
        *(
            "output_token_details.reasoning",
            "outputTokenDetails.reasoningTokens",
            "thinking_tokens",
        ),
        *("thoughtsTokenCount", "completion_details.reasoning", "output_reasoning_tokens"),
    ),
    "input_audio": ("prompt_details.audio", "audio.input_tokens", "input_audio_tokens"),
    "output_audio": ("completion_details.audio", "audio.output_tokens"),
    "cache_audio_read": ("audio.cache_read.input_tokens", "cached_audio_tokens"),
    "input_image": ("image.input_tokens", "input_tokens_details.image_tokens"),
    "total": ("total_tokens", "total", "totalTokenCount"),
}
NO_COUNTS = (
    *("cost", "cache_read_cost", "cached_ratio", "cache_hit_rate", "input_tokens_per_second"),
    *("details.audio_tokens", "text.input_tokens", "cache_miss_tokens", "noCacheTokens"),
    *("accepted_prediction_tokens", "input_token_details.priority", "raw"),
    *("server_tool_use.web_search_requests", "tool_use_prompt_tokens"),
)


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize(
    ("part", "spelling"), [(part, each) for part, them in SPELLINGS.items() for each in them]
)
def test_every_spelling_of_a_part_is_read(root: str, part: str, spelling: str) -> None:
    """Whichever usage object the key belongs to."""
    usage = read_counts(TOTALS | {root + spelling: 38})

    assert usage is not None
    assert getattr(usage, part) == 38
    assert (usage.input_tokens, usage.output_tokens) == (3908, 98)


@pytest.mark.parametrize("name", NO_COUNTS)
def test_a_word_that_is_not_known_makes_no_count(name: str) -> None:
    """A price, a share, a rate or another part is never taken for one that is known."""
    assert read_counts(TOTALS | {f"gen_ai.usage.{name}": 38}) == read_counts(TOTALS)


@pytest.mark.parametrize(
    "told",
    [
        "{'cache_read': 3840, 'audio': 0}",
        '{"cache_read": 3840, "audio": 0}',
        {"cache_read": 3840, "audio": 0},
        "{'priority_cache_read': 3840, 'priority': 68}",
        '{"cached_tokens": 3840}',
    ],
)
def test_details_in_one_value_are_read(told: Any) -> None:
    """LangSmith writes them as Python prints a mapping, others as JSON or as a mapping."""
    usage = read_counts(TOTALS | {"gen_ai.usage.input_token_details": told})

    assert usage is not None
    assert (usage.cache_read, usage.input_tokens) == (3840, 3908)


def test_a_whole_usage_object_is_read() -> None:
    """Its details are one level deeper."""
    told = {
        "prompt_tokens": 30,
        "completion_tokens": "7",
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 5},
        "cache_creation": {"ephemeral_1h_input_tokens": 4, "ephemeral_5m_input_tokens": 2},
    }
    usage = read_counts({"gen_ai.usage": told})

    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning) == (30, 7, 5)
    assert (usage.cache_read, usage.cache_write, usage.cache_write_1h) == (3, 6, 4)


def test_the_conventions_spelling_goes_first() -> None:
    """Pydantic AI's details have a provider's own input beside it."""
    usage = read_counts({"gen_ai.usage.details.input_tokens": 14, **TOTALS})

    assert usage is not None
    assert usage.input_tokens == 3908


def test_two_spellings_that_disagree_leave_a_part_open() -> None:
    """None of both is believed."""
    usage = read_counts(TOTALS | {"llm.usage.cached_tokens": 5, "gen_ai.usage.cached_tokens": 6})

    assert usage is not None
    assert (usage.cache_read, usage.untold) == (None, CACHE)


@pytest.mark.parametrize("name", ["cache_tokens", "total_cached_tokens", "cached_prefix_tokens"])
def test_a_count_of_a_cache_that_nobody_knows_leaves_the_cache_open(name: str) -> None:
    """Unless it is 0, or another key tells what was read."""
    told = TOTALS | {f"gen_ai.usage.{name}": 38}
    open_, none = read_counts(told), read_counts(TOTALS | {f"gen_ai.usage.{name}": 0})
    read = read_counts(told | {"gen_ai.usage.cache_read.input_tokens": 30})

    assert open_ is not None
    assert none is not None
    assert read is not None
    assert (open_.cache_read, open_.untold) == (None, CACHE)
    assert none.untold == read.untold == frozenset()


@pytest.mark.parametrize("value", [1.5, -1, "-1", "1.5", True, MOST_TOKENS + 1, [3], "3,840", 3.0])
def test_what_is_no_count_leaves_a_cache_open(value: Any) -> None:
    """A float, a negative or an immense number tells that there may have been a cache."""
    usage = read_counts(TOTALS | {"gen_ai.usage.cached_tokens": value})

    assert usage is not None
    assert (usage.cache_read, usage.untold) == (None, CACHE)


@pytest.mark.parametrize("value", [None, "", [], {}, "{'a':"])
def test_what_tells_nothing_is_not_told(value: Any) -> None:
    """An empty value is as none."""
    assert read_counts(TOTALS | {"gen_ai.usage.cached_tokens": value}) == read_counts(TOTALS)


@pytest.mark.parametrize(
    "key",
    [
        *("cached_tokens", "cache_read_tokens", "cacheReadInputTokens", "gen_ai.token.cached"),
        *("gen_ai.response.cached_tokens", "gen_ai.cache.read_tokens", "llm.tokens.cached"),
        *("anthropic.cache_read_input_tokens", "metadata.cached_tokens", "usageMetadata.cached"),
    ],
)
def test_a_cache_that_stands_beside_the_usage_is_read(key: str) -> None:
    """A key that names tokens of a cache needs no name of a usage object."""
    usage = read_counts(TOTALS | {key: 3840})

    assert usage is not None
    assert usage.cache_read == 3840


@pytest.mark.parametrize(
    "told",
    [
        "{'prompt_tokens': 3908, 'prompt_tokens_details': {'cached_tokens': 3840, 'a': None}}",
        "CompletionUsage(total_tokens=4006, details=PromptTokensDetails(cached_tokens=3840))",
        '[{"prompt_tokens_details": {"cached_tokens": 3840}}]',
    ],
)
@pytest.mark.parametrize("key", ["usage", "gen_ai.usage.raw", "usage_metadata", "gen_ai.usage"])
def test_an_object_is_read_however_it_was_printed(key: str, told: str) -> None:
    """As Python prints a mapping in a mapping, and an object of OpenAI's."""
    usage = read_counts(TOTALS | {key: told})

    assert usage is not None
    assert (usage.input_tokens, usage.cache_read) == (3908, 3840)


@pytest.mark.parametrize(("part", "key"), [("cache_read", "cached"), ("reasoning", "thinking")])
def test_a_none_that_another_key_denies_is_unknown(part: str, key: str) -> None:
    """Numbers begin as zero where nobody sets them."""
    names = {"cache_read": "cache_read.input_tokens", "reasoning": "reasoning.output_tokens"}
    told = f"gen_ai.usage.{names[part]}"
    denied = read_counts(TOTALS | {told: 0, f"gen_ai.usage.{key}_tokens": 7})
    kept = read_counts(TOTALS | {told: 7, f"gen_ai.usage.{key}_tokens": 0})

    assert denied is not None
    assert kept is not None
    assert (getattr(denied, part), getattr(kept, part)) == (None, 7)


@given(st.dictionaries(st.text(max_size=40), st.text() | st.integers() | st.floats()))
def test_no_details_can_break_the_reading(details: dict[str, Any]) -> None:
    """Whatever stands in them, as a mapping or as text."""
    read_counts({"gen_ai.usage": details})
    read_counts(TOTALS | {"gen_ai.usage.input_token_details": str(details)})
