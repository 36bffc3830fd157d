"""The bounds of one request. A part beyond them is refused or cut, and either is told."""

from __future__ import annotations

from typing import Final

MOST_MEBIBYTES: Final = 16
MOST_BYTES: Final = MOST_MEBIBYTES * 1024 * 1024
"""Bytes of a body once it is decompressed. As sent it is smaller: API Gateway takes 10 MB, and
Lambda 6 MB of event, which a binary body reaches at 4.5 MB, in base64.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
SMALLER: Final = (
    "Send smaller batches: OTEL_BSP_MAX_EXPORT_BATCH_SIZE=64 has OpenTelemetry's SDKs do it. "
    "Compression does not help against this bound, which is of the unpacked body."
)
"""The remedy; exporters drop what is answered with 413."""
MOST_SPANS: Final = 10_000
"""Spans in a request; exporters send 512 unless told otherwise."""
MOST_ATTRIBUTES: Final = 2048
"""Of a span, an event or a resource; a long conversation, flattened, has several hundred."""
MOST_PAIRS: Final = 300_000
"""Attributes of a request, events' and resources' included: in the largest body 56 bytes each. A
real one takes as many, with its key; a million of smaller ones took four seconds to read."""
MOST_NESTED: Final = 300_000
"""Values in lists and mappings of a request; they take as long as attributes do."""
MOST_EVENTS: Final = 512
MOST_LINKS: Final = 32
MOST_KEY: Final = 256
"""Characters of a key; longer ones are dropped, since cutting could make two of them one."""
MOST_TEXT: Final = 1_000_000
"""Characters of a value as it is read; what is stored is cut further, by its kind."""
MOST_DEPTH: Final = 32
MOST_ITEMS: Final = 10_000
"""Values in lists and mappings of one attribute set, all levels together."""
