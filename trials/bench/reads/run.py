"""One run: fill, fold, ask; then copy up to the size that was asked for, fold and ask again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from infra.local.report import Reporter
from infra.local.throwaway import Database
from trials.bench.reads.asking import Answered, ask_all
from trials.bench.reads.conversations import converse, list_conversations
from trials.bench.reads.copies import Copying, copy_all
from trials.bench.reads.fill import Filling, fill
from trials.bench.reads.folding import Folding, fold_all
from trials.bench.reads.handler import ask_handler
from trials.bench.reads.indexes import IndexCost, measure_indexes
from trials.bench.reads.listings import list_listings
from trials.bench.reads.orders import list_orders
from trials.bench.reads.population import LARGEST, MEDIAN, Tenant
from trials.bench.reads.questions import list_sums, list_views
from trials.bench.reads.sizes import Column, Size, measure_columns, measure_sizes
from trials.bench.reads.turns import Patience


@dataclass(frozen=True, slots=True)
class Effort:
    """How much there is to read, and how often each question is asked."""

    spans: int = 1_000_000
    ingested: int = 1_000_000
    """At most so many go through ``ingest_spans``; those beyond are copies of them."""
    patience: Patience = field(default_factory=Patience)
    index_rows: int = 20_000
    peer_spans: int = 100_000
    """Of one project of Phoenix and of MLflow each; 0: they are not measured."""
    tenants: tuple[Tenant, ...] = (LARGEST, MEDIAN)
    """Who asks."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The questions at one size."""

    spans: int
    copying: Copying | None
    folding: Folding
    answers: Sequence[Answered]
    sizes: Sequence[Size]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    filling: Filling
    conversed: int
    """Spans of the conversations beside them."""
    stages: Sequence[Stage]
    indexes: Sequence[IndexCost]
    columns: Sequence[Column]


@dataclass(frozen=True, slots=True)
class Run:
    """A run on an empty database."""

    database: Database
    effort: Effort
    folder: Path
    report: Reporter
    end: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    """Of the thirty days that the spans are of."""

    def measure(self) -> Outcome:
        """Measure at the size that is ingested, and at the one that copies make of it."""
        first = min(self.effort.spans, self.effort.ingested)
        with self.report.step("ingest") as step:
            filling = fill(self.database, first, self.end)
            step.detail = f"{filling.spans:,} spans, {filling.rate:,.0f} a second of sending"
        conversed = converse(self.database, self.effort.tenants, self.end)
        spans = filling.spans + conversed
        stages = [self._observe(spans, None)]
        if (times := self.effort.spans // first - 1) > 0:
            with self.report.step("copy") as step:
                copying = copy_all(self.database, times, self.end)
                step.detail = f"{copying.spans:,} spans"
            stages.append(self._observe(spans + copying.spans, copying))
        with self.report.step("indexes"):
            indexes = measure_indexes(self.database, self.effort.index_rows)
        return Outcome(filling, conversed, stages, indexes, measure_columns(self.database))

    def _observe(self, spans: int, copying: Copying | None) -> Stage:
        with self.report.step("fold") as step:
            folding = fold_all(self.database, self.end)
            step.detail = f"{folding.hours:,} hours of tenants, {folding.rows:,} rows"
        with self.report.step("vacuum"):
            vacuum(self.database)
        sizes = measure_sizes(self.database)
        answers = [answer for tenant in self.effort.tenants for answer in self._ask(tenant)]
        return Stage(spans, copying, folding, answers, sizes)

    def _ask(self, tenant: Tenant) -> list[Answered]:
        sums = list(list_sums())
        views = [*list_views(), *list_orders(), *list_listings(), *list_conversations()]
        with self.report.step("ask") as step:
            step.detail = tenant.name
            asked = ask_all(self.database, tenant, [*sums, *views], self.end, self.effort.patience)
        with self.report.step("ask the handler") as step:
            step.detail = tenant.name
            late = {each.question.name for each in asked if each.is_late}
            in_time = [question for question in sums if question.name not in late]
            handled = ask_handler(
                self.database, tenant, in_time, self.end, self.effort.patience, self.folder
            )
        return [replace(each, handled=handled.get(each.question.name)) for each in asked]


def vacuum(database: Database) -> None:
    """Leave nothing to autovacuum, and statistics as they are after it."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
