"""How often providers fail, by the hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Literal

Trouble = Literal["rate_limited", "timeout", "overloaded"]

_WEDNESDAY = 2
_INCIDENT_HOUR = 14


@dataclass(frozen=True, slots=True)
class Weather:
    """Chances from 0 to 1 that a model call meets each trouble."""

    rate_limited: float
    timeout: float
    overloaded: float

    def strike(self, draw: Random) -> Trouble | None:
        """Draw the trouble of one call, mostly none."""
        chance = draw.random()
        shares: tuple[tuple[Trouble, float], ...] = (
            ("rate_limited", self.rate_limited),
            ("timeout", self.timeout),
            ("overloaded", self.overloaded),
        )
        for trouble, share in shares:
            if chance < share:
                return trouble
            chance -= share
        return None


def weather_at(hour: datetime) -> Weather:
    """A usual week has one bad hour: a provider's limits bite on Wednesday afternoon."""
    if (hour.weekday(), hour.hour) == (_WEDNESDAY, _INCIDENT_HOUR):
        return Weather(rate_limited=0.3, timeout=0.04, overloaded=0.03)
    return Weather(rate_limited=0.012, timeout=0.006, overloaded=0.004)
