"""Anthropic's client for each platform that serves its models, in place of the client for its own.

Each is told where the offline provider is, and a key of its own library.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, Final

from trials.instrumentations.scenarios.instrumentors import Flush, provide

_OPTIONS: Final[Mapping[str, Callable[[str, str], dict[str, Any]]]] = {
    "Bedrock": lambda key, _: {
        "api_key": key,
        "base_url": os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"],
        "aws_region": "us-east-1",
    },
    "Vertex": lambda key, url: {
        "access_token": key,
        "base_url": f"{url}/v1",
        "region": "global",
        "project_id": "offline",
    },
    "Foundry": lambda key, url: {"api_key": key, "base_url": url},
    "AWS": lambda key, url: {
        "api_key": key,
        "base_url": url,
        "aws_region": "us-east-1",
        "workspace_id": "wrkspc_offline",
    },
    "GoogleCloud": lambda key, url: {
        "token_provider": lambda: key,
        "base_url": url,
        "workspace_id": "wrkspc_offline",
    },
}
_MODELS: Final = {
    "Bedrock": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "Vertex": "claude-haiku-4-5@20251001",
}
"""Names that a platform alone has for the model of the scenarios."""


def put_on(platform: str) -> Callable[[], Flush]:
    """Give a set-up in which ``anthropic.Anthropic`` makes the platform's client."""

    def set_up() -> Flush:
        anthropic = import_module("anthropic")
        url = os.environ["ANTHROPIC_BASE_URL"]
        options = _OPTIONS[platform](os.environ["ANTHROPIC_API_KEY"], url)
        for name in ("Anthropic", "AsyncAnthropic"):
            setattr(anthropic, name, partial(getattr(anthropic, f"{name}{platform}"), **options))
        if platform in _MODELS:
            os.environ["SCENARIO_MODEL"] = _MODELS[platform]
        return provide()

    return set_up
