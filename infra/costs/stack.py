"""The parts of the deployment that cost something by themselves, counted in the templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from infra.costs.assumptions import assume
from infra.local.aws.template import Function, read_all_functions
from infra.local.settings import REPOSITORY

_TEMPLATE: Final = REPOSITORY / "template.yaml"
_ALARMS: Final = REPOSITORY / "infra" / "deploy" / "alarms.yaml"
_OF_QUEUE: Final = ("Queued", "SpanWriter")
_OF_FUNCTIONS: Final = "Each"
_DOOR: Final = "POST /v1/traces"
_HOURS_A_MONTH: Final = 730
_METRICS_A_JOB: Final = 2
"""``jobs_done`` and ``job_seconds`` (functions/common/job.py)."""
_METRICS_OF_VERIFICATION: Final = 1
"""``drifted_hours`` (functions/jobs/verification)."""
_SECRETS: Final = 3
"""Signing key, digest key, key pepper; a fourth is OpenAI's, for the demos alone."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The memory of functions in MB, and counts."""

    door_mb: int
    writer_mb: int
    reader_mb: int
    job_mb: int
    job_runs: int
    """A month."""
    rare_job_runs: int
    """Those of them that come so seldom that the environment of the last one is gone."""
    secrets: int
    custom_metrics: Mapping[bool, int]
    """Without and with the queue, whose alone are those made of log lines."""
    alarm_metrics: Mapping[bool, int]
    """Metrics that alarms watch, without and with the queue."""
    function_alarm_metrics: int
    """Those of them that ``FunctionAlarms=false`` takes away."""


def read_stack() -> Stack:
    """Count them."""
    functions = read_all_functions(_TEMPLATE)
    jobs = [function for function in functions if function.schedules]
    resources = yaml.safe_load(_ALARMS.read_text(encoding="utf-8"))["Resources"].values()
    alarms = [resource for resource in resources if _is_there(resource, queued=True)]
    return Stack(
        door_mb=next(f.memory_mb for f in functions if _DOOR in map(str, f.routes)),
        writer_mb=next(f.memory_mb for f in functions if f.takes_messages),
        reader_mb=next(f.memory_mb for f in functions if "GET /traces" in map(str, f.routes)),
        job_mb=max(job.memory_mb for job in jobs),
        job_runs=sum(_count_runs(job) for job in jobs),
        rare_job_runs=sum(_count_runs(job) for job in jobs if _comes_cold(job)),
        secrets=_SECRETS,
        custom_metrics={
            queued: _METRICS_A_JOB * len(jobs)
            + _METRICS_OF_VERIFICATION
            + (len(_name_filtered(resources)) if queued else 0)
            for queued in (False, True)
        },
        alarm_metrics={
            queued: sum(
                _count_metrics(alarm) for alarm in alarms if _is_there(alarm, queued=queued)
            )
            for queued in (False, True)
        },
        function_alarm_metrics=sum(
            _count_metrics(alarm)
            for alarm in alarms
            if str(alarm.get("Condition", "")).startswith(_OF_FUNCTIONS)
            and _is_there(alarm, queued=False)
        ),
    )


def _count_runs(job: Function) -> int:
    """Count a month's runs; the template knows hours and days."""
    per_month = 0
    for schedule in job.schedules:
        match schedule.partition("(")[2].rstrip(")").split():
            case [number, "hour" | "hours"]:
                per_month += _HOURS_A_MONTH // int(number)
            case [number, "minute" | "minutes"]:
                per_month += _HOURS_A_MONTH * 60 // int(number)
            case [minute, hour, *_] if minute.isdecimal() and hour.isdecimal():
                per_month += _HOURS_A_MONTH // 24
            case _:
                raise ValueError(f"How often is {schedule}?")
    return per_month


def _comes_cold(job: Function) -> bool:
    return _count_runs(job) < _HOURS_A_MONTH * 60 / assume("warm_minutes")


def _is_there(alarm: Mapping[str, Any], *, queued: bool) -> bool:
    """Whether a deployment with the template's defaults has it: without the demos."""
    condition = str(alarm.get("Condition", ""))
    if alarm["Type"] != "AWS::CloudWatch::Alarm" or "Demo" in condition:
        return False
    return queued or not any(word in condition for word in _OF_QUEUE)


def _name_filtered(resources: Iterable[Mapping[str, Any]]) -> set[str]:
    """Name the metrics that are made of lines of a log."""
    return {
        str(metric["MetricName"])
        for resource in resources
        if resource["Type"] == "AWS::Logs::MetricFilter"
        for metric in resource["Properties"]["MetricTransformations"]
    }


def _count_metrics(alarm: Mapping[str, Any]) -> int:
    """Count what it watches: an expression over metrics costs as much as these."""
    metrics = alarm["Properties"].get("Metrics")
    return sum("MetricStat" in metric for metric in metrics) if metrics else 1
