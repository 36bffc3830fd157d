"""What became of every span of this process: emitted, stored, dropped and why."""

from __future__ import annotations

import uuid
from collections import Counter
from threading import Lock
from typing import Any, Literal

DropReason = Literal[
    "buffer_full",  # more spans than LLM_OBSERVE_MAX_SPANS between two drains
    "no_tenant",  # no tenant in context and no LLM_OBSERVE_TENANT
    "unreadable",  # the span could not be made into a record
    "rejected",  # the database refused the batch for good
    "unreachable",  # the database could not be reached within the time there was
    "failed",  # an exporter broke
    "otlp_failed",  # the OTLP receiver refused or did not answer; other exporters may have it
]


class Ledger:
    """Counts of one process; safe to share between threads."""

    def __init__(self) -> None:
        self.process_id = uuid.uuid4().hex
        self._emitted = 0
        self._stored = 0
        self._dropped: Counter[DropReason] = Counter()
        self._lock = Lock()

    def emit(self, count: int = 1) -> None:
        """Count spans that ended."""
        with self._lock:
            self._emitted += count

    def store(self, count: int) -> None:
        """Count spans whose storage was acknowledged."""
        with self._lock:
            self._stored += count

    def drop(self, reason: DropReason, count: int = 1) -> None:
        """Count spans that are lost, by reason."""
        with self._lock:
            self._dropped[reason] += count

    def snapshot(self) -> dict[str, Any]:
        """Give the counts as ``{"process_id", "emitted", "stored", "dropped": {reason: n}}``."""
        with self._lock:
            return {
                "process_id": self.process_id,
                "emitted": self._emitted,
                "stored": self._stored,
                "dropped": dict(self._dropped),
            }
