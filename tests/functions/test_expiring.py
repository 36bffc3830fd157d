"""What functions remember between requests."""

from __future__ import annotations

from functions.common.expiring import ExpiringCache


def test_an_entry_in_use_is_not_evicted() -> None:
    """Whoever brings thousands of new keys costs nobody the one that is asked for all along."""
    cache: ExpiringCache[str, int] = ExpiringCache()
    cache.store("neighbour", 1, 60)
    for number in range(3_000):
        cache.store(f"attacker {number}", number, 60)
        assert cache.find("neighbour") == (1,)

    assert cache.find("attacker 0") is None


def test_a_value_is_kept_for_its_seconds() -> None:
    """Not a moment longer, however often it is asked for."""
    now = 0.0
    cache: ExpiringCache[str, int] = ExpiringCache(lambda: now)
    cache.store("key", 1, 10)
    now = 9.9
    assert cache.find("key") == (1,)
    now = 10.0
    assert cache.find("key") is None
