"""A Lambda function that imports a model's client while it starts."""

from __future__ import annotations

from openai import OpenAI

_client = OpenAI()


def handler(_event: object, _context: object) -> str:
    """Answer where the client would ask."""
    return str(_client.base_url)
