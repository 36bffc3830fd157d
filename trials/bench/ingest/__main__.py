"""``python -m trials.bench.ingest``: measure, print the tables, and write the page on wish."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import psycopg

from infra.local.children import ChildError, Leashes
from infra.local.keys import load_keys
from infra.local.migrations import apply_migrations
from infra.local.prices import set_prices
from infra.local.report import Reporter
from infra.local.settings import read_settings
from infra.local.setup import SetupError
from infra.local.throwaway import ThrowawayServer, run_throwaway_server
from trials.bench.ingest import ours, peers
from trials.bench.ingest.document import (
    HEAD,
    Conduct,
    render_memory,
    render_promises,
    render_run,
    render_speeds,
)
from trials.bench.ingest.load import Shape, run_generator
from trials.bench.ingest.memory import measure_bomb, measure_long_run
from trials.bench.ingest.processes import read_parent
from trials.bench.ingest.promise import measure_loss, measure_visibility
from trials.bench.ingest.speed import Bounds, Round, Speed, measure_round, summarise
from trials.bench.ingest.systems import Machine, System, run_system
from trials.bench.samples import take_turns

_PAGE: Final = Path(__file__).parents[3] / "docs" / "bench-ingest.md"
BATCHES: Final = Shape(spans=510, clients=4)
FLUSHES: Final = Shape(spans=6, clients=8)
SYSTEMS: Final = {
    "mlflow": peers.MLFLOW,
    "phoenix": peers.PHOENIX,
    "stack": ours.STACK,
    "app": ours.APP,
}
"""What can be asked for, in the order of the page; the first is the one ratios are to."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is sent, how often."""

    rounds: int
    warm_up: Bounds
    """Not measured: what is imported, prepared or opened late is there afterwards."""
    batches: Bounds
    flushes: Bounds
    requests: int
    """To look for at their 200."""
    long_spans: int
    long_seconds: float
    bombs: tuple[int, ...]
    """Bytes of zeros in each."""
    kill_seconds: float

    def bounds(self) -> Mapping[Shape, Bounds]:
        """Give the bounds of each shape."""
        return {BATCHES: self.batches, FLUSHES: self.flushes}


FULL: Final = Effort(
    rounds=3,
    # A connection to Postgres plans a statement anew five times: that many batches, on each of
    # three. https://www.postgresql.org/docs/15/sql-prepare.html#SQL-PREPARE-NOTES
    warm_up=Bounds(spans=8_160, seconds=10, settle_seconds=120),
    batches=Bounds(spans=10_200, seconds=20, settle_seconds=300),
    flushes=Bounds(spans=3_000, seconds=20, settle_seconds=120),
    requests=50,
    long_spans=1_000_000,
    long_seconds=300,
    bombs=(10 * 2**20, 2**30),
    kill_seconds=5,
)
QUICK: Final = replace(
    FULL,
    rounds=1,
    batches=Bounds(spans=4_080, seconds=8, settle_seconds=90),
    flushes=Bounds(spans=1_200, seconds=8, settle_seconds=60),
    requests=10,
    long_spans=20_000,
    long_seconds=15,
)


