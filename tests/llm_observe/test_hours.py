"""A price that holds at some hours of the day is that of the call's start, by UTC."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from genai_prices import Usage as SourceUsage
from genai_prices.data import providers
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TimeOfDateConstraint,
)
from hypothesis import given
from hypothesis import strategies as st

from infra.prices.document import Catalog, PricedModel, PricedProvider, write_document
from infra.prices.hours import WEEKDAYS, InexactHourError
from infra.prices.rows import list_rows
from llm_observe.cost.hours import Hours, Moment
from llm_observe.cost.pricing import PriceBook, load_prices
from llm_observe.cost.rates import PriceKey, cost

BOOK = load_prices()
DEEPSEEK: Provider = next(each for each in providers if each.id == "deepseek")
COUNTS = {"input_uncached": 40_000, "cache_read": 60_000, "output_text": 9_000}
USAGE = SourceUsage(input_tokens=100_000, cache_read_tokens=60_000, output_tokens=9_000)
BOOK_CONDITIONS = ("service_tier", "min_input_tokens", "valid_from", "valid_to")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
FRIDAY = datetime(2026, 11, 20, tzinfo=UTC)


def list_constraints(model: ModelInfo) -> list[StartDateConstraint | TimeOfDateConstraint | None]:
    return [each.constraint for each in model.prices] if isinstance(model.prices, list) else []


def list_windows(model: ModelInfo) -> list[TimeOfDateConstraint]:
    return [each for each in list_constraints(model) if isinstance(each, TimeOfDateConstraint)]


def list_starts(model: ModelInfo) -> list[date]:
    constraints = list_constraints(model)
    return [each.start_date for each in constraints if isinstance(each, StartDateConstraint)]


MODELS = [model for model in DEEPSEEK.models if list_windows(model)]


def is_sure(model: ModelInfo, at: datetime) -> bool:
    """Say whether the source's own comments let its price of a moment stand."""
    if not any(window.active(at) for window in list_windows(model)):
        return True
    dates = list_starts(model)
    if any(at.date() < day for day in dates):
        return False
    return "eekend" not in (model.price_comments or "") or at.isoweekday() < 6


def moments(model: ModelInfo) -> Iterator[datetime]:
    """Both sides of each edge of hours and of midnight, on every day of a week and at each date."""
    edges = {time(0)} | {
        edge for window in list_windows(model) for edge in (window.start_time, window.end_time)
    }
    starts = list_starts(model)
    days = {FRIDAY.date() + number * DAY for number in range(7)} | {date(2025, 6, 2)}
    for day in days | set(starts) | {start - DAY for start in starts}:
        for edge in edges:
            at = datetime.combine(day, edge.replace(tzinfo=UTC))
            yield from (at - timedelta(microseconds=1), at, at + timedelta(seconds=59), at - MINUTE)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_costs_by_the_hour_agree_with_the_source(model: ModelInfo) -> None:
    """A call costs what the source says at its start, or nothing known where that says too much."""
    seen = set()
    for at in moments(model):
        price = BOOK.look_up(PriceKey("deepseek", model.id, "standard"), at, 100_000)
        if not is_sure(model, at):
            assert price is None, at
            continue
        theirs = model.calc_price(USAGE, DEEPSEEK, genai_request_timestamp=at).total_price
        assert price is not None, at
        assert cost(COUNTS, price) == theirs, at
        seen.add(theirs)
    assert len(seen) > 1


def test_all_models_with_hours_are_compared() -> None:
    """They are those of one provider, five of them."""
    found = {model.id for each in providers for model in each.models if list_windows(model)}
    assert found == {model.id for model in MODELS}
    assert len(found) == 5


def test_a_models_weekdays_are_listed() -> None:
    """A model whose comments make its hours those of weekdays stands in the list, and no other."""
    told = {model.id for model in MODELS if re.search("eekend", model.price_comments or "")}
    assert set(WEEKDAYS) == told


@pytest.mark.parametrize(
    ("at", "because"),
    [
        pytest.param("2026-11-21T02:00", "model_not_priced", id="a Saturday"),
        pytest.param("2026-08-14T02:00", "before_prices", id="a Friday before the hours"),
    ],
)
def test_an_hour_without_a_price_says_why(at: str, because: str) -> None:
    """A day on which the hours do not hold has no price; a day before them has none yet."""
    moment = Moment.at(datetime.fromisoformat(at))
    key = PriceKey("deepseek", "deepseek-v4-pro", "standard")
    assert BOOK.look_up_at(key, moment, 0) is None
    assert BOOK.explain(key, moment) == because


