"""What docs/sending-spans.md shows beside the recorded libraries: ways to send what these emit.

Each runs its snippet in an environment of its own, and nothing more: its spans are of libraries
that are recorded.
"""

from __future__ import annotations

from typing import Final

from trials.instrumentations.library import Library
from trials.instrumentations.pins import OPENAI

_LANGFUSE_NODE: Final = (
    "@langfuse/otel==5.11.1",
    "@langfuse/openai==5.11.1",
    "openai==6.30.1",
    "@opentelemetry/sdk-trace-node==2.12.0",
    "@opentelemetry/exporter-trace-otlp-proto==0.223.1",
)
# The last to bring httpx, which traceloop-sdk imports and does not ask for.
_OPENAI_2: Final = "openai==2.54.0"
SENDERS: Final = (
    Library(
        "phoenix-otel",
        ("arize-phoenix-otel==0.17.2", "openinference-instrumentation-openai==0.1.66", OPENAI),
        (),
    ),
    Library("traceloop-sdk", ("traceloop-sdk==0.62.4", _OPENAI_2), ()),
    Library(
        "zero-code-python",
        (
            "opentelemetry-distro==0.66b2",
            "opentelemetry-exporter-otlp-proto-http==1.45.2",
            "opentelemetry-instrumentation-genai-openai==1.3b0",
            OPENAI,
        ),
        (),
    ),
    Library("langfuse-host", ("langfuse==5.0.4", OPENAI), ()),
    Library("langfuse-node", _LANGFUSE_NODE, (), script="snippet.mjs"),
    Library("langfuse-node-host", _LANGFUSE_NODE, (), script="snippet.mjs"),
)
