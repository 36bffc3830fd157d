"""Where records go: Supabase, the console, or any OTLP receiver.

An exporter gets one tenant's batch and a deadline (``time.monotonic`` seconds), and neither
raises nor stays past it.
"""

from __future__ import annotations

import base64
import json
import random
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import httpx
from opentelemetry.instrumentation.utils import suppress_instrumentation
from postgrest.exceptions import APIError

from llm_observe.data_api import DataApi
from llm_observe.ledger import DropReason, Ledger
from llm_observe.privacy import DigestKey, derive_digest_key
from llm_observe.records import SpanRecord
from llm_observe.transcription import FinishedSpan

_MOST_TRIES: Final = 3
_LEAST_TIME: Final = 0.05
"""Seconds below which another try is not worth starting."""
_TEMPORARY: Final = re.compile(r"(08|53|57)\w{3}|40001|40P01|PGRST00\d|408|429|5\d\d")
"""Codes that may pass: SQLSTATE classes connection, resources and intervention, lost races;
PostgREST's own database errors (https://docs.postgrest.org/en/v14/references/errors.html);
plain HTTP statuses where a proxy answered."""


class RpcClient(Protocol):
    """What the exporter needs of a Supabase client."""

    def rpc(self, func: str, params: Any) -> Any:
        """Prepare a call of a database function."""


@dataclass(frozen=True, slots=True)
class Transcribed:
    """A span and the record made of it."""

    finished: FinishedSpan
    record: SpanRecord


class Exporter(Protocol):
    """Sends one tenant's batch somewhere."""

    def export(self, tenant: str, batch: Sequence[Transcribed], *, deadline: float) -> None:
        """Send the batch; never raise, never stay past the deadline."""

    def close(self) -> None:
        """Let go of connections."""


class SupabaseSpanExporter:
    """Writes batches by one ``rpc("ingest_spans")`` per tenant, under that tenant's own token."""

    def __init__(self, connect: Callable[[str, float], RpcClient], ledger: Ledger) -> None:
        """Take a function from (tenant, timeout in seconds) to a client that acts as the tenant."""
        self._connect = connect
        self._ledger = ledger

    @classmethod
    def from_data_api(cls, api: DataApi, ledger: Ledger) -> SupabaseSpanExporter:
        """Write through a project's Data API with tokens minted for ``llm_ingest``."""
        return cls(
            lambda tenant, timeout: api.connect_as("llm_ingest", tenant, timeout=timeout), ledger
        )

    @classmethod
    def from_client(cls, client: RpcClient, *, tenant: str, ledger: Ledger) -> SupabaseSpanExporter:
        """Write through a Supabase client whose own token belongs to one tenant.

        Batches of other tenants are refused: they would end up under this one's token.
        """

        def connect(wanted: str, _timeout: float) -> RpcClient:
            if wanted != tenant:
                raise PermissionError(f"This client writes for {tenant!r} only.")
            return client

        return cls(connect, ledger)

    def export(self, tenant: str, batch: Sequence[Transcribed], *, deadline: float) -> None:
        """Send the batch; what cannot be sent is counted in the ledger."""
        rows = [item.record.to_row() for item in batch]
        answer = self._ingest(tenant, rows, deadline=deadline)
        if isinstance(answer, str):
            self._ledger.drop(answer, len(rows))
        else:
            self._ledger.store(len(rows))

    def fetch_digest_salt(self, tenant: str, *, deadline: float) -> tuple[str, bytes] | None:
        """Ask for a tenant's digest key id and salt; None where it has none or nobody answers."""
        answer = self._ingest(tenant, [], deadline=deadline)
        digest = None if isinstance(answer, str) else answer.get("digest")
        if not digest:
            return None
        return digest["kid"], base64.b64decode(digest["salt"])

    def close(self) -> None:
        """Nothing to do: the connections belong to whoever made them."""

    def _ingest(
        self, tenant: str, rows: list[dict[str, Any]], *, deadline: float
    ) -> Mapping[str, Any] | DropReason:
        """Call until it works, it can never work, or time is up; redelivery changes nothing."""
        payload = {"spans": rows, "process": self._ledger.snapshot()}
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
            except (httpx.TransportError, APIError) as error:
                if not _may_pass(error):
                    return "rejected"
            _pause(attempt, deadline)
        return "unreachable"


class DigestKeyring:
    """Digest keys by tenant, derived once each from the master secret and the tenant's salt."""

    def __init__(self, master: str | None, source: SupabaseSpanExporter | None) -> None:
        self._master = master
        self._source = source
        self._keys: dict[str, DigestKey] = {}

    def get(self, tenant: str, *, deadline: float) -> DigestKey | None:
        """Give the tenant's key, or None: then only lengths are kept."""
        if self._master is None or self._source is None:
            return None
        if tenant not in self._keys:
            salt = self._source.fetch_digest_salt(tenant, deadline=deadline)
            if salt is None:
                return None
            kid, secret = salt
            self._keys[tenant] = derive_digest_key(
                self._master, tenant=tenant, kid=kid, salt=secret
            )
        return self._keys[tenant]


class ConsoleExporter:
    """Writes each record as a line of JSON to standard output, for a look without a database."""

    def export(self, tenant: str, batch: Sequence[Transcribed], *, deadline: float) -> None:  # noqa: ARG002
        """Write the batch."""
        for item in batch:
            line = {"tenant_id": tenant, **item.record.to_row()}
            sys.stdout.write(json.dumps(line, default=str) + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        """Nothing to do."""


def _may_pass(error: Exception) -> bool:
    return not isinstance(error, APIError) or bool(_TEMPORARY.fullmatch(error.code or ""))


def _pause(attempt: int, deadline: float) -> None:
    """Full jitter (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/)."""
    pause = random.uniform(0, 0.1 * 2**attempt)  # noqa: S311  # spreads load, guards nothing
    time.sleep(max(0.0, min(pause, deadline - time.monotonic() - _LEAST_TIME)))
