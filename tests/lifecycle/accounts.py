"""What became of a cell's spans, by three witnesses: side channel, database, metric lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class Account:
    """Counts of one cell's spans."""

    emitted: int
    stored: int
    """Distinct spans that are in the table."""
    duplicates: int
    """Rows beyond one a span."""
    lost_unannounced: int
    """Those of an invocation that died without warning, which nobody can tell about."""
    missing: int
    """Emitted, and not in the table."""
    reported: int
    """Dropped or still waiting, by the last metric line of each process."""
    gaps: int
    """By the database's own ledger: spans that it knows of and has never seen."""
    unknown: int
    """Stored, but never written down: the harness itself is wrong."""

    def unaccounted(self, *, promise_stored: bool) -> int:
        """Spans of which nobody knows what became of them."""
        return self.missing if promise_stored else max(0, self.missing - self.reported)


def settle(
    side_channel: Path, log: Path, owner_url: str, tenant: str, crashed: AbstractSet[int]
) -> Account:
    """Compare the witnesses; ``crashed`` are the numbers of invocations that died unannounced."""
    lines = side_channel.read_text().splitlines() if side_channel.exists() else []
    emitted = {marker: int(number) for number, marker in (line.split() for line in lines)}
    with psycopg.connect(owner_url) as connection:
        rows = connection.execute("select session_id from spans where tenant_id = %s", (tenant,))
        stored = Counter(str(row[0]) for row in rows)
        ledger = connection.execute(
            "select coalesce(sum(gaps), 0) from delivery_ledger where tenant_id = %s", (tenant,)
        ).fetchone()
    missing = [number for marker, number in emitted.items() if marker not in stored]
    return Account(
        emitted=len(emitted),
        stored=len(stored),
        duplicates=stored.total() - len(stored),
        lost_unannounced=sum(number in crashed for number in missing),
        missing=sum(number not in crashed for number in missing),
        reported=_count_reported(log.read_text(errors="replace").splitlines()),
        gaps=int(ledger[0]) if ledger else 0,
        unknown=len(stored.keys() - emitted.keys()),
    )


def _count_reported(log: Iterable[str]) -> int:
    last: dict[str, dict[str, Any]] = {}
    for line in log:
        if line.startswith('{"_aws"'):
            metrics = json.loads(line)
            last[metrics["process_id"]] = metrics
    return sum(line["total_dropped"] + line["spans_waiting"] for line in last.values())
