"""The one running instance: what ``init`` builds and ``shutdown`` takes down."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from llm_observe import semconv
from llm_observe.aws_lambda import AfterResponse, Handler, InFinally, drain_on_sigterm
from llm_observe.collector import SpanCollector
from llm_observe.config import Settings
from llm_observe.content import ContentHook
from llm_observe.data_api import DataApi
from llm_observe.drain import Drain, Lane
from llm_observe.emf import MetricLine
from llm_observe.errors import ConfigurationError
from llm_observe.exporter import (
    ConsoleExporter,
    Exporter,
    RpcClient,
    SupabaseSpanExporter,
)
from llm_observe.ids import SystemIdGenerator
from llm_observe.instrumentation import Instrumentation
from llm_observe.lambda_extension import register_extension
from llm_observe.ledger import Ledger
from llm_observe.otlp import OtlpExporter
from llm_observe.tokens import HeldToken

_WRAPPED: Final = "__llm_observe__"
"""``functools.wraps`` copies it, so decorators around a wrapped handler do not hide it."""

_EXPIRES_SOON: Final = 14
"""Days before the end of an ingest token at which every start says so."""

_log = logging.getLogger("llm_observe")


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts of one instance."""

    settings: Settings
    metrics: MetricLine
    provider: TracerProvider
    content: ContentHook
    collector: SpanCollector
    drain: Drain
    ledger: Ledger
    instrumentation: Instrumentation

    def end_open(self, error_type: str, attributes: Mapping[str, Any]) -> None:
        """End every span that is still open; not where other invocations share the process."""
        if not self.settings.concurrent:
            self.collector.end_open(error_type, attributes)

    def report(self) -> None:
        """Write the metric line, where there is somebody to read it."""
        if self.settings.on_lambda:
            self.metrics.write()

    def renew(self) -> None:
        """Start over as another process: this one is a fork, or restored from a snapshot."""
        self.drain.forget()
        self.metrics.renew()

    def stop(self, *, timeout: float | None = None) -> None:
        """Drain, undo the instrumentation, close connections."""
        self.drain.run(timeout=timeout)
        self.instrumentation.stop()
        self.drain.close()


def build_runtime(settings: Settings, client: RpcClient | None = None) -> Runtime:
    """Build the provider, the pipeline and the exporters that the settings name.

    The provider is not made the global one: FastAPI and others trace every request as soon as a
    global provider exists, and the application's own choice of it stays its own.

    Raises:
        ConfigurationError: if a setting is missing for an exporter.
    """
    settings = _adopt_tenant(settings)
    ledger, content = Ledger(), ContentHook()
    collector = SpanCollector(settings, content, ledger)
    exporters = _build_exporters(settings, client, ledger)
    lanes = [
        Lane(exporter, settings, Ledger() if number else ledger)
        for number, exporter in enumerate(exporters)
    ]
    resource = {semconv.SERVICE_NAME: settings.service_name} if settings.service_name else {}
    provider = TracerProvider(
        # What a caller chose not to sample still costs money.
        sampler=ALWAYS_ON,
        resource=Resource.create(resource),
        id_generator=SystemIdGenerator(),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(collector)
    instrumentation = Instrumentation(provider, content, settings)
    instrumentation.start()
    return Runtime(
        settings=settings,
        metrics=MetricLine(ledger, settings.service_name or "unknown"),
        provider=provider,
        content=content,
        collector=collector,
        drain=Drain(collector, lanes, settings),
        ledger=ledger,
        instrumentation=instrumentation,
    )


def _adopt_tenant(settings: Settings) -> Settings:
    """With an ingest token there is one tenant, the token's."""
    if settings.ingest_token is None:
        return settings
    held = HeldToken(settings.ingest_token)
    if settings.tenant not in {None, held.tenant}:
        raise ConfigurationError(
            f"LLM_OBSERVE_INGEST_TOKEN writes for {held.tenant!r}, not for LLM_OBSERVE_TENANT."
        )
    days = (held.expires_at - time.time()) / 86_400
    if days < _EXPIRES_SOON:
        _log.warning("llm_observe: the ingest token expires in %.1f days; issue another", days)
    return replace(settings, tenant=held.tenant)


def _build_exporters(
    settings: Settings, client: RpcClient | None, ledger: Ledger
) -> list[Exporter]:
    """The one whose ledger counts comes first."""
    exporters: list[Exporter] = []
    if client is not None:
        exporters.append(_write_through(client, settings, ledger))
    elif "supabase" in settings.exporters:
        api = DataApi.from_settings(settings)
        exporters.append(
            SupabaseSpanExporter.from_data_api(api, ledger, digest_master=settings.digest_key)
        )
    if "otlp" in settings.exporters:
        exporters.append(OtlpExporter.from_environment(settings))
    if "console" in settings.exporters:
        exporters.append(ConsoleExporter())
    return exporters


def _write_through(client: RpcClient, settings: Settings, ledger: Ledger) -> SupabaseSpanExporter:
    if settings.tenant is None:
        raise ConfigurationError(
            "A client writes for the one tenant that its token belongs to: set LLM_OBSERVE_TENANT."
        )
    return SupabaseSpanExporter.from_client(
        client, ledger, tenant=settings.tenant, digest_master=settings.digest_key
    )


class CurrentTelemetry:
    """What a wrapped handler calls: the instance that runs then, if there is one.

    Nothing raises: an exception here would replace the handler's answer, or end the thread that
    Lambda waits for.
    """

    def __init__(self, find: Callable[[], Runtime | None]) -> None:
        self._find = find

    def is_active(self) -> bool:
        """Whether anything is traced at all."""
        return self._find() is not None

    def end_open(self, error_type: str, attributes: Mapping[str, Any]) -> None:
        """End every span that is still open."""
        with _guard("ending open spans"):
            if (runtime := self._find()) is not None:
                runtime.end_open(error_type, attributes)

    def drain(self, timeout: float, *, urgent: bool = False) -> None:
        """Send what is finished, within so many seconds; urgent: with no request but that one."""
        with _guard("draining"):
            if (runtime := self._find()) is not None:
                runtime.drain.run(timeout=timeout, urgent=urgent)

    def report(self) -> None:
        """Write the metric line."""
        with _guard("reporting"):
            if (runtime := self._find()) is not None:
                runtime.report()


@contextmanager
def _guard(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  # the host must not notice that telemetry broke
        _log.warning("llm_observe: %s failed (%s)", what, type(error).__name__)


def wrap_handler(handler: Handler, find: Callable[[], Runtime | None]) -> Handler:
    """Wrap a Lambda handler; after the response where the Extensions API lets us, else before.

    Registering is only possible while the function initialises, and only worth it where tracing
    has been started by then. A handler that is wrapped already, as one may be that the layer
    wraps, too, stays as it is.
    """
    if getattr(handler, _WRAPPED, False):
        return handler
    wrapped = _choose_lifecycle(find).wrap(handler)
    setattr(wrapped, _WRAPPED, True)
    return wrapped


def _choose_lifecycle(find: Callable[[], Runtime | None]) -> AfterResponse | InFinally:
    telemetry, runtime = CurrentTelemetry(find), find()
    if runtime is not None and runtime.settings.runtime_api and not runtime.settings.concurrent:
        extension = register_extension(runtime.settings.runtime_api)
        if extension is not None:
            lifecycle = AfterResponse(telemetry, extension)
            lifecycle.start()
            drain_on_sigterm(telemetry)
            return lifecycle
    return InFinally(telemetry)
