"""The cost page: made of dated prices, measured numbers and named assumptions."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from infra.costs import measured as measured_module
from infra.costs import measuring
from infra.costs.assumptions import ASSUMED
from infra.costs.document import CALLS, write_document
from infra.costs.measured import MeasureError, load_measured
from infra.costs.monthly import Mode, Month, bill
from infra.costs.prices import FILE, load_list_prices
from infra.costs.stack import read_stack
from infra.local.sample import delivery
from infra.local.settings import REPOSITORY

LISTED, MEASURED, STACK = load_list_prices(), load_measured(), read_stack()


def test_the_page_is_what_the_program_writes() -> None:
    """docs/cost.md follows prices, benches and templates: run `make costs ARGS=--write`."""
    page = (REPOSITORY / "docs" / "cost.md").read_text(encoding="utf-8")

    assert page == write_document(LISTED, MEASURED, STACK)


def test_every_price_names_its_source() -> None:
    """The provider's page, the day, and the text that names it, or that it is from memory."""
    document = json.loads(FILE.read_text(encoding="utf-8"))

    assert document["read_on"]
    for name, price in document["prices"].items():
        assert price["source"].startswith("https://"), name
        assert price["seen"] is None or "https://" in price["seen"], name
    assert all(price.amount > 0 for price in LISTED.prices.values())


def test_a_month_by_hand() -> None:
    """Three million calls are a million requests and 6,000 reads; each is counted once."""
    month = Month(MEASURED, STACK, 3_000_000, Mode.SYNC)
    quantities = month.count()

    assert quantities["gateway_requests"] == 1_006_000
    assert quantities["lambda_requests"] == 1_006_000 + STACK.job_runs
    assert bill(month, LISTED).aws["gateway_requests"] == pytest.approx(1.006)
    assert bill(month, LISTED).aws["lambda_requests"] == pytest.approx(
        (6_000 + STACK.job_runs) * 0.2e-6
    )


def test_time_is_billed_by_memory_and_work_by_its_share_of_a_processor() -> None:
    """At a processor's memory a second is a second of so many GB; at half of it work is twice."""
    waits = replace(
        MEASURED, function_ms_a_span=0, database_ms_a_span=0, start_ms=0, read_ms=0, spans_a_call=1
    )
    works = replace(waits, function_ms_a_span=1000)
    calls = 3000
    for memory, seconds in ((1769, 1.0), (3538, 1.0), (1769 // 2, 1769 / (1769 // 2))):
        stack = replace(STACK, door_mb=memory)
        without, with_work = (
            Month(numbers, stack, calls, Mode.SYNC).count()["lambda_gb_seconds"]
            for numbers in (waits, works)
        )
        assert with_work - without == pytest.approx(calls * seconds * memory / 1024)


def test_without_calls_only_what_stands_costs() -> None:
    """Nobody sends and nobody looks: jobs, secrets and alarms are left, and the plans."""
    quantities = Month(MEASURED, STACK, 0, Mode.SYNC).count()

    assert quantities["gateway_requests"] == quantities["aws_egress"] == 0
    assert quantities["lambda_requests"] == STACK.job_runs == 730 + 2 * 30 + 2 * 8760
    assert STACK.rare_job_runs == 730 + 2 * 30, "a run each five minutes meets a warm function"
    assert quantities["secrets"] == 3


@pytest.mark.parametrize("mode", Mode)
def test_more_calls_never_cost_less(mode: Mode) -> None:
    """From plan to plan and from size to size the sum only grows."""
    steps = sorted({*CALLS, *(10**power for power in range(9))})
    bills = [bill(Month(MEASURED, STACK, calls, mode), LISTED) for calls in steps]

    for less, more in pairwise(bills):
        assert less.least <= more.least
        assert less.at_work <= more.at_work
        assert less.aws_without_free <= more.aws_without_free
        assert sum(less.aws.values()) <= less.aws_without_free


def test_only_the_queue_pays_for_a_queue() -> None:
    """Its requests are in its mode alone, and a quiet one is asked all the time."""
    counted = {mode: Month(MEASURED, STACK, 0, mode).count() for mode in Mode}

    assert "sqs_requests" not in counted[Mode.SYNC].keys() | counted[Mode.DIRECT].keys()
    assert counted[Mode.QUEUE]["sqs_requests"] > 500_000
    assert counted[Mode.QUEUE]["alarm_metrics"] > counted[Mode.SYNC]["alarm_metrics"]


def test_the_page_names_every_assumption() -> None:
    """No number goes in that is neither measured nor a row of the page."""
    page = write_document(LISTED, MEASURED, STACK)

    assert all(f"| {name.replace('_', ' ')} |" in page for name in ASSUMED)


def test_a_bench_that_lost_its_number_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page in another form is an error, and no zero."""
    for name in ("bench-ingest", "bench-lambda", "bench-access"):
        text = (REPOSITORY / "docs" / f"{name}.md").read_text(encoding="utf-8")
        (tmp_path / f"{name}.md").write_text(text.replace("llm-observe, app alone: ", "other: "))
    monkeypatch.setattr(measured_module, "_DOCS", tmp_path)

    with pytest.raises(MeasureError, match="app alone"):
        load_measured()


def test_bytes_are_measured_in_a_real_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the sample's spans take is Postgres's own count, without what an empty one takes."""
    monkeypatch.setattr(delivery, "WEEK", timedelta(hours=6))
    monkeypatch.setattr(measuring, "BYTES", tmp_path / "bytes.json")

    measuring.measure()

    found = json.loads((tmp_path / "bytes.json").read_text())
    assert 0 < found["calls"] < found["spans"]
    assert found["json_bytes"] > 500 * found["spans"]
    # Small, so that each index has pages of its own; an empty database has megabytes of prices.
    assert found["spans"] * 500 < found["stored_bytes"] < 3_000_000
