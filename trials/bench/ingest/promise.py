"""What a 200 is worth: when its spans can be read, and whether they survive a kill."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Final

from trials.bench.ingest.load import Client, Shape
from trials.bench.ingest.payloads import TRACE, encode_template, trace_id
from trials.bench.ingest.systems import RunningSystem

_ONE_FLUSH: Final = Shape(spans=len(TRACE), clients=1)
_POLL_SECONDS: Final = 0.005
_LONGEST_WAIT_SECONDS: Final = 30.0
_COMMIT_SECONDS: Final = 10.0
"""After a kill, at most, for Postgres to end the transactions that it was given."""


@dataclass(frozen=True, slots=True)
class Visibility:
    """Of single small requests: which could be read at once, and how long until all could."""

    requests: int
    at_once: int
    p50_ms: float
    longest_ms: float


@dataclass(frozen=True, slots=True)
class Loss:
    """Spans acknowledged before the servers were killed, and which of them are not stored."""

    acknowledged: int
    lost: int


def measure_visibility(running: RunningSystem, requests: int) -> Visibility:
    """Send one request after another and look for its spans by SQL as soon as it got its 200."""
    load = running.make_load(_ONE_FLUSH, requests, 0)
    template, client = encode_template(_ONE_FLUSH.traces), Client(load.url, load.headers)
    waits = []
    for number in load.numbers(0):
        status, _ = client.post(template.fill(number))
        if status == "200":
            waits.append(_wait_for(running, trace_id(number)))
    client.close()
    return Visibility(
        requests=len(waits),
        at_once=sum(wait == 0 for wait in waits),
        p50_ms=median(waits or [0]) * 1000,
        longest_ms=max(waits, default=0) * 1000,
    )


def measure_loss(running: RunningSystem, clients: int, seconds: float) -> Loss:
    """Kill every process of the servers under load, and look for each acknowledged trace.

    Nothing can be asked of the system afterwards.
    """
    load = running.make_load(Shape(len(TRACE), clients), 1_000_000, seconds + 1)
    sending = running.start(load)
    time.sleep(seconds)
    for pid in running.list_pids():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    answers = sending.result()
    running.wait_until_alone(_COMMIT_SECONDS)
    lost = sum(len(TRACE) - running.find(trace_id(number)) for number in answers.milliseconds)
    return Loss(answers.acknowledged, lost)


def _wait_for(running: RunningSystem, trace: str) -> float:
    """Give the seconds until a whole trace was stored, 0 if it was there at the first look."""
    began, looks = time.monotonic(), 0
    while running.find(trace) < len(TRACE) and time.monotonic() < began + _LONGEST_WAIT_SECONDS:
        looks += 1
        time.sleep(_POLL_SECONDS)
    return time.monotonic() - began if looks else 0.0
