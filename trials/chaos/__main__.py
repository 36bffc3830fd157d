"""``make chaos``: exporters send numbered spans while all that can fail fails; nothing is lost.

In the style of Jepsen (https://jepsen.io): afterwards what was acknowledged is stored, what is
stored was sent, once, and the sums agree. A control, whose door answers before it stores, must be
seen to lose.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from threading import Event
from typing import Final

from infra.local.children import Child, Leashes, RunningChild
from infra.local.settings import REPOSITORY, read_settings
from trials.chaos.accounts import Journal, Stored, Verdict, read_journal, read_stored, settle
from trials.chaos.eager_door import EagerDoor
from trials.chaos.schedule import Fault, plan_network, plan_processes
from trials.chaos.stack import Stack, run_stack

CLIENTS: Final = (("chaos-a", "c1"), ("chaos-a", "c2"), ("chaos-b", "c1"), ("chaos-b", "c2"))
CONTROL: Final = ("chaos-control", "c1")
_LAST_SECONDS: Final = 120.0
"""For what waits to be sent after all is healed."""


@dataclass(frozen=True, slots=True)
class Client:
    """A running exporter and whose spans it sends."""

    tenant: str
    name: str
    running: RunningChild

    def read_journal(self) -> Journal:
        """Read what it wrote down so far."""
        lines = self.running.log.read_text(errors="replace").splitlines()
        return read_journal(self.tenant, self.name, lines)


def main() -> int:
    """Run the campaign; 1 if anything is not as promised, or if nothing was shown."""
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--seconds", type=float, default=600, help="of faults")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the schedule")
    arguments = parser.parse_args()
    sys.stdout.write(f"seed {arguments.seed}\n")
    folder = Path(mkdtemp(prefix="llm-observe-chaos-"))
    tracks = [plan(arguments.seed, arguments.seconds) for plan in (plan_network, plan_processes)]
    with run_stack(folder) as stack:
        journals, stored = lead_campaign(stack, folder, arguments.seed, tracks)
    return tell(folder, journals, stored, sum(map(len, tracks)))


def lead_campaign(
    stack: Stack, folder: Path, seed: int, tracks: Sequence[Sequence[Fault]]
) -> tuple[list[Journal], Stored]:
    """Let clients send while the faults happen; give their journals, the control's last."""
    door, leashes = EagerDoor(stack.endpoint), Leashes(folder / "clients")
    sources = [*((stack.endpoint, *client) for client in CLIENTS), (door.url, *CONTROL)]
    clients = [
        Client(tenant, name, leashes.start(describe_client(endpoint, tenant, name, seed)))
        for endpoint, tenant, name in sources
    ]
    try:
        run_tracks(stack, clients, tracks)
        end(clients)
        door.close()
    finally:
        leashes.close()
    stack.stop_api()
    return [client.read_journal() for client in clients], read_stored(stack.owner_url)


def describe_client(endpoint: str, tenant: str, name: str, seed: int) -> Child:
    """Give the process of an exporter."""
    arguments = {"endpoint": endpoint, "tenant": tenant, "name": name, "seed": str(seed)}
    flags = [word for key, value in arguments.items() for word in (f"--{key}", value)]
    return Child(
        name=f"{tenant}-{name}",
        argv=(sys.executable, "-m", "trials.chaos.client", *flags),
        health="",
        environment=dict(read_settings().environment),
        directory=REPOSITORY,
    )


def run_tracks(stack: Stack, clients: Sequence[Client], tracks: Sequence[Sequence[Fault]]) -> None:
    """Let each track's faults happen at their times; both at once, as in life."""
    while not all(client.read_journal().acked for client in clients):
        time.sleep(0.1)
    started, stopped = time.monotonic(), Event()

    def run(track: Sequence[Fault]) -> None:
        for fault in track:
            if stopped.wait(max(0.0, started + fault.at - time.monotonic())):
                return
            acked = sum(len(client.read_journal().acked) for client in clients[:-1])
            sys.stdout.write(f"{fault}; acked so far: {acked}\n")
            sys.stdout.flush()
            stack.suffer(fault)

    with ThreadPoolExecutor(len(tracks)) as pool:
        futures = [pool.submit(run, track) for track in tracks]
        try:
            for future in futures:
                future.result()
        finally:
            stopped.set()


def end(clients: Sequence[Client]) -> None:
    """Ask the clients to send what waits, and wait for that."""
    for client in clients:
        client.running.ask_to_stop()
    deadline = time.monotonic() + _LAST_SECONDS
    for client in clients:
        client.running.process.wait(max(0.0, deadline - time.monotonic()))


def tell(folder: Path, journals: Sequence[Journal], stored: Stored, faults: int) -> int:
    """Write what was found, the summary last; 1 if anything is wrong."""
    control = f"{CONTROL[0]}/"
    verdict = settle(
        journals[:-1],
        Stored([row for row in stored.spans if not row[1].startswith(control)], stored.wrong_sums),
    )
    lost = settle(
        journals[-1:], Stored([row for row in stored.spans if row[1].startswith(control)], 0)
    ).lost
    answers = sum((journal.answers for journal in journals[:-1]), Counter[int]())
    told = ", ".join(f"{count} x {status}" for status, count in sorted(answers.items()))
    lines = [
        f"answers: {told}",
        f"control, which answers before it stores: {lost} lost, as must be",
    ]
    failed = not verdict.sound or not lost or not all(journal.ended for journal in journals)
    if not lost:
        lines.append("FAULT: the control lost nothing, so nothing here is proven")
    if failed:
        lines.append(f"FAULT: {verdict}. The logs are in {folder}.")
    else:
        shutil.rmtree(folder)
    sys.stdout.write("\n".join([*lines, summarise(verdict, faults)]) + "\n")
    return int(failed)


def summarise(verdict: Verdict, faults: int) -> str:
    """Give the line that says it all."""
    return (
        f"acked: {verdict.acked}, stored: {verdict.stored}, sent: {verdict.sent}, "
        f"lost: {verdict.lost}, duplicates: {verdict.duplicates}, "
        f"wrong sums: {verdict.wrong_sums}, foreign: {verdict.foreign}, faults: {faults}"
    )


if __name__ == "__main__":
    sys.exit(main())
