"""Switches on each provider's official instrumentation when its client library is imported.

Not before: importing a client costs 0.5 to 0.9 s of processor time at a cold start, which a
function that never calls a model does not have to pay.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from opentelemetry.trace import TracerProvider
from wrapt import register_post_import_hook

from llm_observe.config import Settings
from llm_observe.content import ContentHook

_GROUP: Final = "opentelemetry_instrumentor"
_PROVIDERS: Final = (
    "opentelemetry.instrumentation.genai.",
    "opentelemetry.instrumentation.google_genai",
)
"""Where OpenTelemetry keeps the instrumentations of model providers. Others stay untouched."""
_CLIENTS: Final[Mapping[str, str]] = {
    "anthropic": "anthropic",
    "bedrock": "boto3",
    "google-genai": "google.genai",
    "langchain": "langchain",
    "openai": "openai",
    "openai_agents": "agents",
}
"""The module that each entry point instruments; its metadata names only the distribution
(https://github.com/open-telemetry/opentelemetry-python-contrib). One that is not here starts
at once."""
_OPENAI: Final = "openai"

_log = logging.getLogger("llm_observe")


class Instrumentation:
    """Every installed provider's instrumentation, from ``start`` to ``stop``."""

    def __init__(self, provider: TracerProvider, hook: ContentHook, settings: Settings) -> None:
        self._provider = provider
        self._hook = hook
        self._stream_usage = settings.stream_usage
        self._stopped = False
        self._active: dict[str, Any] = {}

    def start(self) -> None:
        """Instrument what is imported by now, and the rest as soon as it is."""
        for entry in entry_points(group=_GROUP):
            if not entry.value.startswith(_PROVIDERS):
                continue
            if entry.name in _CLIENTS:
                register_post_import_hook(self._make_hook(entry), _CLIENTS[entry.name])
            else:
                self._instrument(entry)

    def stop(self) -> None:
        """Undo it; what is imported from now on stays as it is."""
        self._stopped = True
        if _OPENAI in self._active and self._stream_usage != "never":
            from llm_observe.stream_usage import stop_asking  # noqa: PLC0415  # imports openai

            stop_asking()
        for instrumentor in self._active.values():
            instrumentor.uninstrument()
        self._active.clear()

    def _make_hook(self, entry: EntryPoint) -> Any:
        return lambda _module: self._instrument(entry)

    def _instrument(self, entry: EntryPoint) -> None:
        """Runs inside the application's own import, so nothing may get out of it."""
        if self._stopped:
            return
        try:
            self._switch_on(entry)
        except Exception as error:  # noqa: BLE001  # a broken plug-in must not stop the application
            _log.warning(
                "llm_observe: %s could not be instrumented (%s)", entry.name, type(error).__name__
            )

    def _switch_on(self, entry: EntryPoint) -> None:
        instrumentor = entry.load()()
        if instrumentor.is_instrumented_by_opentelemetry:
            _log.warning("llm_observe: %s is instrumented already, for another", entry.name)
            return
        instrumentor.instrument(
            tracer_provider=self._provider,
            completion_hook=self._hook,
            # Else a version that is not supported is one line in the log and no exception.
            raise_exception_on_conflict=True,
        )
        self._active[entry.name] = instrumentor
        if entry.name == _OPENAI and self._stream_usage != "never":
            from llm_observe.stream_usage import ask_for_usage  # noqa: PLC0415  # imports openai

            ask_for_usage(always=self._stream_usage == "always")