MINUTES = st.integers(min_value=0, max_value=1439)
OFFSETS = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-7))])
CLOCKS = st.builds(
    lambda minute, zone: time(minute // 60, minute % 60, tzinfo=zone), MINUTES, OFFSETS
)
CONSTRAINTS = st.one_of(
    st.none(),
    st.builds(TimeOfDateConstraint, CLOCKS, CLOCKS),
    st.builds(StartDateConstraint, st.dates(date(2026, 3, 1), date(2026, 3, 4))),
)
PRICES = st.integers(min_value=1, max_value=3)


@given(st.lists(st.tuples(CONSTRAINTS, PRICES), min_size=1, max_size=4), st.data())
def test_any_hours_of_the_source_are_kept(
    drawn: list[tuple[StartDateConstraint | TimeOfDateConstraint | None, int]], data: st.DataObject
) -> None:
    """Any dates and daily hours, of any zone, over midnight, over each other, price as there."""
    prices = [
        ConditionalPrice(constraint, prices=ModelPrice(input_mtok=Decimal(amount)))
        for constraint, amount in drawn
    ]
    model = ModelInfo(id="m", match=ClauseEquals(equals="m"), prices=prices)
    book = make_book(model)
    edges = [
        edge for window in list_windows(model) for edge in (window.start_time, window.end_time)
    ]
    for edge in (*edges, time(0, tzinfo=UTC), data.draw(CLOCKS)):
        for day in (date(2026, 2, 28), date(2026, 3, 2), date(2026, 3, 5)):
            at = datetime.combine(day, edge).astimezone(UTC)
            for moment in (at - MINUTE, at):
                price = book.look_up(PriceKey("p", "m", "standard"), moment, 1)
                if says_too_much(model, moment):
                    assert price is None
                else:
                    assert price is not None
                    assert price.rates["input"] == model.get_prices(moment).input_mtok


def says_too_much(model: ModelInfo, at: datetime) -> bool:
    """Say whether daily hours are the price of a day before that of a price listed before them."""
    constraints = list_constraints(model)
    active = [number for number, each in enumerate(constraints) if not each or each.active(at)]
    last = active[-1] if active else 0
    if not isinstance(constraints[last], TimeOfDateConstraint):
        return False
    return any(
        isinstance(each, StartDateConstraint) and at.date() < each.start_date
        for each in constraints[:last]
    )


def make_book(model: ModelInfo) -> PriceBook:
    priced = PricedModel("m", ["=m"], list(list_rows("p", model)))
    provider = PricedProvider("p", [], [priced])
    return PriceBook(json.loads(write_document(Catalog("s", "1", "0", "MIT", [provider]))))


def test_hours_that_begin_within_a_minute_are_refused() -> None:
    """A list of prices that minutes cannot say is no list of ours."""
    window = TimeOfDateConstraint(time(1, 0, 30, tzinfo=UTC), time(2, tzinfo=UTC))
    first = ConditionalPrice(prices=ModelPrice(input_mtok=Decimal(1)))
    second = ConditionalPrice(window, prices=ModelPrice(input_mtok=Decimal(2)))
    model = ModelInfo(id="m", match=ClauseEquals(equals="m"), prices=[first, second])
    with pytest.raises(InexactHourError):
        list(list_rows("p", model))


def test_a_condition_of_a_later_version_prices_nothing() -> None:
    """A library that reads a newer file knows no price under a condition that it does not know."""
    rows = [["standard", 0, None, None, 1, None], ["standard", 0, "2026-01-01", None, 2, "mars"]]
    document = {
        "source": "s",
        "source_version": "1",
        "row": [*BOOK_CONDITIONS, "input_per_mtok", "planet"],
        "providers": {"p": {"fallback": [], "models": [["m", ["=m"], rows]]}},
    }
    book = PriceBook(document)
    before = book.find("p", "m", datetime(2025, 1, 1, tzinfo=UTC))
    assert before is not None
    assert before.rates == {"input": 1}
    assert book.find("p", "m", FRIDAY) is None


@given(MINUTES, MINUTES, MINUTES)
def test_hours_hold_as_the_sources_do(begin: int, end: int, minute: int) -> None:
    """The beginning is in, the end is out, and an end before the beginning is of the next day."""
    window = TimeOfDateConstraint(time(*divmod(begin, 60)), time(*divmod(end, 60)))
    at = FRIDAY + minute * MINUTE
    assert Hours(begin, end).hold(Moment.at(at)) == window.active(at)
