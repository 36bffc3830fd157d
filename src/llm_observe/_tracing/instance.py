"""The instance that ``init`` starts: light until the first client is imported or span opened.

Nothing here imports OpenTelemetry, an HTTP client or cryptography. A function that never calls a
model pays for none of them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from llm_observe._delivery.ledger import Ledger
from llm_observe._tracing.guard import guard
from llm_observe._tracing.import_watch import ImportWatch
from llm_observe._tracing.instrumented_clients import CLIENTS, find_instrumentations
from llm_observe.config import Settings, require_project
from llm_observe.errors import ConfigurationError
from llm_observe.privacy.digest_keys import read_digest_key
from llm_observe.supabase.credentials import check_signing_key, read_ingest_token

if TYPE_CHECKING:
    from llm_observe._delivery.exporter import RpcClient
    from llm_observe._tracing.pipeline import Pipeline

_LONGEST_BUILD: Final = 10.0
"""Seconds to wait for another thread that builds. It may be waiting for an import that this one is
in the middle of, and then this one goes on untraced."""
_EXPIRES_SOON: Final = 14
"""Days before the end of an ingest token at which every start says so."""

_log = logging.getLogger("llm_observe")


class Instance:
    """One instance: its settings and counts at once, everything else at first need."""

    def __init__(self, settings: Settings, client: RpcClient | None = None) -> None:
        """Check the settings.

        Raises:
            ConfigurationError: if one is missing or malformed; the message names it.
        """
        self.given = settings
        self.settings = _check(settings, client)
        self.ledger = Ledger()
        self.client = client
        self._pipeline: Pipeline | None = None
        # Reentrant: what is imported for it may ask for what is being built.
        self._building = RLock()
        self._begun = self._done = False
        self._watch = ImportWatch({}, _ignore)

    def start(self) -> None:
        """Trace every client from its import on, those that are imported already at once."""
        found = find_instrumentations()
        clients = {CLIENTS[name].module: name for name in found & CLIENTS.keys()}
        self._watch = ImportWatch(clients, lambda module: self._instrument(clients[module]))
        self._watch.start()
        for name in sorted(found - CLIENTS.keys()):
            # Nobody knows which import to wait for.
            self._instrument(name)

    @property
    def pipeline(self) -> Pipeline | None:
        """The pipeline, if a client or a span has asked for it."""
        return self._pipeline

    def build(self) -> Pipeline | None:
        """Give the pipeline, made at first need; None where it cannot be made, logged once.

        Nothing raises: it runs inside the application's own imports and calls.
        """
        if self._done:
            return self._pipeline
        if not self._building.acquire(timeout=_LONGEST_BUILD):
            _log.warning("llm_observe: not started in time, what is imported now is not traced")
            return None
        try:
            if not self._begun:
                self._begun = True
                self._pipeline = self._try_building()
                self._done = True
        finally:
            self._building.release()
        return self._pipeline

    def renew(self) -> None:
        """Start over as another process: this one is a fork, or restored from a snapshot."""
        self._building = RLock()
        # A thread that was building may not be here any more.
        self._begun = self._done
        if self._pipeline is not None:
            self._pipeline.renew()
        else:
            self.ledger.renew()

    def stop(self) -> None:
        """Drain, undo the instrumentation, close connections, and stay untraced."""
        self._watch.stop()
        self._begun = self._done = True
        if self._pipeline is not None:
            pipeline, self._pipeline = self._pipeline, None
            pipeline.stop()

    def end_open(self, error_type: str, attributes: Mapping[str, Any]) -> None:
        """End every span that is still open; not where other invocations share the process."""
        if self._pipeline is not None and not self.settings.concurrent:
            self._pipeline.collector.end_open(error_type, attributes)

    def drain(self, timeout: float | None = None, *, urgent: bool = False) -> None:
        """Send what is finished, within so many seconds; urgent: with no request but that one."""
        if self._pipeline is not None:
            self._pipeline.drain.run(timeout=timeout, urgent=urgent)

    def _try_building(self) -> Pipeline | None:
        try:
            from llm_observe._tracing.pipeline import build_pipeline  # noqa: PLC0415  # see the top

            return build_pipeline(self.settings, self.ledger, self.client)
        except Exception as error:  # noqa: BLE001  # the application must run
            _tell_untraced(error)
            return None

    def _instrument(self, name: str) -> None:
        # Runs inside the application's own import.
        with guard(f"tracing by {name}"):
            if (pipeline := self.build()) is not None:
                pipeline.instrumentation.switch_on(name)


def _ignore(_module: str) -> None:
    return


def _tell_untraced(error: Exception) -> None:
    """Say once why nothing is traced, in one line."""
    try:
        from llm_observe._tracing.compatibility import explain  # noqa: PLC0415  # only where it broke

        reason = explain(error)
    except Exception:  # noqa: BLE001  # what describes the trouble may be in it
        reason = type(error).__name__
    _log.warning("llm_observe: not started, nothing is traced: %s", reason)


def _check(settings: Settings, client: RpcClient | None) -> Settings:
    """Look at what does not need anything heavy, and adopt the token's tenant."""
    if client is not None and settings.tenant is None:
        raise ConfigurationError(
            "A client writes for the one tenant that its token belongs to: set LLM_OBSERVE_TENANT."
        )
    if client is None and "supabase" in settings.exporters:
        require_project(settings)
        if settings.ingest_token is None:
            check_signing_key(settings.signing_key or "")
    if settings.digest_key:
        read_digest_key(settings.digest_key)
    if "otlp" in settings.exporters:
        _require_otlp()
    return _adopt_tenant(settings)


def _adopt_tenant(settings: Settings) -> Settings:
    """With an ingest token there is one tenant, the token's."""
    if settings.ingest_token is None:
        return settings
    tenant, expires_at = read_ingest_token(settings.ingest_token)
    if settings.tenant not in {None, tenant}:
        raise ConfigurationError(
            f"LLM_OBSERVE_INGEST_TOKEN writes for {tenant!r}, not for LLM_OBSERVE_TENANT."
        )
    days = (expires_at - time.time()) / 86_400
    if days < _EXPIRES_SOON:
        _log.warning("llm_observe: the ingest token expires in %.1f days; issue another", days)
    return replace(settings, tenant=tenant)


def _require_otlp() -> None:
    try:
        found = find_spec("opentelemetry.exporter.otlp.proto.http")
    except ImportError:
        found = None
    if found is None:
        raise ConfigurationError(
            "The otlp exporter needs a package: pip install 'llm-observe[otlp]'."
        )