def main() -> int:
    """Measure what was asked for; 1 with a sentence where something is missing or broken."""
    parser = argparse.ArgumentParser(prog="python -m trials.bench.ingest")
    names = ", ".join(SYSTEMS)
    parser.add_argument("systems", nargs="*", metavar="system", help=f"any of {names}")
    parser.add_argument("--quick", action="store_true", help="a look, too short for the page")
    parser.add_argument("--write", action="store_true", help=f"write docs/{_PAGE.name}")
    parser.add_argument("--spans", type=int, help="of the long run, instead of a million")
    arguments = parser.parse_args()
    systems = tuple(arguments.systems) or tuple(SYSTEMS)
    if unknown := set(systems) - set(SYSTEMS):
        parser.error(f"there is no system {min(unknown)!r}; there are {names}")
    if arguments.write and arguments.quick:
        parser.error("a quick run is not written")
    effort = QUICK if arguments.quick else FULL
    effort = replace(effort, long_spans=arguments.spans or effort.long_spans)
    sections = []
    try:
        for section in measure(systems, effort):
            sections.append(section)
            sys.stdout.write(f"\n{section}")
            sys.stdout.flush()
    except (ChildError, SetupError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if arguments.write:
        _PAGE.write_text("\n".join(sections), encoding="utf-8")
    return 0


def measure(names: Sequence[str], effort: Effort) -> Iterator[str]:
    """Measure systems of ``SYSTEMS`` on one Postgres and give the page, by section.

    Raises:
        SetupError: if a peer cannot be installed.
        ChildError: if a system does not start.
    """
    folder, report = Path(mkdtemp(prefix="llm-observe-bench-")), Reporter()
    load = os.getloadavg()[0]
    with _run_machine(folder) as (machine, server):
        systems = [_describe(name, server, folder, report) for name in names]
        yield HEAD
        yield render_speeds(_measure_speeds(systems, machine, effort, report))
        conducts = [_observe(system, machine, effort, report) for system in systems]
        yield render_promises(conducts)
        yield render_memory(conducts)
        yield render_run(load, server.cluster.owner_url)
    # Where something went wrong, the logs stay.
    shutil.rmtree(folder)


@contextmanager
def _run_machine(folder: Path) -> Iterator[tuple[Machine, ThrowawayServer]]:
    leashes = Leashes(folder / "children")
    try:
        with (
            run_throwaway_server(read_settings(), folder / "postgres", durable=True) as server,
            run_generator() as generator,
        ):
            yield Machine(leashes, _find_postgres(server), generator), server
    finally:
        leashes.close()


def _find_postgres(server: ThrowawayServer) -> int:
    """Give the process whose children are the backends."""
    with psycopg.connect(server.cluster.superuser_url) as connection:
        return read_parent(connection.info.backend_pid)


def _describe(name: str, server: ThrowawayServer, folder: Path, report: Reporter) -> System:
    """Install what a system needs and give it a database of its own."""
    if name in {"mlflow", "phoenix"}:
        with report.step(f"install {name}"):
            python = peers.install(SYSTEMS[name])
        database = server.create_database(name)
        describe = peers.describe_mlflow if name == "mlflow" else peers.describe_phoenix
        return describe(python, database.owner_url, folder)
    database = server.create_database(name)
    apply_migrations(database.owner_url)
    set_prices(database.owner_url)
    describe_ours = ours.describe_stack if name == "stack" else ours.describe_app
    return describe_ours(read_settings(), load_keys(folder / "keys"), database)


def _measure_speeds(
    systems: Sequence[System], machine: Machine, effort: Effort, report: Reporter
) -> list[Speed]:
    """Load each system in turns, each round on freshly started processes, nothing else running."""
    rounds: dict[tuple[str, Shape], list[Round]] = {
        (system.name, shape): [] for system in systems for shape in effort.bounds()
    }
    for number in range(effort.rounds):
        for system in take_turns(systems, number):
            with report.step(f"round {number + 1}") as step:
                step.detail = system.name
                with run_system(system, machine) as running:
                    for shape, bounds in effort.bounds().items():
                        measure_round(running, shape, effort.warm_up)
                        measured = measure_round(running, shape, bounds)
                        rounds[system.name, shape].append(measured)
    return [summarise(name, shape, taken) for (name, shape), taken in rounds.items()]


def _observe(system: System, machine: Machine, effort: Effort, report: Reporter) -> Conduct:
    """See when spans can be read, what memory is taken, and what is left after a kill."""
    with report.step("memory") as step, run_system(system, machine) as running:
        step.detail = system.name
        measure_round(running, BATCHES, effort.warm_up)
        long_run = measure_long_run(running, BATCHES, effort.long_spans, effort.long_seconds)
    with report.step("promise") as step, run_system(system, machine) as running:
        step.detail = system.name
        measure_round(running, FLUSHES, effort.warm_up)
        visibility = measure_visibility(running, effort.requests)
        bombs = tuple(measure_bomb(running, size) for size in effort.bombs)
        loss = measure_loss(running, FLUSHES.clients, effort.kill_seconds)
    return Conduct(system.name, visibility, long_run, bombs, loss)


if __name__ == "__main__":
    sys.exit(main())
