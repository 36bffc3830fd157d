"""The page of results: every target is a row, met or not."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import psycopg

from trials.bench.reads.asking import Answered
from trials.bench.reads.conversations import TURNS
from trials.bench.reads.population import LARGEST
from trials.bench.reads.questions import GROWTH
from trials.bench.reads.run import Outcome, Stage
from trials.bench.reads.sizes import BUYS, SOME, Column, Size, add_up

_BYTES: Final = 1_130
"""Target: of a span with all its indexes and roll-ups."""
_ERROR: Final = 0.05
_HEAD: Final = """# How quickly sums and lists are read

Written by `make bench-reads ARGS="--spans 10000000 --write"`, never by hand.
A Postgres of its own with default settings (`fsync` on), 50 tenants, the largest with 21 % of the spans, over thirty days that end now.
The spans are sessions of agents, three traces of eight model calls in sixteen spans, with the attributes of [the bench of ingestion](bench-ingest.md), transcribed as the function does it.
Twelve models, four services, three environments, six agents (each in one service, mostly with one model), ten tools; users and customers by Zipf's law, 4,000 users of the largest tenant; latencies log-normal with a heavy tail.
The first million goes through `ingest_spans`, what is beyond are copies of it made in the database, with ids of their own, each some minutes before its model; they are written in the order of their times, indexes, checks and triggers see them as they see any other row, and only their commits wait for no disk.
Hours are folded by two connections, as two runs of the job would.
The hour in which the thirty days end is not folded: it changes all the time, and is read from raw rows.
Every answer was compared once with sums over raw rows: counts, tokens and money exactly, percentiles within the error that the answer states.
Each question is asked in turns with the others, as often as its table tells: what takes seconds is asked three times after two that do not count.
"""  # noqa: E501  # prose


def render(outcome: Outcome, peers: str, load: float, database_url: str) -> str:
    """Give the page, in which peers have their section."""
    sections = (
        _HEAD,
        _render_targets(outcome),
        _render_writing(outcome),
        *(_render_stage(stage) for stage in outcome.stages),
        _render_sizes(outcome),
        peers,
        _render_run(load, database_url),
    )
    return "\n".join(section for section in sections if section)


def _render_targets(outcome: Outcome) -> str:
    first, last = outcome.stages[0], outcome.stages[-1]
    rows: list[_Judged] = []
    before = {answer.question.name: answer for answer in _of_largest(first)}
    for answer in _of_largest(last):
        target, taken = answer.question.target, answer.timing.p50
        if target is not None:
            rows.append(
                (answer.question.name, f"{target:g} ms", f"{taken:.1f} ms", taken <= target)
            )
        if last is not first:
            growth = taken / before[answer.question.name].timing.p50
            name = f"{answer.question.name}: growth from {first.spans:,} spans"
            rows.append((name, f"{GROWTH:g} x", f"{growth:.1f} x", growth <= GROWTH))
    size = add_up(last.sizes) / last.spans
    told = (f"{_BYTES:,}", f"{size:,.0f}", size <= _BYTES)
    rows.append(("bytes a span, all tables and indexes", *told))
    rows += _judge_answers(last)
    judged = table(
        ("target", "at most", "measured", ""),
        ((*row, "met" if met else "**missed**") for *row, met in rows),
    )
    return f"""## Targets

Medians in the database as `authenticated` under row level security, largest tenant, {last.spans:,} spans.
Met: {sum(row[-1] for row in rows)} of {len(rows)}.

