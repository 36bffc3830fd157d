"""How long the caller waits and what is billed, on an emulated Lambda with a real freeze."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import Final

from trials.bench.lambda_runtime.functions import BenchError, count_spans, make_variables
from trials.bench.samples import Difference, compare, p95, take_turns
from trials.lifecycle.applications import Backend
from trials.lifecycle.emulator import Environment, Outcome
from trials.lifecycle.fault_proxy import FaultProxy

_SECONDS: Final = 15.0
BASELINE: Final = "no telemetry"
AFTER_RESPONSE: Final = "after the response"
_WAYS: Final = {
    BASELINE: "none",
    "no telemetry, again": "none",
    AFTER_RESPONSE: "after response",
    "in `finally`": "in finally",
}
"""What is compared, and the function's ``TELEMETRY``; the baseline runs twice to show the noise."""


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one kind of invocation: until the answer, or until the freeze."""

    p50: float
    p95: float
    added: Difference
    """Against the baseline, round by round."""


@dataclass(frozen=True, slots=True)
class Latency:
    """One way for telemetry to leave, with a database of one latency."""

    database_ms: int
    way: str
    invocations: int
    client: Times
    billed: Times


def measure_latencies(
    backend: Backend, databases: Sequence[int], *, invocations: int, warm_up: int
) -> list[Latency]:
    """Invoke each way in turn, ``warm_up`` rounds unmeasured and ``invocations`` measured.

    ``databases`` are the milliseconds by which each request to the database is delayed.

    Raises:
        BenchError: if an invocation fails or a span is missing in the database.
    """
    return [
        latency
        for database_ms in databases
        for latency in _measure_database(backend, database_ms, invocations, warm_up)
    ]


def _measure_database(
    backend: Backend, database_ms: int, invocations: int, warm_up: int
) -> list[Latency]:
    outcomes: dict[str, list[Outcome]] = {way: [] for way in _WAYS}
    with ExitStack() as stack:
        proxy = FaultProxy(backend.data_api, database_ms / 1000)
        stack.callback(proxy.close)
        environments = {
            way: _open_environment(backend, way, database_ms, proxy.url, stack) for way in _WAYS
        }
        for number in range(warm_up + invocations):
            for way in take_turns(list(_WAYS), number):
                outcomes[way].append(environments[way].invoke(b"{}", _SECONDS))
    for way, telemetry in _WAYS.items():
        _require_complete(backend, way, telemetry, database_ms, outcomes[way])
    measured = {way: outcomes[way][warm_up:] for way in _WAYS}
    return [_describe(database_ms, way, measured) for way in _WAYS]


def _open_environment(
    backend: Backend, way: str, database_ms: int, data_api: str, stack: ExitStack
) -> Environment:
    tenant = _name_tenant(way, database_ms)
    variables = make_variables(backend, tenant, data_api) | {
        "OPENAI_BASE_URL": backend.openai,
        "TELEMETRY": _WAYS[way],
    }
    command = backend.artifact.command("chat.handler")
    environment = Environment(command, variables, backend.folder / f"{tenant}.log")
    stack.callback(environment.close)
    return environment


def _name_tenant(way: str, database_ms: int) -> str:
    return f"latency-{list(_WAYS).index(way)}-{database_ms}"


def _require_complete(
    backend: Backend, way: str, telemetry: str, database_ms: int, outcomes: Sequence[Outcome]
) -> None:
    """See that every invocation was answered and left its one span, or none without telemetry."""
    tenant = _name_tenant(way, database_ms)
    log = backend.folder / f"{tenant}.log"
    kinds = {outcome.kind for outcome in outcomes}
    if kinds != {"answered"}:
        raise BenchError(f"Invocations with {way} ended as {sorted(kinds)}; the log is {log}.")
    wanted = 0 if telemetry == "none" else len(outcomes)
    stored = count_spans(backend, tenant)
    if stored != wanted:
        raise BenchError(f"With {way}, {stored} of {wanted} spans were stored; the log is {log}.")


def _describe(database_ms: int, way: str, measured: dict[str, list[Outcome]]) -> Latency:
    own, baseline = measured[way], measured[BASELINE]
    return Latency(
        database_ms=database_ms,
        way=way,
        invocations=len(own),
        client=_summarise([o.client_ms for o in own], [o.client_ms for o in baseline]),
        billed=_summarise([o.billed_ms for o in own], [o.billed_ms for o in baseline]),
    )


def _summarise(own: Sequence[float], baseline: Sequence[float]) -> Times:
    return Times(median(own), p95(own), compare(own, baseline))
