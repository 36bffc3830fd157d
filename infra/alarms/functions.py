"""The alarms of each function: errors, throttles, duration, and of a job the runs it lacks.

A function joins by standing in template.yaml. A job raises where it fails, so that its errors are
its failing runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from infra.alarms.alarm import Alarm
from infra.local.aws.schedule import read_schedule
from infra.local.aws.template import Function

EACH: Final = "EachFunction"
"""The condition that functions have alarms of their own; jobs have them always."""
_NEAR: Final = 0.9
"""The share of its timeout at which a function is near it: a read ends at 8 s of its 10 s."""
_NEAR_OF_JOB: Final = 0.99
"""A job works until its last step may end before its 300 s, with 5 s left."""
_HOUR: Final = 3600
_DAY: Final = 86_400
_VERIFICATION: Final = "verification"
"""The job that compares sums with spans."""


def list_function_alarms(functions: Sequence[Function]) -> Iterator[tuple[str, Alarm]]:
    """List every function's alarms, each with its logical name."""
    for function in functions:
        yield f"{function.name}Errors", _watch_errors(function)
        yield f"{function.name}Throttles", _watch_throttles(function)
        yield f"{function.name}Duration", _watch_duration(function)
        if function.schedules:
            yield f"{function.name}Missing", _watch_schedule(function)
        if function.path[-1:] == (_VERIFICATION,):
            yield f"{function.name}Drift", _watch_sums(function)


def name_condition(function: Function) -> str | None:
    """Give the condition of a function's alarms; None where they are always there."""
    if function.schedules:
        return None
    return f"Each{function.name}" if function.condition else EACH


def _watch_errors(function: Function) -> Alarm:
    if function.schedules:
        section, happened = "Job fails", f"A run of {function.name} failed."
    else:
        section = "Function errors"
        happened = f"{function.name} ended without an answer: it raised, or was killed."
    return _watch(function, section, happened, "Errors")


def _watch_throttles(function: Function) -> Alarm:
    happened = f"Lambda did not run {function.name}: too many functions were running."
    return _watch(function, "Function throttled", happened, "Throttles")


def _watch_duration(function: Function) -> Alarm:
    share = _NEAR_OF_JOB if function.schedules else _NEAR
    happened = f"{function.name} took {share:.0%} of its {function.timeout_s} s or more."
    section = "Function near its timeout"
    threshold = round(share * function.timeout_s * 1000)
    return _watch(function, section, happened, "Duration", "Maximum", threshold)


def _watch(
    function: Function,
    section: str,
    happened: str,
    metric: str,
    statistic: str = "Sum",
    threshold: float = 1,
) -> Alarm:
    return Alarm(
        section=section,
        happened=happened,
        subject=_name(function),
        namespace="AWS/Lambda",
        metric=metric,
        dimensions={"FunctionName": {"Ref": function.name}},
        statistic=statistic,
        threshold=threshold,
        condition=name_condition(function),
    )


def _watch_schedule(function: Function) -> Alarm:
    """Watch that runs are done; a day's may be missing, two hours' or those within one hour."""
    every = int(read_schedule(function.schedules[0]).every.total_seconds())
    periods = _HOUR // every if every < _HOUR else 2 if every >= _DAY else 3
    hours = periods * every // _HOUR
    return Alarm(
        section="Job is missing",
        happened=f"No run of {function.name} was done for {hours} hour{'s'[: hours > 1]}.",
        subject=_name(function),
        namespace="llm-observe",
        metric="jobs_done",
        dimensions={"function_name": {"Ref": function.name}},
        seconds=every,
        periods=periods,
        missing_is_bad=True,
    )


def _watch_sums(function: Function) -> Alarm:
    return Alarm(
        section="Sums drift",
        happened="Roll-ups were not the sums of their spans in some hours, which are folded anew.",
        subject=_name(function),
        namespace="llm-observe",
        metric="drifted_hours",
        dimensions={"function_name": {"Ref": function.name}},
    )


def _name(function: Function) -> str:
    return f"${{Stack}}-{function.name}"
