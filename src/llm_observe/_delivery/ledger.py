"""Counts of every span of this process: emitted, stored, dropped and why.

The sum that must come out, for each tenant: emitted = stored + dropped + still waiting.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Literal

DropReason = Literal[
    "buffer_full",  # more finished spans than LLM_OBSERVE_MAX_SPANS or LLM_OBSERVE_MAX_BYTES
    "no_tenant",  # no tenant in context and no LLM_OBSERVE_TENANT
    "unreadable",  # the span could not be made into a record
    "rejected",  # the database refused the batch for good
    "failed",  # an exporter broke
    "shut_down",  # still waiting when the process ended
]


@dataclass(slots=True)
class _Account:
    emitted: int = 0
    stored: int = 0
    dropped: Counter[DropReason] = field(default_factory=Counter)


class Ledger:
    """Counts of one process, by tenant. Safe to share between threads and with signal handlers."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Start over as another process: after a fork or a restored snapshot this is one."""
        # Reentrant: a SIGTERM handler may run while its own thread is in here. New, because
        # whoever held the old one may not be here any more.
        self._lock = RLock()
        self.process_id = os.urandom(16).hex()
        self._accounts: defaultdict[str | None, _Account] = defaultdict(_Account)

    def emit(self, tenant: str | None) -> None:
        """Count a span that ended."""
        with self._lock:
            self._accounts[tenant].emitted += 1

    def store(self, tenant: str, count: int) -> None:
        """Count spans whose storage was acknowledged."""
        with self._lock:
            self._accounts[tenant].stored += count

    def drop(self, tenant: str | None, reason: DropReason, count: int = 1) -> None:
        """Count spans that are lost, by reason."""
        if count:
            with self._lock:
                self._accounts[tenant].dropped[reason] += count

    def describe(self, tenant: str) -> dict[str, Any]:
        """Give what the database is told of this process: ``{"id", "emitted", "dropped"}``."""
        with self._lock:
            account = self._accounts[tenant]
            return {
                "id": self.process_id,
                "emitted": account.emitted,
                "dropped": dict(account.dropped),
            }

    def snapshot(self) -> dict[str, Any]:
        """Give all tenants' sums: ``{"process_id", "emitted", "stored", "dropped", "waiting"}``."""
        with self._lock:
            accounts = self._accounts.values()
            emitted = sum(account.emitted for account in accounts)
            stored = sum(account.stored for account in accounts)
            dropped = sum((account.dropped for account in accounts), Counter[DropReason]())
        return {
            "process_id": self.process_id,
            "emitted": emitted,
            "stored": stored,
            "dropped": dict(dropped),
            "waiting": emitted - stored - dropped.total(),
        }
