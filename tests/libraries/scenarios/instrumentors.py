"""What switches most libraries on: OpenTelemetry's SDK, then instrumentors."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

Flush = Callable[[], object]


def export() -> SpanExporter:
    """OpenTelemetry's own exporter, by protobuf or by JSON as the environment says."""
    protocol = os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"].removeprefix("http/")
    encoding = {"protobuf": "proto"}.get(protocol, protocol)
    module = import_module(f"opentelemetry.exporter.otlp.{encoding}.http.trace_exporter")
    exporter: SpanExporter = module.OTLPSpanExporter()
    return exporter


def provide() -> Flush:
    """OpenTelemetry's SDK with its own exporter, configured by the environment alone."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(export()))
    trace.set_tracer_provider(provider)
    return provider.force_flush


def instrument(*names: str) -> Callable[[], Flush]:
    """Give a set-up that switches on instrumentors, each named ``module:class``."""

    def set_up() -> Flush:
        flush = provide()
        for name in names:
            module, _, instrumentor = name.partition(":")
            getattr(import_module(module), instrumentor)().instrument()
        return flush

    return set_up
