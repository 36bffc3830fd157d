"""The snippets of docs/sending-spans.md, each a program with one call as a user would make it.

A block begins with the libraries it is for, by their names in the catalogue; ``after`` names the
library whose block stands before it: ``# genai-openai, after otel-python``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from infra.local.settings import REPOSITORY

PAGE: Final = REPOSITORY / "docs" / "sending-spans.md"
_OTHER_PLATFORM: Final = "a client for another platform; the snippet is its own platform's"
ODDITIES: Final[Mapping[str, str]] = {
    "openinference-dspy": "it tells no tokens; the snippet is openinference-dspy-litellm's",
    "openinference-dspy-openai": "two snippets together",
    "openinference-agno-openai": "two snippets together",
    "openinference-haystack-openai": "two snippets together",
    "openinference-instructor": "it tells no calls; its snippet traces the client, too",
    "traceloop-haystack": "it tells no tokens; its snippet traces the client, too",
    "traceloop-agno": "it tells no calls; its snippet traces the client, too",
    "traceloop-crewai": "it tells no calls; its snippet traces the client, too",
    "openinference-langgraph-openai": "two snippets together",
    "openinference-autogen-openai": "two snippets together",
    "openinference-google-adk": "it takes away the calls' spans; the snippet is google-adk's",
    "strands-openai": "two snippets together",
    "traceloop-openai-legacy": "an older version; the snippet is traceloop-openai's",
    "openai-v2": "what genai-openai has replaced",
    "traceloop-anthropic-alone": "a client of before; the snippet is traceloop-anthropic's",
    "openinference-anthropic-alone": "a client of before; the snippet is openinference-anthropic's",
    "anthropic-bedrock": _OTHER_PLATFORM,
    "anthropic-vertex": _OTHER_PLATFORM,
    "anthropic-foundry": _OTHER_PLATFORM,
    "anthropic-aws": _OTHER_PLATFORM,
    "anthropic-google-cloud": _OTHER_PLATFORM,
    "anthropic-node-bedrock": _OTHER_PLATFORM,
    "anthropic-node-vertex": _OTHER_PLATFORM,
    "openinference-llama-index-openai": "two snippets together",
    "openinference-openai-agents-openai": "two snippets together",
    "logfire-pydantic-ai-openai": "two snippets together",
    "otel-python-json": "another encoding",
    "otel-js-json": "another encoding",
}
"""Libraries that are recorded and need no snippet, with the reason."""

_BLOCK: Final = re.compile(
    r"^```(?P<language>python|js|sh)\n"
    r"(?P<code>(?:#|//) (?P<names>[\w, -]+?)(?:, after (?P<after>[\w-]+))?\n.*?)```$",
    re.DOTALL | re.MULTILINE,
)


def read_snippets() -> Mapping[str, str]:
    """Give each library's snippet with what stands before it; KeyError where that is not there."""
    blocks = [block for block in _read_blocks() if block["language"] != "sh"]
    code = {name: block["code"] for block in blocks for name in block["names"].split(", ")}
    before = {block["code"]: code[block["after"]] for block in blocks if block["after"]}
    return {name: before.get(own, "") + own for name, own in code.items()}


def read_commands() -> Mapping[str, str]:
    """Give the command of each library that needs no line of code: it starts ``app``."""
    blocks = [block for block in _read_blocks() if block["language"] == "sh"]
    return {name: block["code"] for block in blocks for name in block["names"].split(", ")}


def _read_blocks() -> list[re.Match[str]]:
    return list(_BLOCK.finditer(PAGE.read_text(encoding="utf-8")))
