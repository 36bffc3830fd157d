"""How a scheduled job becomes a Lambda handler: its run is recorded, bounded in time and told.

The only module that acts as ``llm_operator``, a role without a tenant that may execute the jobs'
functions and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, Final, Protocol

import httpx
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from postgrest.exceptions import APIError

from functions.common.environment import load_settings
from functions.common.logs import logger, write_every_line_so
from llm_observe.supabase.data_api import DataApi
from llm_observe.supabase.refusals import describe_refusal

Handler = Callable[[Any, Any], Any]

_STEP_SECONDS: Final = 22.0
"""A quarter to connect; the database lets ``llm_operator`` run a statement for 15."""
_RECORD_SECONDS: Final = 5.0
"""The time that is left for the record of a run after its last step."""


class JobFailedError(Exception):
    """A run failed; the log and ``job_runs`` say why, without values."""


class _Context(Protocol):
    """The part of a Lambda context that is used."""

    function_name: str

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds that are left."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: ``done``, ``unfinished``, ``failed``, or ``skipped`` for another run."""

    outcome: str
    did: dict[str, int] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run that the database knows, and the time until which it may begin another step."""

    job: str
    run_id: str
    deadline: float
    step_seconds: float = _STEP_SECONDS

    def is_time_up(self) -> bool:
        """Whether a further step might not end before the function does."""
        return time.monotonic() > self.deadline


Work = Callable[[Run], Ending]
"""Does a job's work, step by step, each safe to repeat."""


@cache
def _get_data_api() -> DataApi:
    return DataApi.from_settings(load_settings())


def ask_operator(function: str, arguments: dict[str, Any], seconds: float = _STEP_SECONDS) -> Any:
    """Call one of the jobs' functions in the database.

    Raises:
        httpx.HTTPError: if nobody answers.
        postgrest.exceptions.APIError: if the answer is an error.
    """
    operator = _get_data_api().connect_as("llm_operator", None, timeout=seconds)
    return operator.rpc(function, arguments).execute().data


def run_in_database(run: Run) -> Ending:
    """Call ``run_<job>`` until nothing is left to do or the time is up."""
    while True:
        step = ask_operator(f"run_{run.job}", {"run_id": run.run_id}, run.step_seconds)
        did = step.get("did", {})
        if not step["more"]:
            return Ending(step["outcome"], did)
        if run.is_time_up():
            return Ending("unfinished", did)


def create_job(
    name: str,
    work: Work,
    *,
    every: timedelta,
    measured: Sequence[str] = (),
    step_seconds: float = _STEP_SECONDS,
) -> Handler:
    """Make the Lambda handler of a job; ``every`` is its schedule's interval in template.yaml.

    A step has ``step_seconds``, more than the database lets its statement run.
    Of what a run did, the counts that are ``measured`` are metrics, too, 0 where they are missing.
    A run that fails is recorded, counted and raised, so that Lambda counts it too.

    Raises:
        llm_observe.ConfigurationError: at start, if the settings are wrong.
    """
    load_settings()
    write_every_line_so()

    def handle(_event: Any, context: _Context) -> dict[str, Any]:
        started = time.monotonic()
        margin = step_seconds + _RECORD_SECONDS
        deadline = started + context.get_remaining_time_in_millis() / 1000 - margin
        ending = _run(name, work, every, deadline, step_seconds)
        counts = {count: ending.did.get(count, 0) for count in measured}
        _tell(name, ending, counts, context.function_name, time.monotonic() - started)
        if ending.outcome == "failed":
            raise JobFailedError(f"The job {name} failed: see the log.")
        return {"job": name, "outcome": ending.outcome, "did": ending.did}

    return logger.inject_lambda_context(handle, clear_state=True)


def _run(name: str, work: Work, every: timedelta, deadline: float, step_seconds: float) -> Ending:
    run_id = None
    try:
        schedule = {"job": name, "every_seconds": int(every.total_seconds())}
        run_id = ask_operator("start_job", schedule)["run_id"]
        if run_id is None:
            return Ending("skipped")
        ending = work(Run(name, run_id, deadline, step_seconds))
    except Exception as error:  # noqa: BLE001  # the one guard: a failing run is recorded
        ending = Ending("failed", error=_describe(error))
    if run_id is None or ending.outcome == "lost":
        return ending
    return _record(run_id, ending)


def _record(run_id: str, ending: Ending) -> Ending:
    end = {"run_id": run_id, "outcome": ending.outcome, "error": ending.error}
    try:
        ask_operator("finish_job", end)
    except (APIError, httpx.HTTPError) as error:
        # The next run marks this one as lost.
        return Ending("failed", ending.did, ending.error or _describe(error))
    return ending


def _describe(error: Exception) -> str:
    """Say what happened in a code or a type: an exception's text may quote values."""
    if isinstance(error, APIError):
        return describe_refusal(error.code, error.message)
    return f"{type(error).__name__}."


def _tell(
    name: str, ending: Ending, counts: Mapping[str, int], function_name: str, seconds: float
) -> None:
    """Write a line for people and one for CloudWatch's metrics."""
    log = logger.error if ending.outcome == "failed" else logger.info
    log("job ended", job=name, outcome=ending.outcome, did=ending.did, error=ending.error)
    metrics = EphemeralMetrics(namespace="llm-observe")
    metrics.add_dimension("function_name", function_name)
    metrics.add_metric("jobs_done", MetricUnit.Count, int(ending.outcome == "done"))
    metrics.add_metric("job_seconds", MetricUnit.Seconds, round(seconds, 3))
    for count, amount in counts.items():
        metrics.add_metric(count, MetricUnit.Count, amount)
    metrics.add_metadata("job", name)
    metrics.add_metadata("outcome", ending.outcome)
    metrics.flush_metrics()
