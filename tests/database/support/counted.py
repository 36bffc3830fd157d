"""Which spans of a tenant count, and whether that depends on the order of their delivery."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

from infra.local.throwaway import Database
from tests.database.support.callers import ingest, read_as
from tests.database.support.consistency import check_consistency
from tests.database.support.spans import Span

Places = list[tuple[int, int]]
Counted = Callable[..., Places]


def read_counted(database: Database, tenant: str) -> Places:
    """Give trace and span number of the counted spans; fails where a summary says another count."""
    check_consistency(database, tenant)
    query = "select trace_id, span_id from public.spans where counted order by 1, 2"
    rows = read_as(database, "authenticated", tenant, query)
    return [(int(row["trace_id"], 16), int(row["span_id"], 16)) for row in rows]


def count_in_every_order(
    database: Database, name_tenant: Callable[[], str], spans: list[Span]
) -> Places:
    """Deliver spans at once and one by one in every order; give those that always count."""
    ends = []
    for batches in [[spans], *([[one] for one in order] for order in permutations(spans))]:
        tenant = name_tenant()
        for batch in batches:
            ingest(database, tenant, batch)
        ends.append(read_counted(database, tenant))
    assert all(end == ends[0] for end in ends), ends
    return ends[0]
