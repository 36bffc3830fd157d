"""Trace and span ids from the operating system's randomness."""

from __future__ import annotations

import os

from opentelemetry.sdk.trace.id_generator import IdGenerator


class SystemIdGenerator(IdGenerator):
    """Draws ids from ``os.urandom``.

    OpenTelemetry's own generator uses ``random``, whose state a SnapStart snapshot repeats in
    every restored environment (https://github.com/open-telemetry/opentelemetry-python/issues/4376).
    """

    def generate_span_id(self) -> int:
        """Draw 64 bits, not all zero."""
        return int.from_bytes(os.urandom(8)) or self.generate_span_id()

    def generate_trace_id(self) -> int:
        """Draw 128 bits, not all zero."""
        return int.from_bytes(os.urandom(16)) or self.generate_trace_id()

    def is_trace_id_random(self) -> bool:
        """Say that the ids are random (W3C Trace Context level 2)."""
        return True
