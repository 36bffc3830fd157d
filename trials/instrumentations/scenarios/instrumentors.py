"""What switches most libraries on; each gives what flushes it."""

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


def set_up_openlit() -> Flush:
    """OpenLIT builds its own provider, from the same environment."""
    openlit = import_module("openlit")
    openlit.init(disable_metrics=True)
    return find_flush()


def set_up_logfire(*names: str) -> Callable[[], Flush]:
    """Give a set-up of Logfire's SDK with its own ``instrument_`` functions."""

    def set_up() -> Flush:
        logfire = import_module("logfire")
        logfire.configure(send_to_logfire=False, console=False)
        for name in names:
            getattr(logfire, f"instrument_{name}")()
        flush: Flush = logfire.force_flush
        return flush

    return set_up


def set_up_mlflow(*names: str) -> Callable[[], Flush]:
    """Give a set-up of MLflow's ``autolog`` functions."""

    def set_up() -> Flush:
        for name in names:
            import_module(f"mlflow.{name}").autolog()
        # MLflow keeps a provider of its own, made at the first call.
        own = import_module("mlflow.tracing.provider").provider
        return lambda: own.get().force_flush()

    return set_up


def find_flush() -> Flush:
    """Give what flushes the provider that is set by then, if any."""

    def flush() -> None:
        flush_provider = getattr(trace.get_tracer_provider(), "force_flush", None)
        if flush_provider is not None:
            flush_provider()

    return flush
