"""What a traced call costs in processor time, all in, against the official instrumentation."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx

from trials.bench.lambda_runtime.functions import (
    OWN_FUNCTIONS,
    BenchError,
    count_spans,
    make_variables,
)
from trials.bench.samples import Difference, compare, p95, take_turns
from trials.lifecycle.applications import Backend

_TENANT: Final = "call-cost"
_OURS: Final = "ours"
_CALLS: Final = OWN_FUNCTIONS / "calls.py"
_MESSAGES: Final = [
    {
        "role": "system",
        "content": "You answer customers of a shop for outdoor equipment. Be brief and polite. "
        "Ask when an order's number is missing. Never promise a date of delivery.",
    },
    {
        "role": "user",
        "content": "Hello, my tent arrived with a broken pole yesterday. The order is 48-2211. "
        "Can you send me another pole, or do I have to send all of it back?",
    },
]


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of telemetry, and after how many calls it is sent."""

    name: str
    telemetry: str
    per_invocation: int

    @property
    def is_ours(self) -> bool:
        """Whether it has a target."""
        return self.telemetry == _OURS


BASELINE: Final = Subject("no telemetry", "none", 1)
AGAIN: Final = Subject("no telemetry, again", "none", 1)
OFFICIAL: Final = Subject("official instrumentation", "official", 1)


@dataclass(frozen=True, slots=True)
class CallCost:
    """Microseconds of processor time per call."""

    subject: Subject
    stream: bool
    rounds: int
    calls: int
    """In each round."""
    p50: float
    p95: float
    over_baseline: Difference
    over_official: Difference


def measure_call_costs(
    backend: Backend, per_invocation: Sequence[int], *, rounds: int, warm_up: int
) -> list[CallCost]:
    """Let each subject call in turn, in each round as often as the longest invocation does.

    ``per_invocation`` are the numbers of calls after which telemetry is sent; each divides the
    last of them.

    Raises:
        BenchError: if a process breaks or a span is missing in the database.
    """
    calls = per_invocation[-1]
    ours = [Subject(f"llm_observe, sent every {n}", _OURS, n) for n in per_invocation]
    subjects = (BASELINE, AGAIN, OFFICIAL, *ours)
    measured: dict[tuple[Subject, bool], list[float]] = {
        (subject, stream): [] for stream in (False, True) for subject in subjects
    }
    with ExitStack() as stack:
        answers = _record_answers(backend)
        processes = {
            name: stack.enter_context(_start(backend, telemetry, answers, _name_log(backend, name)))
            for name, telemetry in _list_processes(subjects).items()
        }
        for number in range(warm_up + rounds):
            for subject, stream in take_turns(list(measured), number):
                name = _name_process(subject)
                order = {"calls": calls, "stream": stream, "per_invocation": subject.per_invocation}
                cost = _ask(processes[name], order, _name_log(backend, name))
                measured[subject, stream].append(cost)
    wanted = 2 * len(ours) * (warm_up + rounds) * calls
    stored = count_spans(backend, _TENANT)
    if stored != wanted:
        raise BenchError(f"{stored} of {wanted} spans were stored.")
    values = {key: own[warm_up:] for key, own in measured.items()}
    return [_describe(values, *key, calls) for key in values]


def _list_processes(subjects: Sequence[Subject]) -> dict[str, str]:
    """One process for each telemetry, and one more for the baseline again."""
    return {_name_process(subject): subject.telemetry for subject in subjects}


def _name_process(subject: Subject) -> str:
    return "again" if subject is AGAIN else subject.telemetry


def _name_log(backend: Backend, process: str) -> Path:
    return backend.folder / f"calls-{process}.log"


@contextmanager
def _start(
    backend: Backend, telemetry: str, answers: Path, log: Path
) -> Iterator[subprocess.Popen[str]]:
    variables = make_variables(backend, _TENANT, backend.data_api)
    with log.open("w") as errors:
        process = subprocess.Popen(
            [backend.artifact.python, "-S", "-P", _CALLS, telemetry, answers],
            env=variables | {"MESSAGES": json.dumps(_MESSAGES)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    # Leaving ends its input, and with it the process.
    with process:
        yield process


def _ask(process: subprocess.Popen[str], order: Mapping[str, Any], log: Path) -> float:
    answer = ""
    if process.stdin is not None and process.stdout is not None:
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
    if not answer:
        raise BenchError(f"A process that calls the model broke; its log is {log}.")
    return float(answer)


def _record_answers(backend: Backend) -> Path:
    """Ask the offline model once each way, and keep what it says for all processes."""
    streamed: dict[str, Any] = {"stream": True}
    with_usage = streamed | {"stream_options": {"include_usage": True}}
    orders: dict[str, dict[str, Any]] = {
        "whole": {},
        "stream": streamed,
        "stream with usage": with_usage,
    }
    path = backend.folder / "answers.json"
    answers = {name: _call(backend.openai, order) for name, order in orders.items()}
    path.write_text(json.dumps(answers))
    return path


def _call(openai: str, order: Mapping[str, Any]) -> str:
    body = {"model": "gpt-4o-mini", "messages": _MESSAGES, **order}
    headers = {"Authorization": "Bearer offline"}
    answer = httpx.post(f"{openai}/chat/completions", json=body, headers=headers, trust_env=False)
    return answer.raise_for_status().text


def _describe(
    values: Mapping[tuple[Subject, bool], list[float]], subject: Subject, stream: bool, calls: int
) -> CallCost:
    own = values[subject, stream]
    return CallCost(
        subject=subject,
        stream=stream,
        rounds=len(own),
        calls=calls,
        p50=median(own),
        p95=p95(own),
        over_baseline=compare(own, values[BASELINE, stream]),
        over_official=compare(own, values[OFFICIAL, stream]),
    )
