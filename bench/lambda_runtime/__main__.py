"""``python -m bench.lambda_runtime [part ...]``: measure, print the tables, keep them on wish."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from bench.lambda_runtime.call_cost import measure_call_costs
from bench.lambda_runtime.document import Results, describe_run, render
from bench.lambda_runtime.functions import BenchError
from bench.lambda_runtime.initialisation import measure_starts
from bench.lambda_runtime.latency import measure_latencies
from bench.lambda_runtime.sizes import measure_sizes
from infra.build.programs import BuildError
from tests.lifecycle.applications import Backend
from tests.lifecycle.backend import run_backend
from tests.lifecycle.emulator import EmulatorError

_PAGE: Final = Path(__file__).parents[2] / "docs" / "bench-lambda.md"
PARTS: Final = ("latency", "start", "bytes", "calls")


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


FULL: Final = Effort((5, 50, 200), 240, 21, (1, 10, 100), rounds=40, warm_up=10)
QUICK: Final = Effort((5, 50, 200), 20, 3, (1, 10, 100), rounds=4, warm_up=2)


def main() -> int:
    """Measure what was asked for; 1 with a sentence where something is missing or broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.lambda_runtime")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="a look, too short for the page")
    parser.add_argument("--write", action="store_true", help=f"write docs/{_PAGE.name}")
    arguments = parser.parse_args()
    parts = tuple(arguments.parts) or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no part {min(unknown)!r}; there are {', '.join(PARTS)}")
    if arguments.write and (arguments.quick or set(parts) != set(PARTS)):
        parser.error("only a full run of all parts is written")
    try:
        page = measure(parts, QUICK if arguments.quick else FULL)
    except (BuildError, BenchError, EmulatorError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(page)
    if arguments.write:
        _PAGE.write_text(page, encoding="utf-8")
    return 0


def measure(parts: tuple[str, ...], effort: Effort) -> str:
    """Run parts one after another and give the page.

    Raises:
        BuildError, BenchError, EmulatorError: if something is missing or does not work.
    """
    folder = Path(mkdtemp(prefix="llm-observe-bench-"))
    with run_backend(folder) as backend:
        before = os.getloadavg()[0]
        results = _measure(backend, parts, effort)
        page = render(results, describe_run(backend, (before, os.getloadavg()[0])))
    # Where something went wrong, the logs stay.
    shutil.rmtree(folder)
    return page


def _measure(backend: Backend, parts: tuple[str, ...], effort: Effort) -> Results:
    warm_up = effort.warm_up
    return Results(
        latencies=measure_latencies(
            backend, effort.databases, invocations=effort.invocations, warm_up=warm_up
        )
        if "latency" in parts
        else (),
        starts=measure_starts(backend, runs=effort.starts, warm_up=min(1, warm_up))
        if "start" in parts
        else (),
        sizes=measure_sizes(backend) if "bytes" in parts else (),
        call_costs=measure_call_costs(
            backend, effort.per_invocation, rounds=effort.rounds, warm_up=warm_up
        )
        if "calls" in parts
        else (),
    )


if __name__ == "__main__":
    sys.exit(main())
