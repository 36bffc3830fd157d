"""Writes docs/lifecycle.md: what was lived through, and what became of every span."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from trials.lifecycle.applications import Backend
from trials.lifecycle.cells import LEFT_OUT, WORKS
from trials.lifecycle.databases import DATABASES
from trials.lifecycle.lives import UNTIL_KILLED
from trials.lifecycle.results import Result

COUNTS = "emitted", "stored", "reported", "exempt", "unaccounted", "duplicates"
TIMES = "client p50", "client p95", "billed p50"

_PREAMBLE = """\
# No span is lost

Written by `make test-lifecycle ARGS=--write`; do not edit.
The run of {date} took {seconds:.0f} s on {machine}, a few cells at once:
{versions}, Postgres {postgres}.

**{total}**

The functions are what `sam build` made, run by AWS's own runtime client on an emulator written for
these tests: Runtime API and Extensions API, a freeze by SIGSTOP, the response delivered when it is
posted, SIGKILL at the deadline, SIGTERM with 500 ms or SIGKILL in the freeze.
OpenAI and AWS are fakes. The Data API and Postgres are real, behind a proxy that breaks the way.

What was emitted is known from a file that the function itself writes before each span, not from
the library. Times are milliseconds on a busy machine of {cores} cores: compare them with each
other, not with Lambda. They leave out the start of a process. A p95 of less than 20 invocations is
the slowest of them.

| column | meaning |
|---|---|
| emitted | spans that the function wrote down |
| stored | of these, rows in the table |
| reported | not stored, and told so by the last metric line of the process |
| exempt | of an invocation that died without warning (crash, out of memory) before it could tell |
| unaccounted | the rest; where a life promises that all is stored, also what is reported |
| duplicates | rows beyond one a span |
| client | until the caller had the answer |
| billed | until the environment was frozen or gone |

A handler without the decorator, called {control_calls} times with a well database, lost
{control_lost} of {control_emitted} spans: the harness sees a loss. Its client p50 was
{control_p50:.0f} ms and its p95 {control_p95:.0f} ms.
"""


def write_document(
    backend: Backend, control: Result, results: Sequence[Result], total: str, seconds: float
) -> str:
    """Give the whole document."""
    p50, p95 = control.client_ms()
    preamble = _PREAMBLE.format(
        date=datetime.now(UTC).date(),
        seconds=seconds,
        machine=f"{platform.system()} {platform.machine()} with {os.cpu_count()} cores",
        cores=os.cpu_count(),
        versions=backend.artifact.describe(),
        postgres=backend.postgres,
        total=total,
        control_calls=len(control.outcomes),
        control_lost=control.account.missing,
        control_emitted=control.account.emitted,
        control_p50=p50,
        control_p95=p95,
    )
    return "\n".join([preamble, *_write_terms(), *_write_lives(results)]) + "\n"


def describe_counts(result: Result) -> tuple[int, ...]:
    """A result's numbers, as ``COUNTS`` names them."""
    account = result.account
    return (
        account.emitted,
        account.stored,
        account.reported,
        account.lost_unannounced,
        result.unaccounted,
        result.settlement.duplicates,
    )


def describe_times(result: Result) -> tuple[float, ...]:
    """A result's milliseconds, as ``TIMES`` names them."""
    return (*result.client_ms(), result.billed_ms())


def _write_terms() -> Iterator[str]:
    yield "## Databases\n\nTroubles end after the third invocation unless a life says otherwise.\n"
    yield from (f"- **{database.name}**: {database.sentence}" for database in DATABASES)
    yield "\n## Work of an invocation\n"
    yield from (f"- **{name}**: {sentence}." for name, sentence in WORKS.items())
    yield "\n## Left out\n"
    yield from (f"- {sentence}" for sentence in LEFT_OUT)


def _write_lives(results: Sequence[Result]) -> Iterator[str]:
    yield "\n## Lives\n"
    ordered = sorted(results, key=lambda result: result.cell.life is not UNTIL_KILLED)
    by_life: dict[str, list[Result]] = {}
    for result in ordered:
        by_life.setdefault(result.cell.life.name, []).append(result)
    for lived in by_life.values():
        life = lived[0].cell.life
        yield f"### {life.title}\n\n{life.sentence}"
        promise = "All is stored" if life.promise == "stored" else "What is not stored is reported"
        yield f"{promise}.\n"
        yield _write_row(("database", "work", *COUNTS, *TIMES))
        yield _write_row(("---", "---", *(["---:"] * (len(COUNTS) + len(TIMES)))))
        for result in lived:
            numbers = *describe_counts(result), *describe_times(result)
            cells = (f"{number:.0f}" for number in numbers)
            yield _write_row((result.cell.database.name, result.cell.work, *cells))
        yield ""


def _write_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
