from __future__ import annotations

from infra.local.offline_openai.prefix_cache import PrefixCache


def test_prefix_is_forgotten_and_scoped() -> None:
    """A prefix counts for its own scope and for ten minutes after its last use."""
    now = 0.0
    cache = PrefixCache(clock=lambda: now)
    tokens = [str(number) for number in range(1500)]

    assert cache.measure("one", tokens) == 0
    assert cache.measure("two", tokens) == 0
    assert cache.measure("one", tokens) == 1408
    assert cache.measure("one", [*tokens[:1200], "other", *tokens]) == 1152
    now = 601.0
    assert cache.measure("one", tokens) == 0


def test_short_prompts_are_not_cached() -> None:
    """Up to 1,024 tokens nothing is cached: the last token is always new."""
    cache = PrefixCache()
    for _ in range(2):
        assert cache.measure("one", ["a"] * 1024) == 0
