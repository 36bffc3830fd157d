"""Looks at the keys of a span: one for all that have the same keys, whatever their values."""

from __future__ import annotations

import random
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from llm_observe.dialects import read
from llm_observe.dialects.key_looks import look_at
from tests.llm_observe.dialects.spans import make_span

CALL: Final = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 7,
    "gen_ai.usage.output_tokens": 3,
}
_MOST_BYTES: Final = 20_000_000


def _count(attributes: dict[str, Any]) -> int | None:
    usage = read(make_span("app", attributes)).usage
    return usage.input_tokens if usage else None


def test_values_of_other_types_under_the_same_keys_are_read_by_themselves() -> None:
    """What stands under a key decides, and not what stood there the last time."""
    key = "gen_ai.usage.input_tokens"
    told = [7, "8", None, 9.5, True, 10, {"a": 1}]
    assert [_count(CALL | {key: value}) for value in told] == [7, 8, None, None, None, 10, None]


def test_keys_in_another_order_tell_the_same() -> None:
    """Senders write them as they like."""
    assert _count(dict(reversed(CALL.items()))) == _count(CALL) == 7


def test_sets_of_many_short_keys_do_not_fill_the_memory() -> None:
    """A sender chooses its keys: a set of very many is looked at and not kept."""
    tracemalloc.start()
    for number in range(600):
        look_at({f"{chr(0x4E00 + number)}{chr(0x3400 + place)}": 1 for place in range(1500)})
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < _MOST_BYTES


def test_threads_that_look_at_ever_new_keys_read_their_own_values() -> None:
    """The looks begin anew while others read."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(_read_many, range(4)))
    finally:
        sys.setswitchinterval(interval)


def _read_many(seed: int) -> bool:
    numbers = random.Random(seed)
    for _ in range(1000):
        told = numbers.randrange(3000)
        if _count(CALL | {f"own.{told}": 1, "gen_ai.usage.input_tokens": told}) != told:
            return False
    return True
