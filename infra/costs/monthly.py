"""A month's quantities and their cost, for so many calls in a mode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from infra.costs.assumptions import assume
from infra.costs.measured import Measured
from infra.costs.prices import PriceList
from infra.costs.stack import Stack

_GB: Final = 1e9
_MINUTES_A_MONTH: Final = 730 * 60
_POLLS_A_MONTH: Final = 5 * 3 * _MINUTES_A_MONTH
"""Lambda keeps five pollers on a quiet queue, each of which asks every 20 s
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html)."""


class Mode(StrEnum):
    """The ways that spans go."""

    SYNC = "sync"
    QUEUE = "queue"
    DIRECT = "direct"
    """The library or the layer writes to Supabase; nothing of it passes the API."""


@dataclass(frozen=True, slots=True)
class Month:
    """All that is known of the month: what was measured, deployed, and sent."""

    measured: Measured
    stack: Stack
    calls: int
    mode: Mode

    @property
    def spans(self) -> float:
        """All that are stored."""
        return self.calls * self.measured.spans_a_call

    @property
    def requests(self) -> float:
        """Those of senders to the API."""
        return 0 if self.mode is Mode.DIRECT else self.calls / assume("calls_a_request")

    @property
    def batches(self) -> float:
        """Invocations of the queue's writer."""
        return self.requests / assume("batch") if self.mode is Mode.QUEUE else 0

    @property
    def reads(self) -> float:
        """Those of the dashboard to the API."""
        return assume("page_views") * assume("reads_a_view") if self.calls else 0

    @property
    def database_gb(self) -> float:
        """The size of the database once the first spans are old enough to be deleted."""
        return self.spans * assume("kept_months") * self.measured.stored_bytes_a_span / _GB

    @property
    def database_egress_gb(self) -> float:
        """All that leaves Supabase."""
        writes = self.calls if self.mode is Mode.DIRECT else self.batches or self.requests
        sent = writes * assume("write_answer_bytes") + self.reads * assume("read_answer_bytes")
        return sent / _GB

    def count(self) -> dict[str, float]:
        """Give the quantity of each list price of AWS."""
        quantities: dict[str, float] = {}
        for name, quantity in (
            *self._count_lambda(),
            *self._count_queue(),
            *self._count_watching(),
        ):
            quantities[name] = quantities.get(name, 0) + quantity
        return quantities

    def _count_lambda(self) -> Iterator[tuple[str, float]]:
        stack, runs = self.stack, self.stack.job_runs
        cold = self._count_cold(self.requests)
        invocations = self.requests + self.reads + self.batches + runs
        yield "gateway_requests", self.requests + self.reads
        yield "lambda_requests", invocations
        yield "lambda_gb_seconds", self._bill(self.requests, stack.door_mb, *self._time_door())
        yield "lambda_gb_seconds", self._bill(self.batches, stack.writer_mb, *self._time_writer())
        yield "lambda_gb_seconds", self._bill(self.reads, stack.reader_mb, *self._time_read())
        yield "lambda_gb_seconds", self._bill(runs, stack.job_mb, 0, assume("job_ms"))
        # Rare runs of a job and a look at the dashboard each meet a cold function.
        rare = stack.rare_job_runs
        starts = ((cold, stack.door_mb), (self.reads, stack.reader_mb), (rare, stack.job_mb))
        for number, memory in (*starts, (self._count_cold(self.batches), stack.writer_mb)):
            yield "lambda_gb_seconds", self._bill(number, memory, self.measured.start_ms, 0)
            yield "secret_reads", number * stack.secrets
        if self.mode is Mode.DIRECT:
            waited = self.calls * self.measured.added_ms / 1000
            yield "lambda_gb_seconds", waited * assume("host_mb") / 1024
        yield "logs_ingested", invocations * assume("log_bytes") / _GB
        yield "logs_stored", invocations * assume("log_bytes") / _GB
        yield "schedules", runs

    def _time_door(self) -> tuple[float, float]:
        """Give a request's milliseconds of processor time and of waiting."""
        spans = self._spans_a_request()
        waiting = spans * self.measured.database_ms_a_span + assume("round_trip_ms")
        if self.mode is Mode.QUEUE:
            waiting = assume("queue_ms")
        return spans * self.measured.function_ms_a_span, waiting

    def _time_writer(self) -> tuple[float, float]:
        """Give those of a batch; that it works as much as the door did is more than it does."""
        spans = self._spans_a_request() * assume("batch")
        database = spans * self.measured.database_ms_a_span * assume("batched_share")
        return spans * self.measured.function_ms_a_span, database + assume("round_trip_ms")

    def _time_read(self) -> tuple[float, float]:
        """Give those of a read."""
        return self.measured.read_ms * assume("read_work"), self.measured.read_ms + assume(
            "round_trip_ms"
        )

    def _spans_a_request(self) -> float:
        return assume("calls_a_request") * self.measured.spans_a_call

    def _bill(self, number: float, memory: int, working: float, waiting: float) -> float:
        """Give GB-seconds: work takes longer on a part of a processor, waiting does not."""
        share = min(1.0, memory / assume("full_processor_mb"))
        return number * (working / share + waiting) / 1000 * memory / 1024

    def _count_cold(self, number: float) -> float:
        idle = _MINUTES_A_MONTH / assume("warm_minutes")
        return min(number, idle + number * assume("cold_share"))

    def _count_queue(self) -> Iterator[tuple[str, float]]:
        if self.mode is not Mode.QUEUE:
            return
        # A message is sent by itself, and received and deleted with its batch.
        passed = self.requests + 2 * self.batches
        yield "sqs_requests", passed + _POLLS_A_MONTH
        yield "sqs_fair_requests", passed

    def _count_watching(self) -> Iterator[tuple[str, float]]:
        yield "secrets", self.stack.secrets
        yield "custom_metrics", self.stack.custom_metrics[self.mode is Mode.QUEUE]
        yield "alarm_metrics", self.stack.alarm_metrics[self.mode is Mode.QUEUE]
        yield "aws_egress", self.spans * self.measured.sent_bytes_a_span / _GB


@dataclass(frozen=True, slots=True)
class Bill:
    """A month's cost, by platform."""

    aws: Mapping[str, float]
    aws_without_free: float
    supabase: float
    supabase_at_work: float
    compute: str
    vercel_at_work: float

    @property
    def least(self) -> float:
        """With the free plans, where they hold it."""
        return sum(self.aws.values()) + self.supabase

    @property
    def at_work(self) -> float:
        """With the plans that a company needs."""
        return sum(self.aws.values()) + self.supabase_at_work + self.vercel_at_work


def bill(month: Month, listed: PriceList) -> Bill:
    """Give the cost of a month."""
    prices, quantities = listed.prices, month.count()
    size = listed.find_size(month.database_gb)
    pro = (
        prices["supabase_pro"].charge(1)
        + max(0.0, size.monthly - listed.compute_credit)
        + prices["supabase_disk"].charge(month.database_gb)
        + prices["supabase_egress"].charge(month.database_egress_gb)
    )
    fits = (
        month.database_gb <= listed.free_database_gb
        and month.database_egress_gb <= listed.free_egress_gb
    )
    return Bill(
        aws={name: prices[name].charge(number) for name, number in quantities.items()},
        aws_without_free=sum(
            prices[name].charge(number, free=False) for name, number in quantities.items()
        ),
        supabase=0.0 if fits else pro,
        supabase_at_work=pro,
        compute=size.name,
        vercel_at_work=prices["vercel_pro"].charge(assume("deployers")),
    )
