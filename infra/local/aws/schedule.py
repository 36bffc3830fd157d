"""When a schedule of EventBridge Scheduler is due next: the expressions that we use.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from infra.local.aws.template import TemplateError

_RATE: Final = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)")
_DAILY: Final = re.compile(r"cron\(([1-5]?\d) (1?\d|2[0-3]) \* \* \? \*\)")
_HOURLY: Final = re.compile(r"cron\(([1-5]?\d) \* \* \* \? \*\)")


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often something runs, and since when within a day of UTC; None: since it was made."""

    every: timedelta
    offset: timedelta | None = None

    def seconds_until_next(self, now: datetime) -> float:
        """Give the seconds from now, in UTC, until it is due."""
        if self.offset is None:
            return self.every.total_seconds()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        into = (now - midnight - self.offset) % self.every
        return (self.every - into).total_seconds()


def read_schedule(expression: str) -> Schedule:
    """Read ``rate(N minutes)``, hours or days, ``cron(M H * * ? *)`` and ``cron(M * * * ? *)``.

    Raises:
        TemplateError: for any other expression.
    """
    if rate := _RATE.fullmatch(expression):
        return Schedule(timedelta(**{f"{rate[2]}s": int(rate[1])}))
    if daily := _DAILY.fullmatch(expression):
        offset = timedelta(minutes=int(daily[1]), hours=int(daily[2]))
        return Schedule(timedelta(days=1), offset)
    if hourly := _HOURLY.fullmatch(expression):
        return Schedule(timedelta(hours=1), timedelta(minutes=int(hourly[1])))
    raise TemplateError(
        f"The schedule {expression} is not understood locally: rate(N minutes), hours or days, "
        "cron(M H * * ? *) and cron(M * * * ? *) are."
    )
