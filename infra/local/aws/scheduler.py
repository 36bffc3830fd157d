"""Starts the functions that run on a schedule, as EventBridge Scheduler would."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from infra.local.aws.pool import (
    MOST_ENVIRONMENTS,
    FunctionFailedError,
    FunctionTimedOutError,
    Pool,
    create_forks,
)
from infra.local.aws.schedule import Schedule, read_schedule
from infra.local.aws.template import Function

_FIRST_AFTER_S: Final = 5.0
"""A stack is often stopped before an hour is over: each job runs soon after the start, too."""
_ACCOUNT: Final = "123456789012"
_REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True)
class _Ticking:
    function: Function
    schedule: Schedule
    pool: Pool


class Scheduler:
    """Ticks for as long as it is started; ``every_s`` takes the place of all intervals."""

    def __init__(self, jobs: Sequence[Function], *, every_s: float | None = None) -> None:
        """Read the schedules.

        Raises:
            TemplateError: if one is not understood.
        """
        self._every_s = every_s
        self._executor = ThreadPoolExecutor(max(1, len(jobs) * MOST_ENVIRONMENTS))
        self._tasks: list[asyncio.Task[None]] = []
        forks = create_forks()
        self._jobs = [
            _Ticking(each, read_schedule(expression), Pool(each, self._executor, forks))
            for each in jobs
            for expression in each.schedules
        ]

    def start(self) -> None:
        """Begin to tick in the running loop."""
        self._tasks = [asyncio.create_task(self._tick(job)) for job in self._jobs]

    def end(self) -> None:
        """Stop ticking and end the environments."""
        for task in self._tasks:
            task.cancel()
        for job in self._jobs:
            job.pool.end()
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _tick(self, job: _Ticking) -> None:
        await asyncio.sleep(min(_FIRST_AFTER_S, self._every_s or _FIRST_AFTER_S))
        while True:
            await _invoke(job)
            wait = self._every_s or job.schedule.seconds_until_next(datetime.now(UTC))
            await asyncio.sleep(wait)


async def _invoke(job: _Ticking) -> None:
    """Run a job once and write one line about it."""
    started = time.perf_counter()
    try:
        result = json.loads(await job.pool.invoke(make_event(job.function)))
        outcome = result.get("outcome", "answered") if isinstance(result, dict) else "answered"
    except FunctionTimedOutError:
        outcome = f"timed out after {job.function.timeout_s} s"
    except FunctionFailedError:
        outcome = "failed"
    took = (time.perf_counter() - started) * 1000
    sys.stdout.write(f"SCHEDULE {job.function.name} {outcome} {took:.0f} ms\n")


def make_event(function: Function) -> dict[str, Any]:
    """Make the event that EventBridge Scheduler sends where a schedule has no input of its own."""
    schedule = f"arn:aws:scheduler:{_REGION}:{_ACCOUNT}:schedule/default/{function.name}"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": _ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": _REGION,
        "resources": [schedule],
        "detail": "{}",
    }
