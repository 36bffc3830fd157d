"""Takes finished spans to every exporter, within a deadline."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from threading import Lock

from llm_observe._delivery.exporter import Exporter, Outcome, Transcribed
from llm_observe._delivery.finished import FinishedSpan
from llm_observe._delivery.ledger import Ledger
from llm_observe._delivery.outbox import Outbox
from llm_observe._quiet import silence
from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.privacy.work import WorkBudget
from llm_observe.supabase.setting_troubles import SettingTroubles
from llm_observe.supabase.tenant_settings import TenantSettings
from llm_observe.transcription import transcribe

_log = logging.getLogger("llm_observe")


class Lane:
    """One exporter and the spans it has yet to send.

    Spans that cannot be sent stay, in order, and go out with the next drain.
    """

    def __init__(
        self,
        exporter: Exporter,
        settings: Settings,
        ledger: Ledger,
        troubles: SettingTroubles | None = None,
    ) -> None:
        self.exporter = exporter
        self._troubles = troubles or SettingTroubles()
        self.ledger = ledger
        self._settings = settings
        self._told = ledger.snapshot()
        self._late: set[str] = set()
        self._outbox = Outbox(max_spans=settings.max_spans, max_bytes=settings.max_bytes)

    def run(self, spans: Sequence[FinishedSpan], deadline: float, *, urgent: bool = False) -> None:
        """Send what waits and these, one batch a tenant.

        A tenant whose batches took too long the last time comes last: it would keep the others'
        from being sent. Urgent: do not fetch unknown tenant settings.
        """
        for refused in self._outbox.add(spans):
            self.ledger.drop(refused.tenant, "buffer_full")
        late = self._late
        waiting = sorted(self._outbox.take(), key=lambda span: (span.tenant in late, span.tenant))
        timely = True
        for tenant, group in groupby(waiting, key=attrgetter("tenant")):
            left = self._send(tenant, list(group), deadline, urgent=urgent)
            self._outbox.put_back(left)
            if not left:
                late.discard(tenant)
            elif timely:
                late.add(tenant)
                timely = False

    def abandon(self) -> None:
        """Count what waits as lost: there will be no next drain."""
        for span in self._outbox.take():
            self.ledger.drop(span.tenant, "shut_down")

    def forget(self) -> None:
        """Let go of what waits, as a forked child must: it is its parent's."""
        self._outbox.take()
        self.ledger.renew()
        self.exporter.reset()

    def report(self) -> None:
        """Log one line where something was lost or has to wait, not one a span; no content.

        Where a setting is to blame, the line says which, and numbers are in ``stats``.
        """
        explained, news = self._troubles.take()
        for sentence in news:
            _log.warning("llm_observe: spans are not stored: %s", sentence)
        counts, name = self.ledger.snapshot(), type(self.exporter).__name__
        dropped, waiting = counts["dropped"], counts["waiting"]
        if dropped != self._told["dropped"] and not explained:
            _log.warning("llm_observe: %s has dropped spans so far: %s", name, dropped)
        if waiting > 0 and waiting != self._told["waiting"] and not explained:
            _log.warning("llm_observe: %s keeps %d spans for its next try", name, waiting)
        self._told = counts

    def _send(
        self, tenant: str, spans: list[FinishedSpan], deadline: float, *, urgent: bool
    ) -> list[FinishedSpan]:
        """Send one tenant's spans; give those to send again.

        The one guard between telemetry and the application: nothing in here gets out.
        """
        try:
            wanted = self.exporter.find_settings(tenant, deadline=None if urgent else deadline)
            if isinstance(wanted, Outcome):
                outcomes: Sequence[Outcome] = [wanted] * len(spans)
            else:
                batch = list(self._transcribe(spans, wanted))
                spans = [item.finished for item in batch]
                outcomes = self.exporter.export(tenant, batch, deadline=deadline)
        except Exception as error:  # noqa: BLE001  # the host must not notice that telemetry broke
            self.ledger.drop(tenant, "failed", len(spans))
            _log.warning("llm_observe: exporting failed (%s)", type(error).__name__)
            return []
        self.ledger.store(tenant, outcomes.count(Outcome.STORED))
        self.ledger.drop(tenant, "rejected", outcomes.count(Outcome.REJECTED))
        told = zip(spans, outcomes, strict=True)
        return [span for span, outcome in told if outcome is Outcome.UNREACHABLE]

    def _transcribe(
        self, spans: list[FinishedSpan], wanted: TenantSettings
    ) -> Iterator[Transcribed]:
        prices, settings, work = load_prices(), wanted.restrict(self._settings), WorkBudget()
        for span in spans:
            try:
                record = transcribe(
                    span.to_source(),
                    span.content,
                    tenant=span.tenant,
                    key=wanted.key,
                    prices=prices,
                    settings=settings,
                    rules=wanted.rules,
                    work=work,
                )
            except Exception:  # noqa: BLE001  # one odd span must not cost its batch
                self.ledger.drop(span.tenant, "unreadable")
            else:
                yield Transcribed(span, record)


class Drain:
    """Runs every lane, one drain at a time.

    The first lane shares the collector's ledger; each other gets copies and counts for itself.
    """

    def __init__(
        self,
        take: Callable[[], Sequence[FinishedSpan]],
        lanes: Sequence[Lane],
        settings: Settings,
    ) -> None:
        """``take`` gives up what has finished since it was called last."""
        self._take = take
        self._lanes = lanes
        self._settings = settings
        self._lock = Lock()

    def run(self, *, timeout: float | None = None, urgent: bool = False) -> None:
        """Export all finished spans, within ``timeout`` seconds (default: the export timeout).

        Urgent: in one request a tenant, because the process is about to be killed.
        """
        longest = self._settings.export_timeout
        deadline = time.monotonic() + (longest if timeout is None else min(timeout, longest))
        # Bounded, because a SIGTERM handler may run while its own thread is in here.
        if not self._lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            return
        try:
            spans = self._take()
            for lane in self._lanes[1:]:
                for span in spans:
                    lane.ledger.emit(span.tenant)
            for lane in self._lanes:
                with silence():
                    lane.run(spans, deadline, urgent=urgent)
                lane.report()
        finally:
            self._lock.release()

    def close(self) -> None:
        """Count what still waits as lost, and close connections."""
        for lane in self._lanes:
            lane.abandon()
            lane.report()
            lane.exporter.reset()

    def forget(self) -> None:
        """Start over as another process: after a fork, or restored from a snapshot."""
        self._lock = Lock()
        for lane in self._lanes:
            lane.forget()
