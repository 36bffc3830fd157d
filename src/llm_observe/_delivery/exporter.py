"""Where records go: Supabase, the console, or any OTLP receiver.

An exporter gets one tenant's batch and a deadline (``time.monotonic`` seconds). It never stays
past it, and says what became of each span.
"""

from __future__ import annotations

import json
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, Protocol

import httpx
from opentelemetry.instrumentation.utils import suppress_instrumentation
from postgrest.exceptions import APIError

from llm_observe._delivery.finished import FinishedSpan
from llm_observe._delivery.ledger import Ledger
from llm_observe.dialects.mapping import NO_RULES
from llm_observe.privacy.protection import read_derived_key
from llm_observe.records import SpanRecord, weigh
from llm_observe.supabase.data_api import DataApi
from llm_observe.supabase.halving import BatchRefusedError, store_portions
from llm_observe.supabase.portions import Row
from llm_observe.supabase.refusals import Refusal, classify, describe_refusal
from llm_observe.supabase.tenant_settings import NOTHING_KNOWN, TenantSettings, read_tenant_settings

_MOST_TRIES: Final = 3
_MOST_TENANTS: Final = 1024
"""Tenants whose settings are cached. The oldest entry is dropped and asked for again."""
_LEAST_TIME: Final = 0.05
"""Seconds below which another try is not worth starting."""
_MOST_REASONS: Final = 3
"""Of refused spans, in the one line that tells them."""

_log = logging.getLogger("llm_observe")


class Outcome(Enum):
    """The fate of a span."""

    STORED = auto()
    """Acknowledged: it is where it should be."""
    UNREACHABLE = auto()
    """Nobody answered in time, or not for good: sent again it may be stored."""
    REJECTED = auto()
    """Refused for good: sent again it will be refused again."""


class RpcClient(Protocol):
    """The part of a Supabase client that the exporter needs."""

    def rpc(self, func: str, params: Any) -> Any:
        """Prepare a call of a database function."""


@dataclass(frozen=True, slots=True)
class Transcribed:
    """A span and the record made of it."""

    finished: FinishedSpan
    record: SpanRecord


class Exporter(Protocol):
    """Sends one tenant's batch somewhere."""

    def find_settings(self, tenant: str, *, deadline: float | None) -> TenantSettings | Outcome:
        """Give what a tenant wants of its spans, or why it is not known; None: without asking."""

    def export(
        self, tenant: str, batch: Sequence[Transcribed], *, deadline: float
    ) -> Sequence[Outcome]:
        """Send the batch, and say what became of each span; never stay past the deadline."""

    def reset(self) -> None:
        """Let go of connections; they are made again when needed."""


