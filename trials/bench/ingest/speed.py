"""How fast spans are stored, what that costs, and whether all that was acknowledged is there."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from trials.bench.ingest.load import Load, Shape
from trials.bench.ingest.systems import RunningSystem
from trials.bench.samples import p95

_POLL_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True)
class Bounds:
    """When a load ends: whichever comes first; and how long a queue may then take to drain."""

    spans: int
    seconds: float
    settle_seconds: float

    def count_requests(self, shape: Shape) -> int:
        """Give the requests that carry the spans, at least one for each client."""
        return max(shape.clients, self.spans // shape.spans)


@dataclass(frozen=True, slots=True)
class Round:
    """One load on one system, until everything acknowledged was stored or time was over."""

    acknowledged: int
    stored: int
    seconds: float
    """From the first request until the last span was seen in the database."""
    cpu: Mapping[str, float]
    """Seconds of processor time, by part."""
    milliseconds: Sequence[float]
    """Of each acknowledged request."""
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Speed:
    """The medians of a system's rounds in one shape; counts are of all rounds."""

    system: str
    shape: Shape
    rate: float
    """Spans stored a second."""
    cpu: Mapping[str, float]
    """Milliseconds of processor time a span, by part."""
    p50: float
    p95: float
    """Milliseconds of an acknowledged request."""
    acknowledged: int
    stored: int
    refused: int

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of processor time a span, server and database."""
        return sum(self.cpu.values())


def measure_round(running: RunningSystem, shape: Shape, bounds: Bounds) -> Round:
    """Load a system once."""
    load = running.make_load(shape, bounds.count_requests(shape), bounds.seconds)
    return measure_load(running, load, bounds.settle_seconds)


def measure_load(running: RunningSystem, load: Load, settle_seconds: float) -> Round:
    """Send a load and follow it into the database."""
    stored, spent = running.count(), running.read_cpu()
    answers = running.start(load).result()
    deadline = time.monotonic() + settle_seconds
    while True:
        # Before counting, so that looking costs what was all there nothing.
        now, cpu = time.monotonic(), running.read_cpu()
        new = running.count() - stored
        if new >= answers.acknowledged or now > deadline:
            break
        time.sleep(_POLL_SECONDS)
    return Round(
        acknowledged=answers.acknowledged,
        stored=new,
        seconds=now - answers.started,
        cpu={part: cpu[part] - spent[part] for part in cpu},
        milliseconds=tuple(answers.milliseconds.values()),
        refused=answers.refused,
    )


def summarise(system: str, shape: Shape, rounds: Sequence[Round]) -> Speed:
    """Give the medians of rounds; a round that stored nothing counts as one span a second."""
    spans = [max(1, item.stored) for item in rounds]
    return Speed(
        system=system,
        shape=shape,
        rate=median(count / item.seconds for count, item in zip(spans, rounds, strict=True)),
        cpu={
            part: median(
                item.cpu[part] * 1000 / count for count, item in zip(spans, rounds, strict=True)
            )
            for part in rounds[0].cpu
        },
        p50=median(median(item.milliseconds or [0]) for item in rounds),
        p95=median(p95(item.milliseconds or [0]) for item in rounds),
        acknowledged=sum(item.acknowledged for item in rounds),
        stored=sum(item.stored for item in rounds),
        refused=sum(sum(item.refused.values()) for item in rounds),
    )
