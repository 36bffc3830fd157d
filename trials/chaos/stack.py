"""What the campaign is led against: Postgres, Data API and API, each to be hurt and healed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Final

from infra.local.bootstrap import bootstrap_server
from infra.local.children import Child, Leashes, RunningChild
from infra.local.keys import load_keys
from infra.local.ports import free_port
from infra.local.postgres import open_cluster, remove_cluster
from infra.local.services import api_child, data_api_child, local_url
from infra.local.settings import read_settings
from infra.local.throwaway import TEMPLATE, ThrowawayServer
from trials.chaos.processes import list_environments
from trials.chaos.schedule import Fault
from trials.lifecycle.fault_proxy import Fault as Trouble
from trials.lifecycle.fault_proxy import FaultProxy

_TROUBLES: Final = {
    "reset before the request arrives": Trouble.RESET,
    "cut after commit": Trouble.CUT,
    "503": Trouble.UNAVAILABLE,
    "429": Trouble.LIMITED,
    "black hole": Trouble.BLACKHOLE,
    "down": Trouble.DOWN,
}
_LATENCY: Final = 0.4
"""Seconds that each request takes longer."""


class Stack:
    """The running stack; ``owner_url`` leads to its database, ``endpoint`` to its door."""

    def __init__(self, leashes: Leashes, owner_url: str, children: dict[str, Child]) -> None:
        self.owner_url = owner_url
        self._leashes, self._lock = leashes, Lock()
        self._running: dict[str, RunningChild] = {}
        self._children = children
        self.proxies: dict[str, FaultProxy] = {}

    @property
    def endpoint(self) -> str:
        """Where exporters send, through the front proxy."""
        return f"{self.proxies['front'].url}/v1/traces"

    def start(self, name: str) -> None:
        """Start a process, again if it ended, and wait until it answers."""
        running = self._leashes.start(self._children[name])
        self._running[name] = running
        running.wait_until_ready()

    def stop(self) -> None:
        """Let the proxies hand on what they hold, then end the processes."""
        for proxy in self.proxies.values():
            proxy.close()
        for name in ("api", "data_api", "postgres"):
            if name in self._running:
                self._running[name].stop()

    def stop_api(self) -> None:
        """End what writes, so that nothing arrives while the books are read."""
        for proxy in self.proxies.values():
            proxy.close()
        self._running["api"].stop()

    def suffer(self, fault: Fault) -> None:
        """Do what a fault is about, and heal it after its time."""
        if fault.way:
            self._break_network(fault)
        elif fault.name == "restart postgres":
            # Immediate shutdown: no checkpoint, no goodbye; the next start recovers from the WAL.
            self._restart("postgres", signal.SIGQUIT, fault.seconds)
        elif fault.name == "kill data_api":
            self._restart("data_api", signal.SIGKILL, fault.seconds)
        elif fault.name == "stop data_api":
            self._freeze(self._running["data_api"].pid, fault.seconds)
        else:
            self._hurt_function(fault)

    def _break_network(self, fault: Fault) -> None:
        proxy = self.proxies[fault.way]
        if fault.name == "latency":
            proxy.latency = _LATENCY
        else:
            proxy.set_fault(_TROUBLES[fault.name])
        time.sleep(fault.seconds)
        proxy.latency = 0.0
        proxy.set_fault(Trouble.NONE)

    def _restart(self, name: str, number: signal.Signals, seconds: float) -> None:
        running = self._running[name]
        os.kill(running.pid, number)
        running.process.wait()
        time.sleep(seconds)
        self.start(name)

    def _hurt_function(self, fault: Fault) -> None:
        environments = list_environments(self._running["api"].pid)
        if not environments:
            return
        pid = int(environments[int(fault.pick * len(environments))].name)
        if fault.name == "stop function":
            self._freeze(pid, fault.seconds)
        else:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _freeze(self, pid: int, seconds: float) -> None:
        """Stand a process still; whoever waits for it may kill it in the meantime."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(pid, signal.SIGCONT)


@contextmanager
def run_stack(folder: Path) -> Iterator[Stack]:
    """Keep the stack for the block; its data is gone afterwards."""
    ports = replace(read_settings(), state_dir=folder / "postgres", database_url=None)
    settings = replace(ports, api_port=free_port(), data_api_port=free_port())
    keys = load_keys(folder / "keys")
    leashes = Leashes(folder / "children")
    with ExitStack() as stack:
        stack.callback(remove_cluster, settings.state_dir)
        stack.callback(leashes.close)
        # Durable: a commit that an immediate shutdown may undo would prove nothing.
        cluster = open_cluster(settings, durable=True)
        server = ThrowawayServer(cluster)
        children = {"postgres": cluster.child()}
        running = Stack(leashes, "", children)
        stack.callback(running.stop)
        running.start("postgres")
        bootstrap_server(cluster.superuser_url, cluster.passwords)
        server.create_template()
        database = server.create_database("chaos", template=TEMPLATE)
        running.owner_url = database.owner_url
        dsn, port = database.authenticator_url, settings.data_api_port
        children["data_api"] = data_api_child(settings, keys, dsn, port)
        running.start("data_api")
        running.proxies["back"] = back = FaultProxy(local_url(port))
        behind = replace(settings, data_api_port=int(back.url.rpartition(":")[2]))
        children["api"] = api_child(behind, keys, free_port())
        running.start("api")
        running.proxies["front"] = FaultProxy(local_url(settings.api_port))
        yield running
