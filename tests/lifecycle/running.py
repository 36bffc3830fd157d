"""Lives one cell: a function in its environment, before a database that fails as planned."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from infra.local.keys import StackKeys
from tests.lifecycle.accounts import Account, settle
from tests.lifecycle.artifact import Artifact
from tests.lifecycle.cells import FAULTY_INVOCATIONS, Cell
from tests.lifecycle.emulator import Environment, Outcome
from tests.lifecycle.fault_proxy import Fault, FaultProxy

_SECONDS = 15.0
_SECONDS_TO_SLEEP = 2.0
_EXPECTED = {"answer": "answered", "sleep": "timeout", "exit": "exit", "raise": "failed"}


@dataclass(frozen=True, slots=True)
class Backend:
    """What all cells share."""

    artifact: Artifact
    keys: StackKeys
    gateway: str
    openai: str
    owner_url: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Result:
    """What a cell showed."""

    cell: Cell
    account: Account
    outcomes: tuple[Outcome, ...]

    @property
    def unaccounted(self) -> int:
        """Spans that the cell's promise does not cover."""
        return self.account.unaccounted(promise_stored=self.cell.life.promise == "stored")

    @property
    def client_ms(self) -> float:
        """Median until the caller had its answer."""
        return median(outcome.client_ms for outcome in self.outcomes)

    @property
    def billed_ms(self) -> float:
        """Median until the freeze."""
        return median(outcome.billed_ms for outcome in self.outcomes)

    def list_faults(self) -> list[str]:
        """What is not as it should be, in words."""
        account, ends = self.account, self.cell.life.invocations
        wanted = [_EXPECTED.get(end, "answered") for end in ends]
        came = [outcome.kind for outcome in self.outcomes]
        no_ledger = self.cell.life.promise == "stored" and account.gaps
        checks = {
            f"{self.unaccounted} spans unaccounted for": self.unaccounted,
            f"{account.duplicates} duplicates": account.duplicates,
            f"{account.unknown} stored spans that were never emitted": account.unknown,
            "nothing was emitted": not account.emitted,
            f"the database's ledger shows {account.gaps} gaps": no_ledger,
            f"the function's own behaviour changed: {came} for {wanted}": came != wanted,
        }
        return [fault for fault, found in checks.items() if found]


def live(cell: Cell, number: int, backend: Backend) -> Result:
    """Run a cell from its first invocation to its end, and settle its accounts."""
    tenant = f"cell-{number}"
    side_channel = backend.folder / f"{tenant}.emitted"
    log = backend.folder / f"{tenant}.log"
    proxy = FaultProxy(backend.gateway, cell.database.latency)
    variables = _make_variables(backend, tenant, proxy.url) | {"SIDE_CHANNEL": str(side_channel)}
    command = backend.artifact.command(cell.handler)
    environment = Environment(command, variables, log)
    try:
        outcomes = _invoke_all(cell, environment, proxy)
        if cell.life.ending == "SIGTERM":
            environment.shut_down()
    finally:
        environment.close()
        # A request whose sender was killed may still be on its way to a commit.
        proxy.wait_until_idle()
        proxy.close()
    crashed = {n for n, end in enumerate(cell.life.invocations) if end == "exit"}
    return Result(cell, settle(side_channel, log, backend.owner_url, tenant, crashed), outcomes)


def _invoke_all(cell: Cell, environment: Environment, proxy: FaultProxy) -> tuple[Outcome, ...]:
    proxy.set_fault(cell.database.fault)
    outcomes = []
    for number, end in enumerate(cell.life.invocations):
        if cell.life.idle:
            proxy.drop_connections()
        seconds = _SECONDS_TO_SLEEP if end == "sleep" else _SECONDS
        event = {"invocation": number, "work": cell.work, "end": end}
        outcomes.append(environment.invoke(event, seconds))
        if cell.life.mended and number + 1 == FAULTY_INVOCATIONS:
            proxy.set_fault(Fault.NONE)
    return tuple(outcomes)


def _make_variables(backend: Backend, tenant: str, gateway: str) -> dict[str, str]:
    return backend.artifact.variables() | {
        "LLM_OBSERVE_TENANT": tenant,
        "SUPABASE_URL": gateway,
        "SUPABASE_PUBLISHABLE_KEY": backend.keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(backend.keys.signing_key),
        "LLM_OBSERVE_DIGEST_KEY": backend.keys.master_secret,
        "OPENAI_API_KEY": "offline",
        "OPENAI_BASE_URL": backend.openai,
        "LLM_OBSERVE_STREAM_USAGE": "always",
    }