class SupabaseSpanExporter:
    """Writes batches by one ``rpc("ingest_spans")`` per tenant, under that tenant's own token."""

    def __init__(
        self,
        connect: Callable[[str, float], RpcClient],
        ledger: Ledger,
        *,
        digest_master: str | None = None,
        reset: Callable[[], None] = lambda: None,
    ) -> None:
        """Take a function from (tenant, timeout in seconds) to a client that acts as the tenant."""
        self._connect = connect
        self._ledger = ledger
        self._digest_master = digest_master
        self._derived = read_derived_key(digest_master) if digest_master else None
        self._tenants: dict[str, TenantSettings] = {}
        self.reset = reset

    @classmethod
    def from_data_api(
        cls, api: DataApi, ledger: Ledger, *, digest_master: str | None
    ) -> SupabaseSpanExporter:
        """Write through a project's Data API with tokens minted for ``llm_ingest``."""
        return cls(
            lambda tenant, timeout: api.connect_as("llm_ingest", tenant, timeout=timeout),
            ledger,
            digest_master=digest_master,
            reset=api.reset,
        )

    @classmethod
    def from_client(
        cls, client: RpcClient, ledger: Ledger, *, tenant: str, digest_master: str | None
    ) -> SupabaseSpanExporter:
        """Write through a Supabase client whose own token belongs to one tenant.

        Batches of other tenants are refused: they would end up under this one's token.
        """

        def connect(wanted: str, _timeout: float) -> RpcClient:
            if wanted != tenant:
                raise PermissionError(f"This client writes for {tenant!r} only.")
            return client

        return cls(connect, ledger, digest_master=digest_master)

    def find_settings(self, tenant: str, *, deadline: float | None) -> TenantSettings | Outcome:
        """Ask what the tenant wants, once; each batch's answer says what it wants of the next."""
        if tenant not in self._tenants:
            if deadline is None:
                return TenantSettings(self._derived, NO_RULES)
            answer = self._ingest(tenant, [], deadline=deadline)
            if isinstance(answer, Outcome):
                return answer
            self._learn(tenant, answer)
        return self._tenants[tenant]

    def export(
        self, tenant: str, batch: Sequence[Transcribed], *, deadline: float
    ) -> Sequence[Outcome]:
        """Send the batch in one request, or in as many as it takes to leave out what is refused."""
        outcomes = [Outcome.UNREACHABLE] * len(batch)
        reasons = Counter[str]()
        rows = [item.record.to_row() for item in batch]

        def send(places: Sequence[int]) -> None:
            answer = self._ingest(tenant, [rows[place] for place in places], deadline=deadline)
            if isinstance(answer, Outcome):
                raise _StoppedError(answer)
            # The rows are stored, even if the rest of the answer cannot be read.
            with suppress(KeyError, TypeError, ValueError):
                self._learn(tenant, answer)
            for place in places:
                outcomes[place] = Outcome.STORED

        def refuse(place: int, reason: str) -> None:
            outcomes[place] = Outcome.REJECTED
            reasons[reason] += 1

        try:
            store_portions(range(len(rows)), lambda place: weigh(rows[place]), send, refuse)
        except _StoppedError as stopped:
            outcomes = [
                stopped.outcome if outcome is Outcome.UNREACHABLE else outcome
                for outcome in outcomes
            ]
        _report(reasons)
        return outcomes

    def _learn(self, tenant: str, answer: Mapping[str, Any]) -> None:
        wanted = read_tenant_settings(answer, tenant=tenant, master=self._digest_master)
        self._tenants.pop(tenant, None)
        if len(self._tenants) >= _MOST_TENANTS:
            del self._tenants[next(iter(self._tenants))]
        self._tenants[tenant] = wanted

    def _ingest(
        self, tenant: str, rows: list[Row], *, deadline: float
    ) -> Mapping[str, Any] | Outcome:
        """Call until it works, it can never work, or time is up; redelivery changes nothing.

        Raises:
            BatchRefusedError: if a row is refused, or nobody knows what.
        """
        payload = {"spans": rows, "process": self._ledger.describe(tenant), "settings": True}
        for attempt in range(_MOST_TRIES):
            left = deadline - time.monotonic()
            if left < _LEAST_TIME:
                break
            try:
                with suppress_instrumentation():
                    answer: Mapping[str, Any] = (
                        self._connect(tenant, left).rpc("ingest_spans", payload).execute().data
                    )
                    return answer
            except httpx.TransportError:
                pass
            except APIError as error:
                # Before 2.34, postgrest gives a status without a code as a number.
                code = error.code and str(error.code)
                match refusal := classify(code):
                    case Refusal.FINAL:
                        return Outcome.REJECTED
                    case Refusal.LIMIT:
                        # It is waited for in seconds, and not here.
                        return Outcome.UNREACHABLE
                    case Refusal.ROW | Refusal.UNFORESEEN if rows:
                        reason = describe_refusal(code, error.message)
                        raise BatchRefusedError(reason, certain=refusal is Refusal.ROW) from error
            _pause(attempt, deadline)
        return Outcome.UNREACHABLE


class _StoppedError(Exception):
    """The rest of a batch shares an outcome: no part of it would have another."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.name)
        self.outcome = outcome


def _report(reasons: Counter[str]) -> None:
    """Log why spans were refused, in one line a batch; no reason holds a value of a span."""
    if reasons:
        told = "; ".join(f"{count}: {why}" for why, count in reasons.most_common(_MOST_REASONS))
        _log.warning("llm_observe: the database refused spans for good (%s)", told)


class ConsoleExporter:
    """Writes each record as a line of JSON to standard output, for a look without a database."""

    def find_settings(
        self,
        tenant: str,  # noqa: ARG002  # nobody is asked
        *,
        deadline: float | None,  # noqa: ARG002  # nobody is asked
    ) -> TenantSettings:
        """Nothing is known: only the database knows a tenant's salt and rules."""
        return NOTHING_KNOWN

    def export(
        self,
        tenant: str,
        batch: Sequence[Transcribed],
        *,
        deadline: float,  # noqa: ARG002  # nobody is waited for
    ) -> Sequence[Outcome]:
        """Write the batch."""
        for item in batch:
            line = {"tenant_id": tenant, **item.record.to_row()}
            sys.stdout.write(json.dumps(line, default=str) + "\n")
        sys.stdout.flush()
        return [Outcome.STORED] * len(batch)

    def reset(self) -> None:
        """Nothing to do."""


def _pause(attempt: int, deadline: float) -> None:
    """Full jitter (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).

    None after the first try: that is how a stale socket shows itself.
    """
    pause = random.uniform(0, 0.1 * 2**attempt) if attempt else 0.0  # noqa: S311  # spreads load
    time.sleep(max(0.0, min(pause, deadline - time.monotonic() - _LEAST_TIME)))
