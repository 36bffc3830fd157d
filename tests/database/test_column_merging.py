"""Each column of names merges by one rule: known over unknown, then the greater, in any order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import ingest, read_as_owner
from tests.database.support.spans import call

TEXTS = (
    *("name", "provider", "request_model", "response_model", "response_id", "service_tier"),
    *("agent_name", "tool_name", "service_name", "environment", "release", "session_id"),
    *("user_id", "customer_id", "prompt_name", "prompt_version", "instrumentation"),
)
VALUES: dict[str, tuple[Any, Any]] = {
    **dict.fromkeys(TEXTS, ("alpha", "beta")),
    "operation": ("chat", "embeddings"),
    "parent_span_id": ("a" * 16, "b" * 16),
    "kind": ("client", "server"),
    "streamed": (False, True),
    "time_to_first_token_ms": (5.0, 70.0),
    "finish_reasons": (["length"], ["stop"]),
}
_READ = "select * from public.spans where tenant_id = %s order by trace_id"


@pytest.mark.parametrize("column", VALUES)
def test_the_greater_of_two_stands(database: Database, tenant: str, column: str) -> None:
    """In both orders, and whatever a delivery without the value comes before or after."""
    less, greater = VALUES[column]
    needed = {"name": "alpha", "kind": "client"}
    deliveries = [{column: less}, {column: greater}, {column: needed.get(column)}]
    for number, order in enumerate(permutations(deliveries), start=1):
        for told in order:
            ingest(database, tenant, [call(number, trace=number, **told)])
    rows = read_as_owner(database, _READ, (tenant,))

    assert [row[column] for row in rows] == [greater] * 6
