"""``python -m trials.bench.work``: what the worst bodies cost a function; ``--write`` keeps it."""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from trials.bench.work.bodies import BODIES, PLAIN

_PAGE: Final = Path(__file__).parents[3] / "docs" / "bench-work.md"
_GOAL_SECONDS: Final = 2.0
_ROUNDS: Final = 3
_CAPTURES: Final = ("off", "on")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one body cost, in the fastest of its rounds."""

    name: str
    wire: int
    unpacked: int
    characters: int
    values: int
    seconds: float
    megabytes: float
    answer: str


def main() -> int:
    """Measure, print, and write on wish."""
    parser = argparse.ArgumentParser(prog="python -m trials.bench.work")
    parser.add_argument("--write", action="store_true", help=f"write docs/{_PAGE.name}")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("--capture", choices=_CAPTURES, nargs="+", default=_CAPTURES)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "body.gz"
        found = {
            capture: [measure(path, name, capture, options.rounds) for name in BODIES]
            for capture in options.capture
        }
    page = render(found)
    sys.stdout.write(page)
    if options.write:
        _PAGE.write_text(page, encoding="utf-8")
    return 0


def measure(path: Path, name: str, capture: str, rounds: int) -> Cost:
    """Measure a body some times, each in a process of its own; the fastest was disturbed least."""
    body = BODIES[name]()
    path.write_bytes(gzip.compress(body, 6))
    kind = "json" if body.startswith(b"{") else "protobuf"
    command = [sys.executable, "-m", "trials.bench.work.costs", str(path), kind, capture]
    runs = [
        json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        for _ in range(rounds)
    ]
    sys.stderr.write(f"{name}, capture {capture}: {[run['seconds'] for run in runs]} s\n")
    told = min(runs, key=lambda run: float(run["seconds"]))
    return Cost(name=name, wire=path.stat().st_size, unpacked=len(body), **told)


def render(found: dict[str, list[Cost]]) -> str:
    """Give the page: a table without and one with capture, the worst first."""
    slowest = max(cost.seconds for costs in found.values() for cost in costs)
    tables = "".join(
        f"\n## Content capture {capture}\n\n{_render_table(costs)}"
        for capture, costs in found.items()
    )
    return (
        f"# What the worst bodies cost\n\nWritten by `make bench-work ARGS=--write` on "
        f"{datetime.now(UTC):%Y-%m-%d}.\n\n"
        f"The slowest took {slowest:.1f} s of processor time; the goal is {_GOAL_SECONDS:.0f} s.\n"
        f"{_HOW}{tables}"
    )


_HOW: Final = """Each body goes from its gzip to its rows as `POST /v1/traces` takes it,
without HTTP and the database, in a process of its own.
*Characters* are those of texts that were redacted, as `count_work` counts them:
one that may begin a finding counts as many as it costs to look at.
*Values* are those in JSON, lists and mappings, each time they are gone through.
A budget bounds both for all spans of a request; what is left out is told in `llm_observe.repairs`.
*times plain* is beside the first body of the same run, whose prompts are prose.
Seconds are the least of the rounds; MB are what the process grew by at its peak.
"""


def _render_table(costs: list[Cost]) -> str:
    plain = next(cost.seconds for cost in costs if cost.name == PLAIN)
    head = (
        "| body | on the wire | unpacked | characters | values | s | times plain | MB | answer |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|---|\n"
    )
    ordered = sorted(costs, key=lambda cost: (cost.name != PLAIN, -cost.seconds))
    return head + "".join(
        f"| {cost.name} | {cost.wire:,} | {cost.unpacked:,} | {cost.characters:,} "
        f"| {cost.values:,} | {cost.seconds:.2f} | {cost.seconds / plain:.1f} "
        f"| {cost.megabytes:.0f} | {cost.answer} |\n"
        for cost in ordered
    )


if __name__ == "__main__":
    raise SystemExit(main())
