"""POST /v1/embeddings: vectors in which texts with common words lie close, and nothing more.

https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

import base64
import hashlib
import math
import struct
from collections import Counter

from infra.local.offline_openai.catalogue import Model
from infra.local.offline_openai.errors import refuse
from infra.local.offline_openai.requests import EmbeddingsRequest, JsonObject
from infra.local.offline_openai.tokens import split_tokens

_MOST_INPUT_TOKENS = 8192


def read_inputs(request: EmbeddingsRequest, model: Model) -> list[list[str]]:
    """Return the inputs as tokens; ApiError 400 where one is too long or the size is not offered.

    Token numbers stand for themselves: the server has no vocabulary to look them up in.
    """
    asked = request.dimensions
    if asked is not None and (not model.shortens or asked > model.dimensions):
        raise refuse(
            f"This model does not support specifying 'dimensions' of {asked}.", param="dimensions"
        )
    given = request.input
    if isinstance(given, str):
        given = [given]
    if isinstance(given[0], int):
        given = [[number for number in given if isinstance(number, int)]]
    inputs = [
        split_tokens(each) if isinstance(each, str) else [str(number) for number in _list(each)]
        for each in given
    ]
    longest = max(len(tokens) for tokens in inputs)
    if longest > _MOST_INPUT_TOKENS:
        raise refuse(
            f"This model's maximum context length is {_MOST_INPUT_TOKENS} tokens, "
            f"however you requested {longest} tokens. Please reduce your prompt.",
            param="input",
        )
    return inputs


def _list(numbers: list[int] | int) -> list[int]:
    return numbers if isinstance(numbers, list) else [numbers]


def write_embeddings(
    request: EmbeddingsRequest, model: Model, inputs: list[list[str]]
) -> JsonObject:
    """Return the ``list`` object with one unit vector per input."""
    size = request.dimensions or model.dimensions
    vectors = [_embed(tokens, size) for tokens in inputs]
    packed = request.encoding_format == "base64"
    count = sum(len(tokens) for tokens in inputs)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _pack(v) if packed else v}
            for index, v in enumerate(vectors)
        ],
        "model": model.dated,
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }


def _embed(tokens: list[str], size: int) -> list[float]:
    # Feature hashing: a word adds to a few places that only it decides.
    vector = [0.0] * size
    for token, count in Counter(token.strip().lower() for token in tokens).items():
        digest = hashlib.blake2b(token.encode(errors="replace"), digest_size=32).digest()
        for place, sign in struct.iter_unpack(">Ii", digest):
            vector[place % size] += math.copysign(math.sqrt(count), sign)
    length = math.sqrt(sum(value * value for value in vector))
    if length == 0:
        return [1.0, *vector[1:]]
    return [value / length for value in vector]


def _pack(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
