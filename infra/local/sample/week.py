"""When traffic comes: busy office days, quiet nights and weekends, a batch each night.

Every hour has its own seed, so that any two runs write the same spans for the same hour, and a
later run adds only what has happened since.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from infra.local.sample.journeys import JOURNEYS, Journey, Rhythm
from infra.local.sample.trace import Origin, Trace
from infra.local.sample.weather import weather_at
from llm_observe._delivery.finished import FinishedSpan

WEEK: Final = timedelta(days=7)
_HOUR: Final = timedelta(hours=1)
_NIGHTLY_HOUR: Final = 2
_FIRST_WEEKEND_DAY: Final = 5
_USERS: Final = 80
_SESSIONS_PER_HOUR: Final = 8


def generate_traces(start: datetime, end: datetime) -> Iterator[list[FinishedSpan]]:
    """Yield the traces that begin from ``start``'s hour on and are over by ``end`` (UTC)."""
    hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    end_ns = _nanoseconds(end)
    while hour < end:
        traces = [trace for journey in JOURNEYS for trace in _fill_hour(journey, hour)]
        over = [trace for trace in traces if trace.now_ns <= end_ns]
        for trace in sorted(over, key=lambda trace: trace.now_ns):
            yield trace.finished
        hour += _HOUR


def _fill_hour(journey: Journey, hour: datetime) -> Iterator[Trace]:
    draw = _draw(journey.name, hour)
    for begin in _arrivals(draw, journey, hour):
        origin = _pick_origin(draw, journey, hour)
        trace = Trace(draw, _nanoseconds(begin), origin, weather_at(hour))
        journey.write(trace)
        yield trace


def _arrivals(draw: Random, journey: Journey, hour: datetime) -> Iterator[datetime]:
    """Independent arrivals: exponential gaps at the hour's rate."""
    if journey.rhythm == "nightly":
        if hour.hour == _NIGHTLY_HOUR:
            yield hour + timedelta(minutes=draw.uniform(0, 10))
        return
    rate = journey.per_hour * _busyness(journey.rhythm, hour)
    passed = draw.expovariate(rate)
    while passed < 1:
        yield hour + passed * _HOUR
        passed += draw.expovariate(rate)


def _busyness(rhythm: Rhythm, hour: datetime) -> float:
    """From near 0 at night to 1 in the early afternoon, a third of it at weekends."""
    day = math.exp(-(((hour.hour - 13.5) / 4.5) ** 2))
    floor = 0.25 if rhythm == "always" else 0.05
    weekend = 0.35 if hour.weekday() >= _FIRST_WEEKEND_DAY else 1.0
    return weekend * (floor + (1 - floor) * day)


def _pick_origin(draw: Random, journey: Journey, hour: datetime) -> Origin:
    """A few sessions an hour, each of one user; some users come often."""
    staging = journey.name == "in-house" or draw.random() < 0.06  # noqa: PLR2004  # a few try-outs
    environment = "staging" if staging else "production"
    if journey.rhythm == "nightly":
        return Origin(journey.service, environment, None, None)
    slot = draw.randrange(_SESSIONS_PER_HOUR)
    visitor = _draw(f"{journey.service}/{slot}", hour)
    user = int(_USERS * visitor.random() ** 2)
    session = f"session-{visitor.getrandbits(48):012x}"
    return Origin(journey.service, environment, session, f"user-{user:03d}")


def _draw(name: str, hour: datetime) -> Random:
    return Random(f"{name} {hour.isoformat()}")  # noqa: S311  # traffic, not secrets


def _nanoseconds(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(microseconds=1) * 1000
