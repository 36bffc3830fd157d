"""Spans of an application that calls no model, by OpenTelemetry's SDK for Python."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.trace import Link, SpanKind, StatusCode


def nested() -> None:
    """A server's span with a client's within it: every type of attribute, an event, a link."""
    tracer = trace.get_tracer("shop", "1.0")
    with tracer.start_as_current_span("GET /orders", kind=SpanKind.SERVER) as server:
        link = Link(server.get_span_context(), {"why": "the same order"})
        with tracer.start_as_current_span("SELECT orders", kind=SpanKind.CLIENT, links=[link]) as q:
            q.set_attributes({"db.system.name": "postgresql", "db.rows": 3, "db.cached": False})
            q.set_attributes({"db.cost": 0.5, "db.tables": ["orders", "items"]})
            q.add_event("rows came", {"rows": 3})
        server.set_status(StatusCode.OK)


def failed() -> None:
    """A span that ended with an exception."""
    span = trace.get_tracer("shop", "1.0").start_span("charge")
    span.record_exception(ValueError("no funds"))
    span.set_status(StatusCode.ERROR, "no funds")
    span.end()
