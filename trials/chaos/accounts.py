"""What was sent, what was acknowledged, what is stored: and whether these agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import psycopg

_WRONG_SUMS: Final = """
select count(*) from public.traces t
full join (
  select tenant_id, trace_id, count(*) as span_count,
    count(*) filter (where status = 'error') as error_count,
    count(*) filter (where counted) as requests,
    sum(input_tokens) filter (where counted) as input_tokens,
    sum(output_tokens) filter (where counted) as output_tokens,
    sum(total_tokens) filter (where counted) as total_tokens,
    sum(cost_usd) filter (where counted) as cost_usd,
    min(start_ns) as start_ns, max(end_ns) as end_ns
  from public.spans group by tenant_id, trace_id
) s using (tenant_id, trace_id)
where (t.span_count, t.error_count, t.requests, t.input_tokens, t.output_tokens, t.total_tokens,
    t.total_cost_usd, t.start_ns, t.end_ns)
  is distinct from (s.span_count, s.error_count, s.requests, s.input_tokens, s.output_tokens,
    s.total_tokens, s.cost_usd, s.start_ns, s.end_ns)
"""
_SPANS: Final = "select tenant_id, response_id from public.spans"


@dataclass(slots=True)
class Journal:
    """What one client wrote down; spans are ``tenant/client/number``."""

    sent: set[str] = field(default_factory=set)
    acked: set[str] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    rejected: int = 0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds: each span's tenant and marker, and traces that do not add up."""

    spans: Sequence[tuple[str, str]]
    wrong_sums: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of spans; of a sound door all but the first three are 0."""

    acked: int
    stored: int
    sent: int
    lost: int
    """Acknowledged, and not in the table."""
    duplicates: int
    """Rows beyond one a span."""
    wrong_sums: int
    """Traces that are not the sum of their spans."""
    foreign: int
    """Rows of a tenant that did not send them."""
    unsent: int
    """Stored, and never sent: the harness itself is wrong."""
    rejected: int
    """Named in a partial success, though nothing is wrong with them."""
    errors: int
    """Answers of 500, 502 and 504, on which exporters drop or may drop."""

    @property
    def sound(self) -> bool:
        """Whether something was shown, and nothing is wrong."""
        wrong = (self.lost, self.duplicates, self.wrong_sums, self.foreign, self.unsent)
        return self.acked > 0 and not any((*wrong, self.rejected, self.errors))


def read_journal(tenant: str, name: str, lines: Iterable[str]) -> Journal:
    """Read a client's lines; one that a kill cut off is none."""
    journal = Journal()
    for line in lines:
        match line.split():
            case ["sent" | "acked" as what, first, size]:
                numbers = range(int(first), int(first) + int(size))
                spans = {f"{tenant}/{name}/{number}" for number in numbers}
                (journal.sent if what == "sent" else journal.acked).update(spans)
            case ["answer", status]:
                journal.answers[int(status)] += 1
            case ["rejected", count]:
                journal.rejected += int(count)
            case ["ended"]:
                journal.ended = True
    return journal


def read_stored(owner_url: str) -> Stored:
    """Read what is in the tables."""
    with psycopg.connect(owner_url) as connection:
        spans = connection.execute(_SPANS).fetchall()
        wrong = connection.execute(_WRONG_SUMS).fetchone()
    return Stored(
        [(str(tenant), str(marker)) for tenant, marker in spans], wrong[0] if wrong else 0
    )


def settle(journals: Sequence[Journal], stored: Stored) -> Verdict:
    """Compare what clients wrote down with what the database holds."""
    sent = set[str]().union(*(journal.sent for journal in journals))
    acked = set[str]().union(*(journal.acked for journal in journals))
    rows = Counter(marker for _, marker in stored.spans)
    answers = sum((journal.answers for journal in journals), Counter[int]())
    return Verdict(
        acked=len(acked),
        stored=len(rows),
        sent=len(sent),
        lost=len(acked - rows.keys()),
        duplicates=rows.total() - len(rows),
        wrong_sums=stored.wrong_sums,
        foreign=sum(not marker.startswith(f"{tenant}/") for tenant, marker in stored.spans),
        unsent=len(rows.keys() - sent),
        rejected=sum(journal.rejected for journal in journals),
        errors=sum(count for status, count in answers.items() if status in {500, 502, 504}),
    )
