"""``python -m trials.bench.lambda_runtime [part ...]``: measure and print tables (``--write``)."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from infra.build.programs import BuildError
from trials.bench.lambda_runtime.call_cost import measure_call_costs
from trials.bench.lambda_runtime.document import (
    HEAD,
    render_call_costs,
    render_latencies,
    render_layer_starts,
    render_run,
    render_sizes,
    render_starts,
    replace_sections,
)
from trials.bench.lambda_runtime.functions import BenchError
from trials.bench.lambda_runtime.initialisation import measure_starts
from trials.bench.lambda_runtime.latency import measure_latencies
from trials.bench.lambda_runtime.layer_start import measure_layer_starts
from trials.bench.lambda_runtime.sizes import measure_sizes
from trials.lifecycle.applications import Backend
from trials.lifecycle.backend import run_backend
from trials.lifecycle.emulator import EmulatorError

_PAGE: Final = Path(__file__).parents[3] / "docs" / "bench-lambda.md"
PARTS: Final = ("latency", "start", "layer", "bytes", "calls")
"""In the order of the page."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How often each is measured, after how many times that are not."""

    databases: tuple[int, ...]
    """Milliseconds of each request to them."""
    invocations: int
    starts: int
    per_invocation: tuple[int, ...]
    """Calls after which telemetry is sent."""
    rounds: int
    warm_up: int


FULL: Final = Effort((5, 50, 200), 120, 11, (1, 10, 100), rounds=20, warm_up=5)
QUICK: Final = Effort((5, 50, 200), 20, 3, (1, 10, 100), rounds=4, warm_up=2)


def main() -> int:
    """Measure what was asked for; 1 with a sentence where something is missing or broken."""
    parser = argparse.ArgumentParser(prog="python -m trials.bench.lambda_runtime")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="a look, too short for the page")
    parser.add_argument("--write", action="store_true", help=f"write docs/{_PAGE.name}")
    arguments = parser.parse_args()
    parts = tuple(arguments.parts) or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no part {min(unknown)!r}; there are {', '.join(PARTS)}")
    if arguments.write and arguments.quick:
        parser.error("a quick run is not written")
    sections = []
    try:
        for section in measure(parts, QUICK if arguments.quick else FULL):
            sections.append(section)
            sys.stdout.write(f"{section}\n")
            sys.stdout.flush()
    except (BuildError, BenchError, EmulatorError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if arguments.write:
        whole = set(parts) == set(PARTS)
        page = "\n".join(sections) if whole else replace_sections(_PAGE.read_text(), sections)
        _PAGE.write_text(page, encoding="utf-8")
    return 0


def measure(parts: tuple[str, ...], effort: Effort) -> Iterator[str]:
    """Run parts one after another and give the page, section by section.

    Raises:
        BuildError, BenchError, EmulatorError: if something is missing or does not work.
    """
    folder = Path(mkdtemp(prefix="llm-observe-bench-"))
    yield HEAD
    with run_backend(folder) as backend:
        before = os.getloadavg()[0]
        for part in parts:
            yield _PARTS[part](backend, effort)
        yield render_run(backend, (before, os.getloadavg()[0]))
    # Where something went wrong, the logs stay.
    shutil.rmtree(folder)


def _measure_latencies(backend: Backend, effort: Effort) -> str:
    times, warm_up = effort.invocations, effort.warm_up
    return render_latencies(
        measure_latencies(backend, effort.databases, invocations=times, warm_up=warm_up)
    )


def _measure_starts(backend: Backend, effort: Effort) -> str:
    return render_starts(
        measure_starts(backend, runs=effort.starts, warm_up=min(1, effort.warm_up))
    )


def _measure_layer_starts(backend: Backend, effort: Effort) -> str:
    return render_layer_starts(
        measure_layer_starts(backend, runs=effort.starts, warm_up=min(1, effort.warm_up))
    )


def _measure_sizes(backend: Backend, _effort: Effort) -> str:
    return render_sizes(measure_sizes(backend))


def _measure_call_costs(backend: Backend, effort: Effort) -> str:
    rounds, warm_up = effort.rounds, effort.warm_up
    return render_call_costs(
        measure_call_costs(backend, effort.per_invocation, rounds=rounds, warm_up=warm_up)
    )


_PARTS: Final[Mapping[str, Callable[[Backend, Effort], str]]] = {
    "latency": _measure_latencies,
    "start": _measure_starts,
    "layer": _measure_layer_starts,
    "bytes": _measure_sizes,
    "calls": _measure_call_costs,
}


if __name__ == "__main__":
    sys.exit(main())
