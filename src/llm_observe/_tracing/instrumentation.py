"""Switches on a provider's official instrumentation, when its client library has been imported.

Not before: importing a client costs 0.5 to 0.9 s of processor time at a cold start, which a
function that never calls a model does not have to pay.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import EntryPoint, distribution
from types import ModuleType
from typing import Any, Final

from opentelemetry.trace import TracerProvider

from llm_observe._quiet import silence
from llm_observe._tracing.compatibility import explain
from llm_observe._tracing.guarded_calls import guard_instrumentation
from llm_observe._tracing.instrumented_clients import CLIENTS, FAMILIES
from llm_observe.config import Settings
from llm_observe.content import ContentHook

_GROUP: Final = "opentelemetry_instrumentor"
_MODULES: Final = tuple(FAMILIES.values())

_log = logging.getLogger("llm_observe")


class Instrumentation:
    """The instrumentations that are switched on, until ``stop``."""

    def __init__(self, provider: TracerProvider, hook: ContentHook, settings: Settings) -> None:
        self._provider = provider
        self._hook = hook
        self._settings = settings
        self._active: list[Any] = []
        self._repairs: list[ModuleType] = []

    def switch_on(self, package: str) -> None:
        """Switch on what a distribution instruments.

        Runs inside the application's own import, so nothing may get out of it.
        """
        try:
            entries = list(_list_entries(package))
        except Exception as error:  # noqa: BLE001  # its metadata is not ours
            _tell_left_alone(package, error)
            return
        for entry in entries:
            try:
                with silence():
                    if self._instrument(entry):
                        self._repair(package)
            except Exception as error:  # noqa: BLE001  # must not stop the application
                _tell_left_alone(entry.name, error)

    def stop(self) -> None:
        """Undo it."""
        for repair in self._repairs:
            repair.switch_off()
        for instrumentor in self._active:
            instrumentor.uninstrument()
        self._repairs.clear()
        self._active.clear()

    def _instrument(self, entry: EntryPoint) -> bool:
        instrumentor = entry.load()()
        if instrumentor.is_instrumented_by_opentelemetry:
            _log.warning("llm_observe: %s is instrumented already, for another", entry.name)
            return False
        guard_instrumentation(entry.module)
        try:
            instrumentor.instrument(
                tracer_provider=self._provider,
                completion_hook=self._hook,
                # Else a version that is not supported is another library's line in the log.
                raise_exception_on_conflict=True,
            )
        except Exception:
            _undo(instrumentor)
            raise
        self._active.append(instrumentor)
        return True

    def _repair(self, package: str) -> None:
        """Add what the instrumentation leaves out; without it, all else is traced."""
        client = CLIENTS.get(package)
        if client is None or client.repair is None:
            return
        try:
            repair = import_module(client.repair)
            if repair.switch_on(self._settings):
                self._repairs.append(repair)
        except Exception as error:  # noqa: BLE001  # all else is traced
            _log.warning("llm_observe: %s: %s", client.unrepaired, explain(error))


def _list_entries(package: str) -> Iterator[EntryPoint]:
    for entry in distribution(package).entry_points:
        if entry.group == _GROUP and entry.value.startswith(_MODULES):
            yield entry


def _undo(instrumentor: Any) -> None:
    """Take off what an instrumentation that broke half-way has put on: it would be in the way."""
    # It only does so where it is known as switched on.
    instrumentor._is_instrumented_by_opentelemetry = True  # noqa: SLF001  # no public door
    try:
        instrumentor.uninstrument()
    except Exception:  # noqa: BLE001  # it takes off in order, and stops where it had stopped
        instrumentor._is_instrumented_by_opentelemetry = False  # noqa: SLF001  # no public door


def _tell_left_alone(name: str, error: Exception) -> None:
    _log.warning("llm_observe: %s is not traced: %s", name, _explain(error))


def _explain(error: Exception) -> str:
    """A client of a version that its instrumentation does not know is named with both."""
    conflict = getattr(error, "conflict", None)
    if conflict is None:
        return explain(error)
    wanted = conflict.required or " or ".join(conflict.required_any or ())
    found = conflict.found or " or ".join(conflict.found_any or ())
    return f"{found or 'nothing'} found, {wanted} wanted"
