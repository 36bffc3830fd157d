"""The servers' memory: over a long run, and under a body that is small until it is unpacked."""

from __future__ import annotations

import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from trials.bench.ingest.load import Client, Shape
from trials.bench.ingest.systems import RunningSystem

_SAMPLE_SECONDS: Final = 0.5
_BOMB_SAMPLE_SECONDS: Final = 0.02
_CHUNK: Final = bytes(2**20)
_GZIP_WINDOW: Final = 31
"""zlib's name for a gzip header around the largest window."""


@dataclass(frozen=True, slots=True)
class LongRun:
    """Bytes of resident memory along a load; ``tenth`` is when a tenth of its time was over."""

    acknowledged: int
    seconds: float
    before: int
    tenth: int
    end: int
    peak: int


@dataclass(frozen=True, slots=True)
class Bomb:
    """What a server did with zeros that gzip had made a thousand times smaller."""

    sent: int
    unpacked: int
    status: str
    seconds: float
    before: int
    peak: int


def measure_long_run(running: RunningSystem, shape: Shape, spans: int, seconds: float) -> LongRun:
    """Send so many spans, or for so many seconds, whichever is less."""
    load = running.make_load(shape, max(shape.clients, spans // shape.spans), seconds)
    samples = [running.read_rss()]
    sending = running.start(load)
    while not sending.done():
        time.sleep(_SAMPLE_SECONDS)
        samples.append(running.read_rss())
    answers = sending.result()
    return LongRun(
        acknowledged=answers.acknowledged,
        seconds=answers.ended - answers.started,
        before=samples[0],
        tenth=samples[len(samples) // 10],
        end=samples[-1],
        peak=max(samples),
    )


def measure_bomb(running: RunningSystem, unpacked: int) -> Bomb:
    """Send ``unpacked`` zeros as gzip and watch the memory until the answer."""
    body = _compress_zeros(unpacked)
    client = Client(running.system.url, running.system.headers)
    before = peak = running.read_rss()
    began = time.monotonic()
    with ThreadPoolExecutor(1) as thread:
        posting = thread.submit(client.post, body, {"content-encoding": "gzip"})
        while not posting.done():
            peak = max(peak, running.read_rss())
            time.sleep(_BOMB_SAMPLE_SECONDS)
        status, _ = posting.result()
    client.close()
    return Bomb(len(body), unpacked, status, time.monotonic() - began, before, peak)


def _compress_zeros(count: int) -> bytes:
    packing = zlib.compressobj(level=9, wbits=_GZIP_WINDOW)
    parts = [packing.compress(_CHUNK) for _ in range(count // len(_CHUNK))]
    return b"".join((*parts, packing.flush()))
