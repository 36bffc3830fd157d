"""A system under test: what it runs, where it takes spans, and how SQL counts what it stored."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, LiteralString

import psycopg

from infra.local.children import Child, Leashes, RunningChild
from trials.bench.ingest.load import Answers, Load, Shape, send
from trials.bench.ingest.processes import list_tree, read_cpu, read_rss

DATABASE: Final = "Postgres"
"""The part of a system's cost that is Postgres with all its backends."""
_ONE_BACKEND: Final = "-c max_parallel_workers_per_gather=0"
"""So that what our own questions cost is in one process, which is left out."""

_OTHERS: Final = (
    "select count(*) from pg_stat_activity "
    "where datname = current_database() and pid <> pg_backend_pid()"
)
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class System:
    """How one system is set up; nothing runs yet."""

    name: str
    children: tuple[Child, ...]
    """Started in this order, each when the one before is ready."""
    url: str
    """Of its OTLP endpoint for traces."""
    headers: Mapping[str, str]
    database_url: str = field(repr=False)
    count: LiteralString
    """SQL that counts the spans stored."""
    find: LiteralString
    """SQL that counts the spans stored of ``%(trace)s``, a hexadecimal trace id."""


@dataclass(slots=True)
class Machine:
    """What the systems of a run share: Postgres, the generator, and the numbers of requests."""

    leashes: Leashes
    postgres: int
    """The server's process id."""
    generator: ProcessPoolExecutor
    next_number: int = 1

    def take_numbers(self, count: int) -> int:
        """Give the first of so many numbers that no request has had."""
        first, self.next_number = self.next_number, self.next_number + count
        return first


class RunningSystem:
    """A started system, with a connection of our own to its database."""

    def __init__(
        self,
        system: System,
        children: Mapping[str, RunningChild],
        machine: Machine,
        connection: psycopg.Connection,
    ) -> None:
        self.system = system
        self._children = children
        self._machine = machine
        self._connection = connection

    def make_load(self, shape: Shape, requests: int, seconds: float) -> Load:
        """Describe a load with ids that were never sent in this run."""
        first = self._machine.take_numbers(requests)
        return Load(self.system.url, self.system.headers, shape, first, requests, seconds)

    def start(self, load: Load) -> Future[Answers]:
        """Begin a load in the generator's process."""
        return self._machine.generator.submit(send, load)

    def count(self) -> int:
        """Count the spans that are stored."""
        return self._ask(self.system.count)

    def find(self, trace: str) -> int:
        """Count the spans of a trace that are stored."""
        return self._ask(self.system.find, {"trace": trace})

    def wait_until_alone(self, seconds: float) -> None:
        """Return when nobody else is connected to the database, or after so many seconds."""
        deadline = time.monotonic() + seconds
        while self._ask(_OTHERS) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)

    def read_cpu(self) -> dict[str, float]:
        """Read the seconds of processor time so far, by part; our own backend is left out."""
        own = self._connection.info.backend_pid
        times = {name: read_cpu([child.pid]) for name, child in self._children.items()}
        return times | {DATABASE: read_cpu([self._machine.postgres], without=[own])}

    def read_rss(self) -> int:
        """Read the bytes that the servers have resident, Postgres apart."""
        return read_rss(child.pid for child in self._children.values())

    def list_pids(self) -> set[int]:
        """List every process of the servers, Postgres apart."""
        return set[int]().union(*(list_tree(child.pid) for child in self._children.values()))

    def _ask(self, query: LiteralString, parameters: Mapping[str, str] | None = None) -> int:
        row = self._connection.execute(query, parameters).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def run_system(system: System, machine: Machine) -> Iterator[RunningSystem]:
    """Start a system and stop it after the block.

    Raises:
        ChildError: if a process does not start; the message ends with its log.
    """
    running: dict[str, RunningChild] = {}
    try:
        for child in system.children:
            running[child.name] = machine.leashes.start(child)
            running[child.name].wait_until_ready()
        with psycopg.connect(
            system.database_url, autocommit=True, options=_ONE_BACKEND
        ) as connection:
            yield RunningSystem(system, running, machine, connection)
    finally:
        for started in reversed(running.values()):
            started.stop()
