"""The page of results: tables in Markdown, each beside its target."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import psycopg

from trials.bench.ingest import ours, peers
from trials.bench.ingest.load import Shape
from trials.bench.ingest.memory import Bomb, LongRun
from trials.bench.ingest.promise import Loss, Visibility
from trials.bench.ingest.speed import Speed

RATE_RATIO: Final = 10.0
"""Target: spans a second, to MLflow's."""
CPU_MS: Final = 0.15
"""Target: milliseconds of processor time a span in batches."""
HEAD: Final = """# OTLP ingestion, beside Phoenix and MLflow

Written by `make bench-ingest ARGS=--write`, never by hand.
Everybody gets the same spans from the same generator, one after another on one machine, and stores them in a database of its own on the same Postgres, which is durable (`fsync` on, default settings).
Each system is started anew for each round, in turns; while it is measured no other runs.
The spans are traces of an agent in OpenTelemetry's current convention: one `invoke_agent`, three `chat`, two `execute_tool`, 20 attributes each on average, messages of 300 characters; 1.3 kB a span.
No id is ever sent twice; times are those of sending; texts repeat between requests.

`llm-observe, local stack` is what `make demo` runs: an emulator of API Gateway, the functions in processes of their own, and the Data API in Python in the place of PostgREST, all of them counted.
`llm-observe, app alone` is the function's application under uvicorn, before the same Data API.
MLflow and `app alone` have a worker per core, Phoenix is one process.
"""  # noqa: E501  # prose


@dataclass(frozen=True, slots=True)
class Conduct:
    """What one system did beside being fast."""

    system: str
    visibility: Visibility
    long_run: LongRun
    bombs: Sequence[Bomb]
    loss: Loss


def render_speeds(speeds: Sequence[Speed]) -> str:
    """Give the section of speed, a table for each shape."""
    shapes = dict.fromkeys(speed.shape for speed in speeds)
    tables = (
        _render_shape(shape, [speed for speed in speeds if speed.shape == shape])
        for shape in shapes
    )
    return f"""## Speed

A span counts when it was acknowledged with 200 and then found in the database by SQL, and time runs until the last one was found: where a queue stands behind the 200, until it is empty, or for some minutes: what was not *stored* then was never counted.
Processor time is that of the servers and of Postgres with all its backends, user and system, from `/proc`.
Medians of the rounds; the counts are of all rounds.

{"".join(tables)}{_judge_speeds(speeds)}"""  # noqa: E501  # prose


def _render_shape(shape: Shape, speeds: Sequence[Speed]) -> str:
    baseline = next((speed.rate for speed in speeds if speed.system == peers.MLFLOW), None)
    rows = [
        (
            speed.system,
            f"{speed.rate:,.0f}",
            f"{speed.rate / baseline:.1f}" if baseline else "-",
            f"{speed.cpu_ms:.3f}",
            f"{speed.p50:,.0f}",
            f"{speed.p95:,.0f}",
            f"{speed.acknowledged:,}",
            f"{speed.stored:,}",
            f"{speed.refused:,}",
        )
        for speed in speeds
    ]
    numbers = (
        "spans/s",
        "to MLflow",
        "CPU, ms a span",
        "request p50, ms",
        "p95",
        "acknowledged",
        "stored",
        "requests refused",
    )
    parts = "".join(
        f"- {speed.system}: "
        + ", ".join(f"{part} {cost:.3f}" for part, cost in speed.cpu.items())
        + "\n"
        for speed in speeds
    )
    return f"""### {shape}

{_table(("system",), numbers, rows)}
Where the processor time goes, milliseconds a span:

{parts}
"""


def _judge_speeds(speeds: Sequence[Speed]) -> str:
    """Compare our app with the targets, if it was measured beside MLflow."""
    of = {(speed.system, speed.shape): speed for speed in speeds}
    pairs = [
        (speed, of[peers.MLFLOW, speed.shape])
        for speed in speeds
        if speed.system == ours.APP and (peers.MLFLOW, speed.shape) in of
    ]
    if not pairs:
        return ""
    ratio = min(own.rate / peer.rate for own, peer in pairs)
    cpu = min(own.cpu_ms for own, _ in pairs)
    return (
        f"Target: at least {RATE_RATIO:g} times MLflow in both shapes. "
        f"Measured {ratio:.1f}: {'met' if ratio >= RATE_RATIO else 'missed'}.\n"
        f"Target: at most {CPU_MS:g} ms of processor time a span in batches. "
        f"Measured {cpu:.3f} ms: {'met' if cpu <= CPU_MS else 'missed'}.\n"
    )


def render_promises(conducts: Sequence[Conduct]) -> str:
    """Give the section of what a 200 is worth."""
    rows = [
        (
            conduct.system,
            f"{conduct.visibility.at_once} of {conduct.visibility.requests}",
            f"{conduct.visibility.p50_ms:,.0f}",
            f"{conduct.visibility.longest_ms:,.0f}",
            f"{conduct.loss.acknowledged:,}",
            f"{conduct.loss.lost:,}",
        )
        for conduct in conducts
    ]
    numbers = (
        "readable at its 200",
        "until readable, p50 ms",
        "longest",
        "acknowledged before SIGKILL",
        "of these lost",
    )
    return f"""## What a 200 is worth

*Readable*: single requests of six spans, one after another, looked for by SQL as soon as each was answered.
*Lost*: every process of the servers is killed under the load of small requests, Postgres is not, and each acknowledged trace is looked for.

{_table(("system",), numbers, rows)}"""  # noqa: E501  # prose


def render_memory(conducts: Sequence[Conduct]) -> str:
    """Give the section of memory: along a long run and under bombs."""
    runs = [
        (
            conduct.system,
            f"{conduct.long_run.acknowledged:,}",
            f"{conduct.long_run.seconds:,.0f}",
            *(
                _mb(size)
                for size in (
                    conduct.long_run.before,
                    conduct.long_run.tenth,
                    conduct.long_run.end,
                    conduct.long_run.peak,
                )
            ),
        )
        for conduct in conducts
    ]
    bombs = [
        (
            conduct.system,
            f"{bomb.unpacked / 1e6:,.0f} MB in {bomb.sent / 1e3:,.0f} kB",
            bomb.status,
            f"{bomb.seconds:.2f}",
            _mb(bomb.before),
            _mb(bomb.peak),
        )
        for conduct in conducts
        for bomb in conduct.bombs
    ]
    numbers = ("spans", "seconds", "before, MB", "after a tenth of the time", "at the end", "peak")
    return f"""## Memory

Resident memory of all the servers' processes together, Postgres apart, shared pages counted in each.
A long run in batches; a slower system gets the same time and fewer spans.

{_table(("system",), numbers, runs)}
Zeros under gzip, sent once as the body of a request:

{_table(("system", "body"), ("status", "seconds", "before, MB", "peak"), bombs)}"""  # noqa: E501  # prose


def render_run(load: float, database_url: str) -> str:
    """Give the section that says when and on what it was measured."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("show server_version").fetchone()
    return (
        "## The run\n\n"
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC with {os.cpu_count()} cores "
        f"({platform.system()}), load {load:.1f} before, Postgres {row[0] if row else 'unknown'}, "
        f"Python {platform.python_version()}.\n"
        f"Peers: {', '.join(peers.read_pins())}.\n"
    )


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f}"


def _table(words: Sequence[str], numbers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table whose first columns are words, set left, and the others numbers, set right."""
    lines = [(*words, *numbers), (*("---" for _ in words), *("--:" for _ in numbers)), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
