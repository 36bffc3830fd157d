"""The page of results: tables in Markdown, each beside its target."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from trials.bench.lambda_runtime import call_cost, initialisation, latency, layer_start
from trials.bench.lambda_runtime.call_cost import CallCost
from trials.bench.lambda_runtime.functions import read_versions
from trials.bench.lambda_runtime.initialisation import Start
from trials.bench.lambda_runtime.latency import Latency, Times
from trials.bench.lambda_runtime.layer_start import LayerStart
from trials.bench.lambda_runtime.sizes import MOST_UNZIPPED, MOST_ZIPPED, Size
from trials.bench.samples import Difference
from trials.lifecycle.applications import Backend

ADDED_CLIENT_MS: Final = 1.0
"""Target: what the caller may wait longer, in the median, with a database of 200 ms."""
START_RATIO: Final = 1.4
"""Target: processor time of a reading endpoint's start to the bare handler's."""
LAYER_MS: Final = 60.0
"""Target: processor time that the layer adds to the start of a function without a client."""
CALL_MICROSECONDS: Final = 60.0
"""Target: processor time per traced call over the official instrumentation's own."""
HEAD: Final = """# What telemetry costs on Lambda

Written by `make bench-lambda ARGS=--write`, never by hand.
Everything is measured in turns with its baseline, and a baseline measured against itself shows the noise.
A difference is the median of the differences of each round, with its 95 % interval (bootstrap) in brackets.
"""  # noqa: E501  # prose
_TARGET_DATABASE_MS: Final = 200
_BEFORE: Final = "## Bytes\n"
_PACKAGES: Final = (
    "openai",
    "opentelemetry-sdk",
    "opentelemetry-instrumentation-genai-openai",
    "fastapi",
    "mangum",
)


def render_run(backend: Backend, loads: tuple[float, float]) -> str:
    """Give the section that says when, on what and with which versions it was measured.

    ``loads`` are the machine's load averages before and after: what else ran makes noise.
    """
    packages = read_versions(backend)
    versions = ", ".join(f"{name} {packages[name]}" for name in _PACKAGES)
    postgres = f"Postgres {backend.postgres}"
    return (
        "## The run\n\n"
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {_name_processor()} with "
        f"{os.cpu_count()} cores ({platform.system()}), "
        f"load {loads[0]:.1f} before and {loads[1]:.1f} after.\n"
        f"{backend.artifact.describe()}, {versions}, {postgres}.\n"
    )


def render_latencies(latencies: Sequence[Latency]) -> str:
    """Give the section of the caller's wait and the billed time."""
    rows = [
        (
            f"{item.database_ms} ms",
            item.way,
            *_list_times(item.client, against_itself=item.way == latency.BASELINE),
            *_list_times(item.billed, against_itself=item.way == latency.BASELINE),
        )
        for item in latencies
    ]
    added = next(
        item.client.added.median
        for item in latencies
        if item.way == latency.AFTER_RESPONSE and item.database_ms == _TARGET_DATABASE_MS
    )
    return f"""## Waiting and billed time

A handler that calls a model once, on an emulated Lambda that freezes the process between invocations.
The model answers at once, so that nothing hides what telemetry adds; one span an invocation goes to a real Postgres through the Data API, each request delayed by the database's latency.
*Client* ends with the answer, *billed* with the freeze.
`finally` is what is done where the Extensions API is not there.
Milliseconds, {latencies[0].invocations} invocations each after a warm-up.

{_table(("database", "telemetry leaves"), _TIMES, rows)}
Target: the caller waits at most {ADDED_CLIENT_MS:g} ms longer (p50) with a database of {_TARGET_DATABASE_MS} ms. {_judge(added, ADDED_CLIENT_MS, " ms")}
"""  # noqa: E501  # prose


_TIMES: Final = ("client p50", "p95", "added", "billed p50", "p95", "added")


def _list_times(times: Times, *, against_itself: bool) -> tuple[str, str, str]:
    added = "-" if against_itself else _show(times.added, 2)
    return f"{times.p50:.1f}", f"{times.p95:.1f}", added


def render_starts(starts: Sequence[Start]) -> str:
    """Give the section of the functions' start."""
    rows = [
        (item.name, f"{item.p50:.0f}", f"{item.p95:.0f}", f"{item.ratio:.2f}") for item in starts
    ]
    worst = max(item.ratio for item in starts if item.reads)
    return f"""## Start

Processor time to import a function's handler as it was built, with the layer's bytecode, in a fresh process.
Lambda's own runtime, the fetching of secrets and `boto3`, which Lambda brings, are not in it.
Milliseconds, {starts[0].runs} processes each after a warm-up; the ratio is to the {initialisation.BASELINE} handler.

{_table(("function",), ("p50", "p95", "ratio"), rows)}
Target: functions that read, at most {START_RATIO:g}. {_judge(worst, START_RATIO, "", "the worst is")}
"""  # noqa: E501  # prose


