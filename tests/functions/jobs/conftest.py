"""A job's real handler in a process of its own, on the module's Data API and database."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any
from unittest.mock import patch

import pytest

from infra.local.aws.environment import DONE, READY, run_environment
from infra.local.aws.template import Function, read_jobs
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.services import function_environment
from infra.local.settings import REPOSITORY, Settings
from tests.database.support import callers

JOBS = {each.path[-1]: each for each in read_jobs(REPOSITORY / "template.yaml")}
EVENTS = REPOSITORY / "tests" / "functions" / "events"


@dataclass(frozen=True)
class Job:
    """A handler that waits for events."""

    name: str
    connection: Connection

    def begin(self) -> None:
        """Send it the event that EventBridge Scheduler sends."""
        self.connection.send_bytes((EVENTS / f"jobs_{self.name}.json").read_bytes())

    def end(self) -> dict[str, Any] | None:
        """What it answers; None: it raised."""
        assert self.connection.poll(60), "the job did not end"
        result = self.connection.recv_bytes()
        if not result.startswith(DONE):
            return None
        answer: dict[str, Any] = json.loads(result.removeprefix(DONE))
        return answer

    def run(self) -> dict[str, Any] | None:
        """Send it an event and give what it answers; None: it raised."""
        self.begin()
        return self.end()


StartJob = Callable[[str], Job]


@contextmanager
def _start(function: Function, name: str, environment: dict[str, str]) -> Iterator[Job]:
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=run_environment, args=(function, theirs), daemon=True)
    with patch.dict(os.environ, environment, clear=True):
        process.start()
    theirs.close()
    try:
        assert ours.poll(60), "the job did not start"
        assert ours.recv_bytes() == READY
        yield Job(name, ours)
    finally:
        ours.close()
        process.join(5)
        process.kill()


@pytest.fixture(scope="module")
def start_job(settings: Settings, keys: StackKeys, data_api: str) -> Iterator[StartJob]:
    """Starts the process of a job by its name; each ends with the module."""
    environment = {**function_environment(settings, keys, free_port()), "SUPABASE_URL": data_api}
    with ExitStack() as running:
        yield lambda name: running.enter_context(_start(JOBS[name], name, environment))


@pytest.fixture(scope="module")
def owner(database: Any) -> Iterator[callers.Connection]:
    """The owner of everything, each statement committed by itself."""
    with callers.connect_as_owner(database) as connection:
        yield connection


def read_runs(owner: callers.Connection, job: str) -> list[dict[str, Any]]:
    """A job's runs, from the first to the last."""
    query = "select * from public.job_runs where job = %s order by started_at"
    return owner.execute(query, (job,)).fetchall()


def drop_month(owner: callers.Connection) -> set[str]:
    """Take away the partitions of a future month, which are empty; give their names."""
    rows = owner.execute("""
        select to_char(now() at time zone 'UTC' + interval '5 months', 'YYYY_MM') as month""")
    month = rows.fetchall()[0]["month"]
    names = {f"spans_{month}", f"span_contents_{month}"}
    for name in names:
        owner.execute(f"drop table public.{name}".encode())
    return names


def find_partitions(owner: callers.Connection, names: set[str]) -> set[str]:
    """Those of some partitions that are attached to their tables."""
    query = "select inhrelid::regclass::text as name from pg_inherits"
    return {row["name"] for row in owner.execute(query)} & names
