"""Takes what the collector holds through the pipeline to every exporter, within a deadline."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from threading import Lock

from llm_observe.collector import SpanCollector
from llm_observe.config import Settings
from llm_observe.exporter import DigestKeyring, Exporter, Transcribed
from llm_observe.ledger import Ledger
from llm_observe.pricing import load_prices
from llm_observe.transcription import FinishedSpan, transcribe

_log = logging.getLogger("llm_observe")


class Drain:
    """The one guard between telemetry and the application: nothing in here gets out."""

    def __init__(
        self,
        collector: SpanCollector,
        exporters: Sequence[Exporter],
        keyring: DigestKeyring,
        ledger: Ledger,
        settings: Settings,
    ) -> None:
        self._collector = collector
        self._exporters = exporters
        self._keyring = keyring
        self._ledger = ledger
        self._settings = settings
        self._lock = Lock()

    def run(self, *, timeout: float | None = None) -> None:
        """Export all finished spans, within ``timeout`` seconds (default: the export timeout)."""
        deadline = time.monotonic() + (
            self._settings.export_timeout if timeout is None else timeout
        )
        with self._lock:
            dropped_before = self._ledger.snapshot()["dropped"]
            spans = sorted(self._collector.take(), key=attrgetter("tenant"))
            for tenant, group in groupby(spans, key=attrgetter("tenant")):
                self._drain_tenant(tenant, list(group), deadline)
            self._report(dropped_before)

    def close(self) -> None:
        """Close every exporter."""
        for exporter in self._exporters:
            exporter.close()

    def _drain_tenant(self, tenant: str, spans: list[FinishedSpan], deadline: float) -> None:
        try:
            batch = list(self._transcribe(tenant, spans, deadline))
            for exporter in self._exporters:
                exporter.export(tenant, batch, deadline=deadline)
        except Exception as error:  # noqa: BLE001  # the host must not notice that telemetry broke
            self._ledger.drop("failed", len(spans))
            _log.warning("llm_observe: exporting failed (%s)", type(error).__name__)

    def _transcribe(
        self, tenant: str, spans: list[FinishedSpan], deadline: float
    ) -> Iterator[Transcribed]:
        key = self._keyring.get(tenant, deadline=deadline)
        prices = load_prices()
        for span in spans:
            try:
                record = transcribe(span, key=key, prices=prices, settings=self._settings)
            except Exception:  # noqa: BLE001  # one odd span must not cost its batch
                self._ledger.drop("unreadable")
            else:
                yield Transcribed(span, record)

    def _report(self, before: dict[str, int]) -> None:
        """Log one line a drain, not one a span; no content, no ids."""
        after: dict[str, int] = self._ledger.snapshot()["dropped"]
        lost = {reason: n - before.get(reason, 0) for reason, n in after.items()}
        lost = {reason: n for reason, n in lost.items() if n}
        if lost:
            _log.warning("llm_observe: spans dropped: %s", lost)
