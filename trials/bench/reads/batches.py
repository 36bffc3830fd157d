"""Sessions as bodies of ``ingest_spans``, through our own transcription as in the function."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Final

from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import SourceSpan
from llm_observe.privacy.protection import DigestKey, derive_digest_key
from llm_observe.transcription import Transcriber
from trials.bench.reads.population import TENANTS, Calendar, Tenant
from trials.bench.reads.traces import SPANS, Session, make_session, make_spans

_SESSIONS: Final = 500 // SPANS
"""In a batch: not quite 500 spans."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of a tenant's sessions, in their order: what one call delivers."""

    tenant: Tenant
    first: int
    last: int
    """The first session that is not in it."""
    of: int
    """How many sessions the tenant has in all."""
    end: datetime

    @property
    def part(self) -> float:
        """Where in the thirty days it is."""
        return self.first / self.of

    @property
    def key_id(self) -> str:
        """The API key that brings it."""
        return self.tenant.keys[self.first // _SESSIONS % len(self.tenant.keys)]

    def list_sessions(self) -> Iterator[Session]:
        """List its sessions."""
        calendar = Calendar(self.end)
        return (
            make_session(self.tenant, number, self.of, calendar)
            for number in range(self.first, self.last)
        )

    def list_spans(self) -> Iterator[SourceSpan]:
        """List its spans as OpenTelemetry has them."""
        return chain.from_iterable(
            make_spans(session, self.end) for session in self.list_sessions()
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """A batch as ``ingest_spans`` takes it."""

    tenant: str
    key_id: str
    spans: int
    body: str


def plan(spans: int, end: datetime) -> list[Batch]:
    """Cut so many spans into batches, the tenants' shares of them, in the order of their times."""
    found = []
    for tenant in map(Tenant, range(TENANTS)):
        of = max(1, round(spans * tenant.share / SPANS))
        found += [
            Batch(tenant, first, min(first + _SESSIONS, of), of, end)
            for first in range(0, of, _SESSIONS)
        ]
    return sorted(found, key=lambda batch: (batch.part, batch.tenant.place))


def encode(batch: Batch) -> Delivery:
    """Give a batch as the function sends it to the database."""
    # One for each batch, as for each flush: its budget of work is not for thousands of them.
    transcriber = Transcriber(
        batch.tenant.name, _derive_key(batch.tenant.name), load_prices(), Settings()
    )
    rows = [
        transcriber.write(transcriber.protect(transcriber.read(span))).to_row()
        for span in batch.list_spans()
    ]
    process = {"id": f"{batch.tenant.place:032x}", "emitted": batch.last * SPANS, "dropped": {}}
    body = json.dumps({"spans": rows, "process": process}, separators=(",", ":"))
    return Delivery(batch.tenant.name, batch.key_id, len(rows), body)


@cache
def _derive_key(tenant: str) -> DigestKey:
    return derive_digest_key("bench", tenant=tenant, kid="k1", salt=b"s" * 32)
