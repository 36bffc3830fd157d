"""Writes docs/cost.md from list prices, measured numbers and assumptions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from infra.costs.assumptions import ASSUMED
from infra.costs.measured import PLACES, Measured
from infra.costs.monthly import Bill, Mode, Month, bill
from infra.costs.prices import PriceList
from infra.costs.stack import Stack

CALLS: Final = (0, 10_000, 1_000_000, 10_000_000)
_SHOWN: Final = 0.005
"""A line of the bill that is never above this is left out."""
_PREAMBLE: Final = """\
# The cost of a month

Written by `make costs ARGS=--write`; do not edit.
List prices of {read_on} in US dollars before tax, for {region}; no bill was compared with it ([*untried*](untried.md#bill)).

A *call* is one call of a model; the sample of `make demo` has {spans_a_call:.2f} spans for each.
*sync* and *queue* are the [write modes](queue.md) of the API; *direct* is the library or the layer in an application's own function, which writes to Supabase itself and pays by its own time.
A month is one of many: the database holds what {kept:.0f} months have sent.

## A month

*For work* has Supabase Pro and one seat of Vercel Pro: Vercel's Hobby plan is for what earns nothing, and Supabase pauses a free project that nobody uses for a week.
*Least* has the free plans of both while they hold it.
*Without free units* is AWS where another project of the account has used up what each month is free.

| calls | mode | AWS | Supabase | Vercel | for work, in all | least, in all | AWS without free units | database, GB | compute |
|---:|---|---:|---:|---:|---:|---:|---:|---:|---|
{totals}

Supabase's and Vercel's columns are those for work; *database* is full after {kept:.0f} months, and *compute* the smallest that Supabase recommends for it.

## AWS, line by line

After what is free; a line that stays below half a cent in every column is left out.

{lines}

Alarms watch {alarms} metrics in sync mode, {function_alarms} of them for single functions: `FunctionAlarms=false` saves USD {saved:.2f} a month.
Jobs run {job_runs:,} times a month, whether or not anybody sends.
A demo, a domain, backups beyond Supabase's own, a NAT gateway and support plans are not in it: the stack has none.

## Measured

| number | value | unit | measured by |
|---|---:|---|---|
{measured}

Times are those of a server's processor, read from the pages that the benches write.
Bytes are Postgres's own count of a database that holds the sample's week with its indexes, without content, just after it was written: `make costs ARGS=--measure`.
On AWS none of it was measured ([*untried*](untried.md#times)).

## Assumed

| number | value | why |
|---|---:|---|
{assumed}

## Prices

The one file with them is `infra/costs/list_prices.json`; change it, and run the command again.
*From memory* is a price that no text at hand names; look at the provider's page before you rely on one.

| price | USD | for | free a month | source | named by |
|---|---:|---|---:|---|---|
{prices}
"""  # noqa: E501  # one sentence a line


def write_document(listed: PriceList, measured: Measured, stack: Stack) -> str:
    """Give the page's text."""
    saved = listed.prices["alarm_metrics"].amount * stack.function_alarm_metrics
    return _PREAMBLE.format(
        read_on=listed.read_on,
        region=listed.region,
        spans_a_call=measured.spans_a_call,
        kept=ASSUMED["kept_months"].value,
        totals="\n".join(_list_totals(listed, measured, stack)),
        lines="\n\n".join(_render_lines(mode, listed, measured, stack) for mode in Mode),
        alarms=stack.alarm_metrics[False],
        function_alarms=stack.function_alarm_metrics,
        saved=saved,
        job_runs=stack.job_runs,
        measured="\n".join(_list_measured(measured)),
        assumed="\n".join(
            f"| {name.replace('_', ' ')} | {_number(a.value)} {a.unit} | {a.reason} |"
            for name, a in ASSUMED.items()
        ),
        prices="\n".join(_list_prices(listed)),
    )


def _list_totals(listed: PriceList, measured: Measured, stack: Stack) -> Iterator[str]:
    for calls in CALLS:
        for mode in Mode:
            month = Month(measured, stack, calls, mode)
            cost = bill(month, listed)
            money = (
                sum(cost.aws.values()),
                cost.supabase_at_work,
                cost.vercel_at_work,
                cost.at_work,
                cost.least,
                cost.aws_without_free,
            )
            shown = " | ".join(f"{amount:,.2f}" for amount in money)
            yield f"| {calls:,} | {mode} | {shown} | {month.database_gb:,.2f} | {cost.compute} |"


def _render_lines(mode: Mode, listed: PriceList, measured: Measured, stack: Stack) -> str:
    bills = [bill(Month(measured, stack, calls, mode), listed) for calls in CALLS]
    rows = "\n".join(_list_lines(bills))
    head = " | ".join(f"{calls:,} calls" for calls in CALLS)
    return f"### {mode}\n\n| line | {head} |\n|---|{'---:|' * len(CALLS)}\n{rows}"


def _list_lines(bills: list[Bill]) -> Iterator[str]:
    for name in bills[0].aws:
        amounts = [cost.aws[name] for cost in bills]
        if max(amounts) >= _SHOWN:
            yield f"| {name.replace('_', ' ')} | {' | '.join(f'{a:,.2f}' for a in amounts)} |"


def _list_measured(measured: Measured) -> Iterator[str]:
    for field in fields(measured):
        unit, place = PLACES[field.name]
        where = f"[{place}]({place})" if place.endswith(".md") else place
        number = _number(getattr(measured, field.name))
        yield f"| {field.name.replace('_', ' ')} | {number} | {unit} | {where} |"


def _list_prices(listed: PriceList) -> Iterator[str]:
    for name, price in listed.prices.items():
        cells = (
            name.replace("_", " "),
            f"{price.amount:.10f}".rstrip("0").rstrip("."),
            f"{price.per:,} {price.unit}",
            f"{price.free:,}",
            f"<{price.source}>",
            price.seen or "from memory",
        )
        yield f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    return f"{value:,.3f}".rstrip("0").rstrip(".")
