"""The operations are one list; each of the others is a part of it."""

from __future__ import annotations

from typing import get_args

from llm_observe import semconv
from llm_observe._tracing import spans


def test_own_steps_and_model_calls_are_operations() -> None:
    """What an application may name, and what costs tokens, stands in the list."""
    assert set(get_args(spans.Operation)) <= set(semconv.OPERATIONS)
    assert set(semconv.OPERATIONS) > semconv.MODEL_CALLS