{judged}"""  # noqa: E501  # prose


_Judged = tuple[str, str, str, bool]


def _judge_answers(stage: Stage) -> Iterator[_Judged]:
    wrong = [answer for answer in stage.answers if answer.verdict.wrong]
    yield "answers that differ from raw rows", "0", f"{len(wrong)}", not wrong
    error = max(answer.verdict.error for answer in stage.answers)
    yield "error of a percentile", f"{_ERROR:.1%}", f"{error:.2%}", error <= _ERROR


def _of_largest(stage: Stage) -> Iterator[Answered]:
    return (answer for answer in stage.answers if answer.tenant == LARGEST)


def _render_writing(outcome: Outcome) -> str:
    filling = outcome.filling
    ingested = (
        f"- Ingested: {filling.spans:,} spans in batches of 496 on four connections, "
        f"{filling.rate:,.0f} a second of sending, {filling.cpu_us:.0f} µs of a backend's "
        f"processor time and {filling.wal:,.0f} bytes of WAL a span, marks of hours included."
    )
    conversed = f"- Beside them: {outcome.conversed:,} spans of conversations of {TURNS} turns."
    lines = [ingested, conversed]
    for stage in outcome.stages:
        if stage.copying:
            rate = stage.copying.spans / stage.copying.seconds
            lines.append(f"- Copied: {stage.copying.spans:,} spans, {rate:,.0f} a second.")
        folding, new = stage.folding, stage.copying.spans if stage.copying else stage.spans
        lines.append(
            f"- Folded: {folding.hours:,} hours of tenants in {folding.seconds:,.0f} s, "
            f"{folding.cpu_seconds * 1e6 / new:.0f} µs of processor time and "
            f"{folding.wal_bytes / new:,.0f} bytes of WAL for each new span; "
            f"{folding.rows:,} rows are kept of {stage.spans:,} spans."
        )
    return "## Writing\n\n" + "\n".join(lines) + "\n"


def _render_stage(stage: Stage) -> str:
    rows = [
        (
            answer.question.name,
            answer.tenant.name,
            f"**wrong**: {answer.verdict.wrong}" if answer.verdict.wrong else "right",
            f"{answer.timing.p50:.1f}",
            f"{answer.timing.p95:.1f}",
            f"{answer.timing.rounds}",
            f"{answer.handled.p50:.1f}" if answer.handled else "-",
            f"{answer.handled.p95:.1f}" if answer.handled else "-",
        )
        for answer in stage.answers
    ]
    names = ("question", "tenant", "answer", "p50, ms", "p95", "rounds", "GET /metrics p50", "p95")
    return f"""## {stage.spans:,} spans

In the database, and through the handler of `GET /metrics` before the local Data API, which is Python and no PostgREST.
`{LARGEST.name}` is the largest tenant, the other one the median.

{table(names, rows, words=3)}"""  # noqa: E501  # prose


def _render_sizes(outcome: Outcome) -> str:
    last = outcome.stages[-1]
    costs = {cost.index: cost.cpu_us for cost in outcome.indexes}
    rows = [
        (
            size.table,
            size.part,
            BUYS.get(size.part, ""),
            f"{size.total / last.spans:,.1f}",
            f"{costs[size.part]:.1f}" if size.part in costs else "-",
        )
        for size in _largest_first(last.sizes)
    ]
    names = ("table", "part", "buys", "bytes a span", "µs a span inserted")
    return f"""## Bytes, and what an index costs

After `vacuum analyze`, of {last.spans:,} spans; in all {add_up(last.sizes) / last.spans:,.0f} bytes a span.
The time is a backend's for the same rows inserted with the index and without it; small ones drown in noise.

{table(names, rows, words=3)}
A row of `spans`, of {SOME:,}: its columns of a byte and more.

{_render_columns(outcome.columns)}"""  # noqa: E501  # prose


def _render_columns(columns: Sequence[Column]) -> str:
    rows = ((c.name, f"{c.size:.1f}", f"{c.told:.0%}") for c in columns if c.size >= 1)
    return table(("column", "bytes a span", "told"), rows)


def _largest_first(sizes: Sequence[Size]) -> Iterable[Size]:
    return sorted((size for size in sizes if size.total), key=lambda size: -size.total)


def _render_run(load: float, database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("show server_version").fetchone()
    return (
        "## The run\n\n"
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC with {os.cpu_count()} cores "
        f"({platform.system()}), load {load:.1f} before, Postgres {row[0] if row else 'unknown'}, "
        f"Python {platform.python_version()}.\n"
    )


def table(names: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """Give a table whose first columns are words, set left, and the others set right."""
    rules = ["---" if place < words else "--:" for place in range(len(names))]
    return "".join(f"| {' | '.join(line)} |\n" for line in (names, rules, *rows))
