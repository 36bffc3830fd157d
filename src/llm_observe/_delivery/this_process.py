"""The name of this process in its spans: a fork or a restored snapshot has another than its origin.

Two spans tell of one call only where one process made both.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.sdk.resources import OTELResourceDetector, Resource

from llm_observe import semconv


class ThisProcess:
    """Names the process in the resources of its spans, which were made in its origin."""

    def __init__(self) -> None:
        """Leave the name that OpenTelemetry's SDK gave, until this is a copy."""
        self._pid = os.getpid()
        self._copied = False
        self._name: str | None = None

    def renew(self) -> None:
        """Know that this is a copy; a name is made when the first span asks for it."""
        self._copied, self._name = True, None

    def stamp(self, resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the resource with the name of this process."""
        if not self._copied:
            return resource
        if self._name is None:
            self._name = self._make_name()
        return {**resource, semconv.SERVICE_INSTANCE_ID: self._name}

    def _make_name(self) -> str:
        told = OTELResourceDetector().detect().attributes.get(semconv.SERVICE_INSTANCE_ID)
        if os.getpid() != self._pid and not told:
            # The name that a provider of the application's own gets in this fork.
            told = Resource.create({}).attributes.get(semconv.SERVICE_INSTANCE_ID)
        return str(told) if told else os.urandom(16).hex()


THIS_PROCESS: Final = ThisProcess()
