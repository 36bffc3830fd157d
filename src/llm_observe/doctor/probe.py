"""A test span: written, read back and taken away, each under the token of whoever does such."""

from __future__ import annotations

import time
import uuid

from llm_observe.doctor.checks import Check
from llm_observe.doctor.door import TENANT, Answer, ProjectDoor, split
from llm_observe.records import SpanRecord


def try_span(door: ProjectDoor) -> Check:
    """Say whether a span that is written can be read, and forgotten again."""
    began = time.monotonic()
    span = _make_span()
    written = door.ask("rpc/ingest_spans", "llm_ingest", {"spans": [span.to_row()]})
    if not written.is_success:
        return _fail("written", written)
    found = door.ask(f"span_summaries?trace_id=eq.{span.trace_id}&select=span_id", "authenticated")
    gone = door.ask("rpc/forget_trace", "llm_admin", {"trace_id": span.trace_id})
    if not found.is_success or found.body != [{"span_id": span.span_id}]:
        return _fail("read back", found)
    if not gone.is_success:
        return _fail("taken away again", gone)
    took = (time.monotonic() - began) * 1000
    told = f"A span of tenant {TENANT} was written, read back and taken away in {took:.0f} ms."
    return Check("test_span", "ok", told)


def _make_span() -> SpanRecord:
    now = time.time_ns()
    return SpanRecord(
        tenant_id=TENANT,
        trace_id=uuid.uuid4().hex,
        span_id=uuid.uuid4().hex[:16],
        name="a span of the doctor",
        kind="internal",
        start_ns=now,
        end_ns=now,
        status="ok",
    )


def _fail(what: str, answer: Answer) -> Check:
    message = f"A test span could not be {what}: {answer.explain()}."
    if answer.trouble is not None:
        return Check("test_span", "failed", message, split(answer.trouble)[1])
    return Check("test_span", "failed", message, "The database's log has the error.")
