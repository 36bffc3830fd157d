from __future__ import annotations

import math

import pytest
from openai import BadRequestError, OpenAI


def _compare(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_vectors_are_units_and_near_for_near_texts(client: OpenAI) -> None:
    """Vectors have length one, the model's size, and common words bring them together."""
    texts = ["the price of a token", "a token has a price", "blue whales sing"]
    answer = client.embeddings.create(model="text-embedding-3-small", input=texts)

    first, second, third = (item.embedding for item in answer.data)
    assert len(first) == 1536
    assert math.isclose(_compare(first, first), 1, abs_tol=1e-5)
    assert _compare(first, second) > 0.5 > abs(_compare(first, third))
    assert answer.usage.prompt_tokens == answer.usage.total_tokens == 13


def test_float_and_base64_agree(client: OpenAI) -> None:
    """Both encodings carry the same vector, in single precision."""
    plain = client.embeddings.create(
        model="text-embedding-3-large", input="hello", encoding_format="float", dimensions=64
    )
    packed = client.embeddings.create(
        model="text-embedding-3-large", input="hello", encoding_format="base64", dimensions=64
    )
    default = client.embeddings.create(model="text-embedding-3-large", input="hello", dimensions=64)

    assert isinstance(packed.data[0].embedding, str)
    assert default.data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-6)
    assert len(default.data[0].embedding) == 64


def test_token_numbers(client: OpenAI) -> None:
    """Token numbers are an input like text, each counting once."""
    one = client.embeddings.create(model="text-embedding-3-small", input=[1, 2, 3])
    two = client.embeddings.create(model="text-embedding-3-small", input=[[1, 2], [3]])

    assert (len(one.data), one.usage.total_tokens) == (1, 3)
    assert (len(two.data), two.usage.total_tokens) == (2, 3)


def test_wrong_sizes_are_refused(client: OpenAI) -> None:
    """An empty text and a size that the model does not offer are 400."""
    with pytest.raises(BadRequestError):
        client.embeddings.create(model="text-embedding-3-small", input="")
    with pytest.raises(BadRequestError, match="dimensions"):
        client.embeddings.create(model="text-embedding-ada-002", input="a", dimensions=64)
