"""The way of a span from its start to the exporters, built at first need."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Tracer

from llm_observe import semconv
from llm_observe._delivery.drain import Drain, Lane
from llm_observe._delivery.exporter import (
    ConsoleExporter,
    Exporter,
    RpcClient,
    SupabaseSpanExporter,
)
from llm_observe._delivery.ledger import Ledger
from llm_observe._delivery.otlp import OtlpExporter
from llm_observe._delivery.this_process import THIS_PROCESS
from llm_observe._quiet import silence
from llm_observe._tracing.collector import GuardedProcessor, SpanCollector
from llm_observe._tracing.ids import SystemIdGenerator
from llm_observe._tracing.instrumentation import Instrumentation
from llm_observe._tracing.probe import try_out
from llm_observe.config import Settings
from llm_observe.content import ContentHook
from llm_observe.errors import ConfigurationError
from llm_observe.supabase.data_api import DataApi


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The parts that an instance traces with."""

    provider: TracerProvider
    tracer: Tracer
    """For the application's own steps."""
    content: ContentHook
    collector: SpanCollector
    drain: Drain
    instrumentation: Instrumentation

    def renew(self) -> None:
        """Start over as another process: this one is a fork, or restored from a snapshot."""
        THIS_PROCESS.renew()
        self.collector.forget()
        self.drain.forget()

    def stop(self, *, timeout: float | None = None) -> None:
        """Drain, undo the instrumentation, close connections."""
        self.drain.run(timeout=timeout)
        self.instrumentation.stop()
        self.drain.close()


def build_pipeline(settings: Settings, ledger: Ledger, client: RpcClient | None = None) -> Pipeline:
    """Build the provider, the collector and the exporters that the settings name.

    The provider is not made the global one: FastAPI and others trace every request as soon as a
    global provider exists, and the application's own choice of it stays its own.

    Raises:
        Exception: anything at all, if a package that the application brings is of a version that
            this does not work with.
    """
    with silence():
        # Where this fails nothing has been switched on yet.
        try_out(_build_provider, settings)
    content = ContentHook()
    collector = SpanCollector(settings, content, ledger)
    lanes = _build_lanes(settings, client, ledger)
    provider = _build_provider(settings, GuardedProcessor(collector))
    return Pipeline(
        provider=provider,
        tracer=provider.get_tracer("llm_observe", version("llm-observe")),
        content=content,
        collector=collector,
        drain=Drain(collector.take, lanes, settings),
        instrumentation=Instrumentation(provider, content, settings),
    )


def _build_provider(settings: Settings, processor: SpanProcessor) -> TracerProvider:
    known = {
        semconv.SERVICE_NAME: settings.service_name,
        semconv.SERVICE_VERSION: settings.release,
    }
    resource = {key: value for key, value in known.items() if value}
    provider = TracerProvider(
        # A call that its caller did not sample still costs money.
        sampler=ALWAYS_ON,
        resource=Resource.create(resource),
        id_generator=SystemIdGenerator(),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(processor)
    return provider


def _build_lanes(settings: Settings, client: RpcClient | None, ledger: Ledger) -> list[Lane]:
    """The one whose ledger counts comes first."""
    lanes: list[Lane] = []
    if client is not None:
        lanes.append(Lane(_write_through(client, settings, ledger), settings, ledger))
    elif "supabase" in settings.exporters:
        api = DataApi.from_settings(settings)
        exporter = SupabaseSpanExporter.from_data_api(
            api, ledger, digest_master=settings.digest_key
        )
        lanes.append(Lane(exporter, settings, ledger, api.troubles))
    others: list[Exporter] = []
    if "otlp" in settings.exporters:
        others.append(OtlpExporter.from_environment(settings))
    if "console" in settings.exporters:
        others.append(ConsoleExporter())
    for other in others:
        lanes.append(Lane(other, settings, Ledger() if lanes else ledger))
    return lanes


def _write_through(client: RpcClient, settings: Settings, ledger: Ledger) -> SupabaseSpanExporter:
    if settings.tenant is None:
        raise ConfigurationError(
            "A client writes for the one tenant that its token belongs to: set LLM_OBSERVE_TENANT."
        )
    return SupabaseSpanExporter.from_client(
        client, ledger, tenant=settings.tenant, digest_master=settings.digest_key
    )
