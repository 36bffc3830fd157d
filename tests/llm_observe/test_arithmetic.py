"""A sender's own arithmetic is brought to the convention, or its counts are dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_observe.cost.arithmetic import reconcile
from llm_observe.cost.usage import MOST_TOKENS, Usage

COUNTS = (
    *("input_tokens", "output_tokens", "cache_read", "cache_write", "cache_write_1h"),
    *("cache_write_12h", "reasoning", "input_audio", "cache_audio_read", "output_audio"),
    *("input_image", "cache_image_read", "output_image", "total"),
)
OUTPUTS = {"output_text", "reasoning", "output_audio", "output_image", "output_unsplit"}
SOME = st.integers(0, 40) | st.integers(0, MOST_TOKENS)
TOLD = st.fixed_dictionaries(
    {"without_output": st.booleans()},
    optional={
        **dict.fromkeys(COUNTS, SOME),
        "untold": st.frozensets(st.sampled_from(["cache_read", "cache_write", "reasoning"])),
    },
)


@pytest.mark.parametrize(
    ("usage", "totals", "repair", "because"),
    [
        pytest.param(
            Usage(100, 20, cache_read=80, reasoning=5), (100, 20), None, None, id="inside"
        ),
        pytest.param(
            Usage(12, 340, cache_read=20000, cache_write=1500),
            (21512, 340),
            "usage_added",
            None,
            id="the cache exceeds the input",
        ),
        pytest.param(
            Usage(12, 340, cache_read=20000, cache_write=1500, total=21852),
            (21512, 340),
            "usage_added",
            None,
            id="the cache exceeds the input, and a total agrees",
        ),
        pytest.param(
            Usage(12, 340, cache_read=20000, cache_write=1500, total=352),
            (21512, 340),
            "usage_added",
            None,
            id="the cache exceeds the input, and a total is the sum of what is told",
        ),
        pytest.param(
            Usage(100, 10, cache_read=80, cache_write=50),
            (230, 10),
            "usage_added",
            None,
            id="read and written together exceed the input",
        ),
        pytest.param(
            Usage(9, 50, reasoning=400), (9, 450), "usage_added", None, id="thoughts beside"
        ),
        pytest.param(
            Usage(9, 50, input_audio=70, output_audio=90),
            (79, 140),
            "usage_added",
            None,
            id="audio beside",
        ),
        pytest.param(
            Usage(4300, 630, cache_read=35283, cache_write=17787, total=58000),
            (57370, 630),
            "usage_added",
            None,
            id="bedrock's total",
        ),
        pytest.param(
            Usage(40000, 10, cache_read=100, cache_write=50, total=40160),
            (40150, 10),
            "usage_added",
            None,
            id="a total says beside where inside would fit",
        ),
        pytest.param(
            Usage(9, 10, reasoning=5, total=24),
            (9, 15),
            "usage_added",
            None,
            id="a total says that thoughts are beside",
        ),
        pytest.param(
            Usage(100, 20, cache_read=30, reasoning=5, total=155),
            (130, 25),
            "usage_added",
            None,
            id="cache and thoughts beside",
        ),
        pytest.param(
            Usage(25, 8, cache_read=4, cache_write=2, total=27),
            (25, 8),
            None,
            None,
            id="a total without the cache",
        ),
        pytest.param(Usage(100, 10, total=0), (100, 10), None, None, id="a total of zero"),
        pytest.param(
            Usage(100, 10, cache_write=10, cache_write_1h=40),
            (100, 10),
            "usage_added",
            None,
            id="longer writes beside shorter ones",
        ),
        pytest.param(
            Usage(100, 10, cache_write_12h=40),
            (100, 10),
            "usage_added",
            None,
            id="longer writes alone",
        ),
        pytest.param(
            Usage(10, None, cache_read=50), (60, None), "usage_added", None, id="no output told"
        ),
        pytest.param(
            Usage(7, None, without_output=True, total=7), (7, None), None, None, id="embeddings"
        ),
        pytest.param(
            Usage(4300, 630, total=58000),
            None,
            "usage_dropped",
            "usage_contradictory",
            id="a total has more than is told",
        ),
        pytest.param(
            Usage(100, 50, total=90),
            None,
            "usage_dropped",
            "usage_contradictory",
            id="a total has less than is told",
        ),
        pytest.param(
            Usage(100, 50, cache_read=20, reasoning=20, total=170),
            None,
            "usage_dropped",
            "usage_contradictory",
            id="a total fits two ways",
        ),
        pytest.param(
            Usage(9, 50, reasoning=30, output_audio=40),
            None,
            "usage_dropped",
            "usage_contradictory",
            id="two parts of a kind exceed together",
        ),
        pytest.param(
            Usage(100, None, total=90),
            None,
            "usage_dropped",
            "usage_contradictory",
            id="a total is less than the input",
        ),
        pytest.param(
            Usage(100, 20, cache_read=50, input_audio=60),
            (100, 20),
            None,
            "cache_not_told",
            id="cached audio is not told",
        ),
    ],
)
def test_the_arithmetic_is_proven_or_the_counts_are_dropped(
    usage: Usage, totals: tuple[int | None, int | None] | None, repair: str | None, because: str
) -> None:
    """A part above its total and a sum that is told decide; what fits no way is unknown."""
    reconciled = reconcile(usage)
    found = reconciled.usage and (reconciled.usage.input_tokens, reconciled.usage.output_tokens)
    assert (found, reconciled.repair, reconciled.because) == (totals, repair, because)


@given(TOLD)
def test_any_counts_with_any_total_add_up_or_are_unknown(told: dict[str, Any]) -> None:
    """Buckets sum up to the totals, hold each told part whole, and count no token twice."""
    usage = Usage(**told)
    reconciled = reconcile(usage)
    if reconciled.buckets is None:
        whole = usage.total_tokens is not None
        assert reconciled.because in (
            {"usage_contradictory", "cache_not_told"} if whole else {"usage_contradictory", None}
        )
        return
    kept, counts = reconciled.usage, reconciled.buckets.to_dict()
    assert kept is not None
    assert sum(counts[name] for name in counts.keys() - OUTPUTS) == kept.input_tokens
    assert sum(counts[name] for name in counts.keys() & OUTPUTS) == (kept.output_tokens or 0)
    parts = {
        "cache_read": ("cache_read", "cache_audio_read", "cache_image_read"),
        "cache_write": ("cache_write", "cache_write_1h", "cache_write_12h"),
        "input_audio": ("input_audio", "cache_audio_read"),
        "input_image": ("input_image", "cache_image_read"),
        **{name: (name,) for name in ("cache_write_1h", "cache_write_12h", "cache_audio_read")},
        **{name: (name,) for name in ("reasoning", "output_audio", "output_image")},
    }
    for part, buckets in parts.items():
        assert sum(counts.get(name, 0) for name in buckets) == (getattr(kept, part) or 0)
        assert (getattr(kept, part) or 0) >= told.get(part, 0)
    assert sum(counts.values()) <= sum(told.get(name, 0) for name in COUNTS if name != "total")
    assert (reconciled.repair == "usage_added") == (kept != usage)


@given(TOLD)
def test_reconciled_counts_stay_as_they_are(told: dict[str, Any]) -> None:
    """To reconcile twice is to reconcile once."""
    reconciled = reconcile(Usage(**told))
    if reconciled.usage is not None:
        again = reconcile(reconciled.usage)
        assert (again.usage, again.buckets) == (reconciled.usage, reconciled.buckets)
        assert again.repair is None


@given(st.lists(st.integers(0, 30), min_size=6, max_size=6), st.booleans(), st.booleans())
def test_a_true_total_never_leads_to_wrong_counts(
    counts: list[int], cache_is_beside: bool, thought_is_beside: bool
) -> None:
    """Whatever a sender leaves out of input and output, its true total gives them or nothing."""
    uncached, read, write, text, thought, made = counts
    inputs, outputs = uncached + read + write, text + thought + made
    told = Usage(
        inputs - (read + write) * cache_is_beside,
        outputs - thought * thought_is_beside,
        cache_read=read,
        cache_write=write,
        reasoning=thought,
        output_audio=made,
        total=inputs + outputs,
    )
    reconciled = reconcile(told)
    if reconciled.usage is not None:
        assert (reconciled.usage.input_tokens, reconciled.usage.output_tokens) == (inputs, outputs)
    else:
        assert reconciled.because == "usage_contradictory"


@pytest.mark.parametrize(
    ("untold", "told", "buckets"),
    [
        ({"cache_read"}, {}, {"input_unsplit": 100, "output_text": 20}),
        (
            {"cache_write"},
            {"cache_read": 40},
            {"input_unsplit": 60, "cache_read": 40, "output_text": 20},
        ),
        (
            {"cache_write"},
            {"cache_read": 0},
            {"input_unsplit": 100, "cache_read": 0, "output_text": 20},
        ),
        ({"reasoning"}, {}, {"input_uncached": 100, "output_unsplit": 20}),
        (
            {"cache_read", "reasoning"},
            {"cache_read": 0, "reasoning": 5},
            {"input_uncached": 100, "output_text": 15, "reasoning": 5},
        ),
    ],
)
def test_what_is_never_told_is_not_split(
    untold: set[str], told: dict[str, Any], buckets: dict[str, int]
) -> None:
    """Tokens that may or may not have been cached or reasoned have buckets of their own."""
    usage = replace(Usage(100, 20, untold=frozenset(untold)), **told)
    found = usage.buckets()
    assert found is not None
    assert found.to_dict() == buckets
