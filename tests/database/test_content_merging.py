"""Of several contents of one span the fuller stands, each half by itself, in any order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import ingest, read_as_owner
from tests.database.support.spans import call

SHORT = [{"role": "user", "content": "hi"}]
LONG = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]
_READ = "select input, output from public.span_contents where tenant_id = %s"
_ALLOW = "update public.tenants set content_capture = 'on' where tenant_id = %s"
CASES: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "more messages": ([{"input": SHORT}, {"input": LONG}], {"input": LONG, "output": None}),
    "one half each": (
        [{"input": LONG}, {"output": SHORT}],
        {"input": LONG, "output": SHORT},
    ),
    "the fuller of each half": (
        [{"input": LONG, "output": SHORT}, {"input": SHORT, "output": LONG}, {"input": SHORT}],
        {"input": LONG, "output": LONG},
    ),
    "none after some": ([{"input": LONG, "output": LONG}, {}], {"input": LONG, "output": LONG}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("apart", [False, True])
def test_the_fuller_content_wins(
    database: Database, tenant: str, case: str, *, apart: bool
) -> None:
    """In whatever order, in one batch or in several, and a delivery without content takes none."""
    contents, expected = CASES[case]
    for number, order in enumerate(permutations(contents), start=1):
        spans = [call(number, trace=number, **content) for content in order]
        for batch in [[span] for span in spans] if apart else [spans]:
            ingest(database, tenant, batch)
    rows = read_as_owner(database, _READ, (tenant,))

    assert rows
    assert all(dict(row) == expected for row in rows), rows
