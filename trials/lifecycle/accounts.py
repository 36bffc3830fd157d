"""What became of a cell's spans, by three witnesses: side channel, database, metric lines.

Notes are what the function wrote down before each span; rows are what the database holds; told is
the last metric line of each process. A metric line alone proves little: a batch whose answer was
cut is stored and yet reported as waiting, and such a report must not cover another span's loss.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True, slots=True)
class Note:
    """A span that was about to start."""

    invocation: int
    process: str
    marker: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a process said of itself last, in spans."""

    emitted: int = 0
    stored: int = 0
    """Acknowledged to it by the database."""


@dataclass(frozen=True, slots=True)
class Account:
    """Counts of spans: of a process, or of a cell as the sum of its processes."""

    emitted: int = 0
    stored: int = 0
    """Distinct spans that are in the table."""
    reported: int = 0
    """Not in the table, and told: counted as emitted and never as stored."""
    lost_unannounced: int = 0
    """Those of an invocation that died without warning, which nobody can tell about."""
    unaccounted: int = 0
    """Not in the table, and not told."""
    overcounted: int = 0
    """Emitted by the library's count, and never written down."""

    @property
    def missing(self) -> int:
        """Those that should be in the table and are not."""
        return self.reported + self.unaccounted

    def __add__(self, other: Account) -> Account:
        return Account(
            self.emitted + other.emitted,
            self.stored + other.stored,
            self.reported + other.reported,
            self.lost_unannounced + other.lost_unannounced,
            self.unaccounted + other.unaccounted,
            self.overcounted + other.overcounted,
        )


@dataclass(frozen=True, slots=True)
class Settlement:
    """A cell's account, and what is wrong with its rows."""

    account: Account
    duplicates: int
    """Rows beyond one a span."""
    gaps: int
    """By the database's own ledger: spans that it knows of and has never seen."""
    unknown: int
    """Stored, but never written down: the harness itself is wrong."""


def settle(
    notes: Iterable[Note],
    rows: Sequence[str],
    told: dict[str, Told],
    *,
    gaps: int = 0,
    crashed: AbstractSet[int] = frozenset(),
) -> Settlement:
    """Compare the witnesses, process by process: one's report covers no loss of another.

    ``rows`` are the markers in the table; ``crashed`` are the numbers of the invocations that died
    unannounced.
    """
    stored, of_process = Counter(rows), dict[str, list[Note]]()
    for note in notes:
        of_process.setdefault(note.process, []).append(note)
    account = Account()
    for process in of_process.keys() | told.keys():
        own = of_process.get(process, [])
        account += _settle_process(own, stored.keys(), told.get(process, Told()), crashed)
    markers = {note.marker for own in of_process.values() for note in own}
    return Settlement(
        account,
        duplicates=stored.total() - len(stored),
        gaps=gaps,
        unknown=len(stored.keys() - markers),
    )


def _settle_process(
    notes: Sequence[Note], rows: AbstractSet[str], told: Told, crashed: AbstractSet[int]
) -> Account:
    """Missing is not told, or told as on its way, or told as stored: only the second is reported.

    What was told covers a span at most once, and what is stored all the same covers none.
    """
    stored = sum(note.marker in rows for note in notes)
    exempt = sum(note.marker not in rows and note.invocation in crashed for note in notes)
    owed = len(notes) - exempt
    reported = max(0, min(told.emitted, owed) - max(told.stored, stored))
    return Account(
        emitted=len(notes),
        stored=stored,
        reported=reported,
        lost_unannounced=exempt,
        unaccounted=owed - stored - reported,
        overcounted=max(0, told.emitted - len(notes)),
    )


def read_notes(side_channel: Path) -> list[Note]:
    """Read what the function wrote down."""
    lines = side_channel.read_text().splitlines() if side_channel.exists() else []
    parts = (line.split() for line in lines)
    return [Note(int(invocation), process, marker) for invocation, process, marker in parts]


def read_told(log: Path) -> dict[str, Told]:
    """Read the last metric line of each process from the function's log."""
    told = {}
    for line in log.read_text(errors="replace").splitlines():
        if line.startswith('{"_aws"'):
            metrics = json.loads(line)
            told[metrics["process_id"]] = Told(metrics["total_emitted"], metrics["total_stored"])
    return told


def read_rows(owner_url: str, tenant: str) -> tuple[list[str], int]:
    """Read the markers in the table, and the gaps by the database's own ledger.

    A span's marker is its session, or its own id where the application has none.
    """
    with psycopg.connect(owner_url) as connection:
        rows = connection.execute(
            "select coalesce(session_id, span_id) from spans where tenant_id = %s", (tenant,)
        ).fetchall()
        ledger = connection.execute(
            "select coalesce(sum(gaps), 0) from delivery_ledger where tenant_id = %s", (tenant,)
        ).fetchone()
    return [str(row[0]) for row in rows], int(ledger[0]) if ledger else 0
