"""The one running instance: what ``init`` builds and ``shutdown`` takes down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from llm_observe import semconv
from llm_observe.collector import SpanCollector
from llm_observe.config import Settings
from llm_observe.content import ContentHook
from llm_observe.data_api import DataApi
from llm_observe.drain import Drain
from llm_observe.errors import ConfigurationError
from llm_observe.exporter import (
    ConsoleExporter,
    DigestKeyring,
    Exporter,
    RpcClient,
    SupabaseSpanExporter,
)
from llm_observe.ids import SystemIdGenerator
from llm_observe.instrumentation import instrument_providers
from llm_observe.ledger import Ledger
from llm_observe.otlp import OtlpExporter


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts of one instance."""

    settings: Settings
    provider: TracerProvider
    content: ContentHook
    drain: Drain
    ledger: Ledger
    instrumentors: list[Any]
    data_api: DataApi | None

    def stop(self, *, timeout: float | None = None) -> None:
        """Drain, undo the instrumentation, close connections."""
        self.drain.run(timeout=timeout)
        if self.instrumentors and self.settings.stream_usage != "never":
            from llm_observe.stream_usage import stop_asking  # noqa: PLC0415  # imports openai

            stop_asking()
        for instrumentor in self.instrumentors:
            instrumentor.uninstrument()
        self.drain.close()
        if self.data_api is not None:
            self.data_api.close()


def build_runtime(settings: Settings, client: RpcClient | None = None) -> Runtime:
    """Build the provider, the pipeline and the exporters that the settings name.

    The provider is not made the global one: FastAPI and others trace every request as soon as a
    global provider exists, and the application's own choice of it stays its own.

    Raises:
        ConfigurationError: if a setting is missing for an exporter.
    """
    ledger, content = Ledger(), ContentHook()
    collector = SpanCollector(settings, content, ledger)
    api = None
    supabase = _write_through(client, settings, ledger) if client is not None else None
    if supabase is None and "supabase" in settings.exporters:
        api = DataApi.from_settings(settings)
        supabase = SupabaseSpanExporter.from_data_api(api, ledger)
    exporters = _build_exporters(settings, supabase, ledger)
    keyring = DigestKeyring(settings.digest_key, supabase)
    resource = {semconv.SERVICE_NAME: settings.service_name} if settings.service_name else {}
    provider = TracerProvider(
        # What a caller chose not to sample still costs money.
        sampler=ALWAYS_ON,
        resource=Resource.create(resource),
        id_generator=SystemIdGenerator(),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(collector)
    return Runtime(
        settings=settings,
        provider=provider,
        content=content,
        drain=Drain(collector, exporters, keyring, ledger, settings),
        ledger=ledger,
        instrumentors=instrument_providers(provider, content, settings),
        data_api=api,
    )


def _write_through(client: RpcClient, settings: Settings, ledger: Ledger) -> SupabaseSpanExporter:
    if settings.tenant is None:
        raise ConfigurationError(
            "A client writes for the one tenant that its token belongs to: set LLM_OBSERVE_TENANT."
        )
    return SupabaseSpanExporter.from_client(client, tenant=settings.tenant, ledger=ledger)


def _build_exporters(
    settings: Settings, supabase: SupabaseSpanExporter | None, ledger: Ledger
) -> list[Exporter]:
    exporters: list[Exporter] = [supabase] if supabase is not None else []
    if "otlp" in settings.exporters:
        exporters.append(OtlpExporter.from_environment(settings, ledger))
    if "console" in settings.exporters:
        exporters.append(ConsoleExporter())
    return exporters
