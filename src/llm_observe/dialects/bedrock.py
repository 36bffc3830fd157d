"""Corrections of spans of Bedrock's calls, in every dialect.

Observed on openinference-instrumentation-bedrock 0.1.61, opentelemetry-instrumentation-bedrock
0.62.4, -botocore 0.66b2, -genai-bedrock 1.3b0 and openlit 1.45.0.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from llm_observe import semconv
from llm_observe.dialects.reading import Reading

PROVIDER: Final = "aws.bedrock"
_EMBEDS: Final = ("titan-embed", "cohere.embed", "nova-2-multimodal-embeddings")
"""In the ids of models that only embed,
https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html"""


def settle_bedrock(reading: Reading) -> None:
    """Name a call of InvokeModel by its model, which is all that tells what it was."""
    if reading.countable and any(name in (reading.request_model or "") for name in _EMBEDS):
        reading.operation = semconv.EMBEDDINGS
        if reading.usage:
            reading.usage = replace(reading.usage, without_output=True)
