"""Switches on every provider's official instrumentation that is installed."""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from opentelemetry.trace import TracerProvider

from llm_observe.config import Settings
from llm_observe.content import ContentHook

_GROUP: Final = "opentelemetry_instrumentor"
_PROVIDERS: Final = (
    "opentelemetry.instrumentation.genai.",
    "opentelemetry.instrumentation.google_genai",
)
"""Where OpenTelemetry keeps the instrumentations of model providers. Others stay untouched."""

_log = logging.getLogger("llm_observe")


def instrument_providers(
    provider: TracerProvider, hook: ContentHook, settings: Settings
) -> list[Any]:
    """Instrument each installed provider library; give the instrumentors, to undo it later."""
    active = []
    for entry in entry_points(group=_GROUP):
        if entry.value.startswith(_PROVIDERS):
            instrumentor = _instrument(entry, provider, hook)
            if instrumentor is not None:
                active.append(instrumentor)
    if active and settings.stream_usage != "never":
        from llm_observe.stream_usage import ask_for_usage  # noqa: PLC0415  # imports openai

        ask_for_usage(always=settings.stream_usage == "always")
    return active


def _instrument(entry: EntryPoint, provider: TracerProvider, hook: ContentHook) -> Any | None:
    try:
        instrumentor = entry.load()()
        instrumentor.instrument(tracer_provider=provider, completion_hook=hook)
    except Exception as error:  # noqa: BLE001  # a broken plug-in must not stop the application
        _log.warning(
            "llm_observe: %s could not be instrumented (%s)", entry.name, type(error).__name__
        )
        return None
    return instrumentor
