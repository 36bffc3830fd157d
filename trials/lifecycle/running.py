"""Lives one cell: a function in its environment, before a database that fails as planned."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from trials.lifecycle.accounts import read_notes, read_rows, read_told, settle
from trials.lifecycle.applications import Application, Backend, make_application
from trials.lifecycle.cells import Cell
from trials.lifecycle.emulator import Environment, Outcome
from trials.lifecycle.fault_proxy import Fault, FaultProxy
from trials.lifecycle.lives import FAULTY_INVOCATIONS, UNANNOUNCED
from trials.lifecycle.results import Result

_SECONDS = 15.0
_FEW_SECONDS = 2.0
_AT_THE_DEADLINE = frozenset({"sleep", "hang", "late", "too late"})


def live(cell: Cell, number: int, backend: Backend) -> Result:
    """Run a cell from its first invocation to its end, and settle its accounts."""
    tenant = f"cell-{number}"
    side_channel, log = (backend.folder / f"{tenant}.{kind}" for kind in ("emitted", "log"))
    data_api = FaultProxy(backend.data_api, cell.database.latency)
    model = FaultProxy(backend.openai)
    application = make_application(cell, tenant, side_channel, backend, data_api.url, model.url)
    environment = Environment(application.command, application.variables, log)
    try:
        outcomes = _invoke_all(cell, environment, application, data_api, model)
        if cell.life.ending == "SIGTERM":
            environment.shut_down()
    finally:
        environment.close()
        data_api.close()
        model.close()
    ends = cell.life.invocations
    rows, gaps = read_rows(backend.owner_url, tenant)
    crashed = {n for n, end in enumerate(ends) if end in UNANNOUNCED}
    notes, told = read_notes(side_channel), read_told(log)
    settlement = settle(notes, rows, told, gaps=gaps, crashed=crashed)
    return Result(cell, settlement, outcomes, application.answer)


def _invoke_all(
    cell: Cell,
    environment: Environment,
    application: Application,
    data_api: FaultProxy,
    model: FaultProxy,
) -> tuple[Outcome, ...]:
    outcomes = []
    for number, end in enumerate(cell.life.invocations):
        if number == cell.database.sound:
            data_api.set_fault(cell.database.fault)
        if number + 1 == len(cell.life.invocations):
            time.sleep(cell.life.pause)
        if cell.life.dropped:
            data_api.drop_connections()
        model.set_fault(Fault.BLACKHOLE if end == "hang" else Fault.NONE)
        payload = application.make_payload(number, end)
        seconds = _FEW_SECONDS if end in _AT_THE_DEADLINE else _SECONDS
        with _striking(environment, application.side_channel, number, struck=end == "struck"):
            outcomes.append(environment.invoke(payload, seconds))
        if cell.life.mended and number + 1 == FAULTY_INVOCATIONS:
            data_api.set_fault(Fault.NONE)
    return tuple(outcomes)


@contextmanager
def _striking(
    environment: Environment, side_channel: Path, number: int, *, struck: bool
) -> Iterator[None]:
    """Kill the process as soon as it has written down that an invocation's work begins."""
    over = Event()

    def strike() -> None:
        while not over.wait(0.001):
            if any(note.invocation == number for note in read_notes(side_channel)):
                environment.strike()
                return

    thread = Thread(target=strike)
    if struck:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if struck:
            thread.join()
