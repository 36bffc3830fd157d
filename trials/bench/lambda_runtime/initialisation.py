"""What processor time a function's start takes, against the least that an endpoint can be."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from infra.local.aws.template import Function, read_functions
from trials.bench.lambda_runtime.functions import OWN_FUNCTIONS, BenchError, make_variables
from trials.bench.samples import p95, take_turns
from trials.lifecycle.applications import Backend

_TEMPLATE: Final = Path(__file__).parents[3] / "template.yaml"
BASELINE: Final = "bare FastAPI + Mangum"
AGAIN: Final = "bare FastAPI + Mangum, again"
_BARE_HANDLER: Final = "bare_api.handler"
_IMPORT: Final = """
import importlib, sys, time
module, _, name = sys.argv[1].rpartition(".")
before = time.process_time()
getattr(importlib.import_module(module), name)
print((time.process_time() - before) * 1000)
"""


@dataclass(frozen=True, slots=True)
class Start:
    """Milliseconds of processor time to import a handler in a fresh process."""

    name: str
    reads: bool
    """Whether it answers GET, and so has a target."""
    runs: int
    p50: float
    p95: float
    ratio: float
    """Of its median to the baseline's."""


def measure_starts(backend: Backend, *, runs: int, warm_up: int) -> list[Start]:
    """Import each function of the template and the baseline in turn, each time in a new process.

    Raises:
        BenchError: if a handler cannot be imported.
    """
    functions = {function.name: function for function in read_functions(_TEMPLATE)}
    measured: dict[str, list[float]] = {name: [] for name in (BASELINE, AGAIN, *functions)}
    for number in range(warm_up + runs):
        for name in take_turns(list(measured), number):
            measured[name].append(_import(backend, functions.get(name)))
    measured = {name: values[warm_up:] for name, values in measured.items()}
    baseline = median(measured[BASELINE])
    reading = {
        name for name, f in functions.items() if {route.method for route in f.routes} == {"GET"}
    }
    return [
        Start(name, name in reading, runs, median(own), p95(own), median(own) / baseline)
        for name, own in measured.items()
    ]


def _import(backend: Backend, function: Function | None) -> float:
    """Import a function's handler, or the baseline's."""
    handler = function.handler if function else _BARE_HANDLER
    folder = backend.artifact.built / function.name if function else OWN_FUNCTIONS
    done = subprocess.run(
        # Nothing but the artifact and the standard library can be imported.
        [backend.artifact.python, "-S", "-P", "-c", _IMPORT, handler],
        env=make_variables(backend, "start", backend.data_api, folder),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BenchError(f"{handler} cannot be imported:\n{done.stderr}")
    return float(done.stdout)
