"""The hours of the day at which genai-prices' prices change, and those of which it says too much.

A constraint of the source is a date or daily hours, never both, and knows no days of the week.
Its comments say where its price is therefore not the true one; such a price is left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Final, TypeVar

from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    PriceVariant,
    StartDateConstraint,
    TimeOfDateConstraint,
)

from llm_observe.cost.hours import Hours

WEEKDAYS: Final[Mapping[str, tuple[int, ...]]] = {
    "deepseek-flash": (1, 2, 3, 4, 5),
    "deepseek-v4-flash": (1, 2, 3, 4, 5),
    "deepseek-v4-pro": (1, 2, 3, 4, 5),
}
"""Models whose hours are those of these weekdays: on others the source's price of those hours is an
upper bound (https://github.com/pydantic/genai-prices/issues/582)."""

_A_DAY: Final = date(1970, 1, 2)
_NOON: Final = time(12, 0)

Priced = TypeVar("Priced")


class InexactHourError(ValueError):
    """A daily constraint begins or ends within a minute."""


def split_day(model: ModelInfo) -> list[Hours | None]:
    """Give the hours between which no price changes, None for a whole day."""
    prices: list[ConditionalPrice | PriceVariant] = [*_list_conditions(model)]
    edges = set()
    for price in (*prices, *(model.price_variants or [])):
        found = price.constraint
        # Hours that end as they begin are none, and price nothing.
        if isinstance(found, TimeOfDateConstraint) and found.start_time != found.end_time:
            edges |= {_minute(found.start_time), _minute(found.end_time)}
    ordered = sorted(edges)
    return [Hours(*pair) for pair in itertools.pairwise([*ordered, *ordered[:1]])] or [None]


def begin(hours: Hours | None) -> time:
    """Give a time of day at which hours hold."""
    return time(*divmod(hours.from_minute, 60)) if hours else _NOON


def find_weekdays(model: ModelInfo, moment: datetime) -> tuple[int, ...] | None:
    """Give the weekdays on which the price of a moment is true, None for all and () for none.

    Daily hours that follow a dated price hold since that date, which they have no room to say.
    """
    active = _find_active(model, moment)
    if active is None or not isinstance(active.constraint, TimeOfDateConstraint):
        return None
    conditions = _list_conditions(model)
    before = itertools.takewhile(lambda condition: condition is not active, conditions)
    starts = [each.constraint for each in before]
    dated = [each for each in starts if isinstance(each, StartDateConstraint)]
    if any(not each.active(moment) for each in dated):
        return ()
    return WEEKDAYS.get(model.id)


def join_hours(found: list[tuple[Hours | None, Priced]]) -> Iterator[tuple[Hours | None, Priced]]:
    """Join neighbours of equal prices, also over midnight; a whole day has no hours."""
    if all(priced == found[0][1] for _, priced in found):
        yield None, found[0][1]
        return
    while found[0][1] == found[-1][1]:
        found = [found[-1], *found[:-1]]
    for priced, group in itertools.groupby(found, key=lambda each: each[1]):
        parts = [hours for hours, _ in group if hours]
        yield Hours(parts[0].from_minute, parts[-1].to_minute), priced


def _list_conditions(model: ModelInfo) -> list[ConditionalPrice]:
    return model.prices if isinstance(model.prices, list) else []


def _find_active(model: ModelInfo, moment: datetime) -> ConditionalPrice | None:
    """The source tries its prices last to first."""
    tried = reversed(_list_conditions(model))
    return next(
        (each for each in tried if not each.constraint or each.constraint.active(moment)), None
    )


def _minute(edge: time) -> int:
    aware = edge if edge.tzinfo else edge.replace(tzinfo=UTC)
    utc = datetime.combine(_A_DAY, aware).astimezone(UTC)
    if utc.second or utc.microsecond:
        message = f"a price that changes at {edge} begins within a minute: prices.json has minutes"
        raise InexactHourError(message)
    return utc.hour * 60 + utc.minute
