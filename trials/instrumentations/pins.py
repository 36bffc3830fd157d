"""Pins that several libraries share."""

from __future__ import annotations

from typing import Final

OTLP: Final = "opentelemetry-exporter-otlp-proto-http==1.45.2"
OPENAI: Final = "openai==3.57.0"
ANTHROPIC: Final = "anthropic==2.14.0"
