"""What a request asked of the model, under OpenTelemetry's names, whoever wrote it down.

Only numbers: a text may be content, and so may what no list here names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llm_observe.dialects.values import read_number

_NAMES: Final = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "topP": "gen_ai.request.top_p",
    "top_k": "gen_ai.request.top_k",
    "topK": "gen_ai.request.top_k",
    "max_tokens": "gen_ai.request.max_tokens",
    "maxTokens": "gen_ai.request.max_tokens",
    "max_output_tokens": "gen_ai.request.max_tokens",
    "maxOutputTokens": "gen_ai.request.max_tokens",
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "seed": "gen_ai.request.seed",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "frequencyPenalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "presencePenalty": "gen_ai.request.presence_penalty",
    "n": "gen_ai.request.choice.count",
    "dimensions": "gen_ai.embeddings.dimension.count",
}


def read_parameters(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the parameters that are known and numbers."""
    return {
        name: asked[key]
        for key, name in _NAMES.items()
        if key in asked and read_number(asked[key]) is not None
    }