def render_layer_starts(starts: Sequence[LayerStart]) -> str:
    """Give the section of what the layer adds to a start."""
    rows = [
        (
            item.function,
            item.layer,
            f"{item.p50:.0f}",
            f"{item.p95:.0f}",
            _show(item.added, 0) if item.added else "-",
        )
        for item in starts
    ]
    added = next(
        item.added.median
        for item in starts
        if item.added and (item.function, item.layer) == (layer_start.NO_CLIENT, layer_start.WITH)
    )
    return f"""## Start with the layer

Processor time to load the handler of somebody's function as Lambda's runtime does, in a fresh process, with `LlmObserveLayer` and its wrapper or without; the extension's registration is in it.
The part that traces is loaded when the first client is imported.
Milliseconds, {starts[0].runs} processes each after a warm-up.

{_table(("function", "layer"), ("p50", "p95", "added"), rows)}
Target: without a client, at most {LAYER_MS:g} ms. {_judge(added, LAYER_MS, " ms")}
"""  # noqa: E501  # prose


def render_sizes(sizes: Sequence[Size]) -> str:
    """Give the section of bytes."""
    rows = [
        (item.name, f"{item.files:,}", f"{item.unzipped:,}", f"{item.zipped:,}") for item in sizes
    ]
    return f"""## Bytes

With bytecode, for this machine's processor.
Lambda allows {MOST_UNZIPPED:,} bytes unzipped for a function and its layers, and {MOST_ZIPPED:,} zipped for each upload.

{_table(("part",), ("files", "unzipped", "zipped"), rows)}"""  # noqa: E501  # prose


def render_call_costs(costs: Sequence[CallCost]) -> str:
    """Give the section of the processor time of a traced call."""
    rows = [
        (
            "stream" if item.stream else "whole answer",
            item.subject.name,
            f"{item.p50:,.0f}",
            f"{item.p95:,.0f}",
            "-" if item.subject is call_cost.BASELINE else _show(item.over_baseline, 0),
            _show(item.over_official, 0) if item.subject.is_ours else "-",
        )
        for item in costs
    ]
    ours = [item for item in costs if item.subject.is_ours]
    best = min(item.over_official.median for item in ours)
    worst = max(item.over_official.median for item in ours)
    return f"""## Processor time of a traced call

All in: the call itself in `openai`'s client, the span, and at the end of an invocation its transcription, price, serialisation, the request to the Data API and the metric line.
The model is a recording inside the process, so that no network hides the difference; the waiting costs nothing.
Microseconds of processor time per call, {costs[0].rounds} rounds of {costs[0].calls} calls each after a warm-up.

{_table(("answer", "telemetry"), ("p50", "p95", "over none", "over official"), rows)}
Target: at most {CALL_MICROSECONDS:g} µs over the official instrumentation. Measured {best:,.0f} to {worst:,.0f} µs: {"met" if worst <= CALL_MICROSECONDS else "missed"}.
"""  # noqa: E501  # prose


def replace_sections(page: str, sections: Sequence[str]) -> str:
    """Put a run of some parts into a page of all; ``sections`` has the head first, the run last.

    A section that the page does not have yet comes before the bytes.
    """
    _, *measured, run = sections
    when = run.splitlines()[2]
    for section in measured:
        heading = section.partition("\n")[0]
        apart = f"{section.rstrip()}\n\nOf a run of its own. {when}\n\n"
        start = page.find(f"{heading}\n")
        if start < 0:
            start = end = page.index(_BEFORE)
        else:
            end = page.index("\n## ", start) + 1
        page = page[:start] + apart + page[end:]
    return page


def _judge(measured: float, target: float, unit: str, words: str = "measured") -> str:
    verdict = "met" if measured <= target else "missed"
    return f"{words.capitalize()} {measured:.2f}{unit}: {verdict}."


def _show(difference: Difference, digits: int) -> str:
    low, high = f"{difference.low:+,.{digits}f}", f"{difference.high:+,.{digits}f}"
    return f"{difference.median:+,.{digits}f} [{low}, {high}]"


def _table(words: Sequence[str], numbers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table whose first columns are words, set left, and the others numbers, set right."""
    lines = [(*words, *numbers), (*("---" for _ in words), *("--:" for _ in numbers)), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _name_processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
