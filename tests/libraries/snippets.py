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
ODDITIES: Final[Mapping[str, str]] = {
    "traceloop-openai-legacy": "an older version; the snippet is traceloop-openai's",
    "openai-v2": "what genai-openai has replaced",
    "traceloop-anthropic-alone": "a client of before; the snippet is traceloop-anthropic's",
    "openinference-anthropic-alone": "a client of before; the snippet is openinference-anthropic's",
    "openinference-llama-index-openai": "two snippets together",
    "openinference-openai-agents-openai": "two snippets together",
    "logfire-pydantic-ai-openai": "two snippets together",
    "otel-python-json": "another encoding",
    "otel-js-json": "another encoding",
}
"""Libraries that are recorded and need no snippet, with the reason."""

_BLOCK: Final = re.compile(
    r"^```(?:python|js)\n"
    r"(?P<code>(?:#|//) (?P<names>[\w, -]+?)(?:, after (?P<after>[\w-]+))?\n.*?)```$",
    re.DOTALL | re.MULTILINE,
)
_QUESTION: Final = '"Which city has the Eiffel tower?"'
_ASKED: Final = f'[{{"role": "user", "content": {_QUESTION}}}]'
_OPENAI: Final = f'OpenAI().chat.completions.create(model="gpt-4o-mini", messages={_ASKED})\n'
_ANTHROPIC: Final = f"""\
from anthropic import Anthropic
Anthropic().messages.create(model="claude-haiku-4-5", max_tokens=200, messages={_ASKED})
"""
_LANGCHAIN: Final = f"""\
from langchain_openai import ChatOpenAI
ChatOpenAI(model="gpt-4o-mini").invoke({_QUESTION})
"""
_LITELLM: Final = f"""\
from litellm import completion
completion("openai/gpt-4o-mini", {_ASKED})
import time
time.sleep(1)
"""
_LLAMA_INDEX: Final = f"""\
from llama_index.llms.openai import OpenAI
OpenAI("gpt-4o-mini").complete({_QUESTION})
"""
_AGENTS: Final = f"""\
from agents import Agent, Runner
Runner.run_sync(Agent("guide", model="gpt-4o-mini"), {_QUESTION})
"""
_PYDANTIC_AI: Final = f"""\
from pydantic_ai import Agent
Agent("openai:gpt-4o-mini").run_sync({_QUESTION})
"""
_CREWAI: Final = f"""\
from crewai import Agent
Agent(role="guide", goal="answer", backstory="", llm="openai/gpt-4o-mini").kickoff({_QUESTION})
"""
_SMOLAGENTS: Final = f"""\
from smolagents import OpenAIModel
OpenAIModel("gpt-4o-mini").generate({_ASKED})
"""
_GEMINI: Final = f"""\
from google.genai import Client
client = Client()
client.models.generate_content(model="gemini-2.5-flash", contents={_QUESTION})
"""
_BEDROCK: Final = f"""\
import boto3
boto3.client("bedrock-runtime").converse(
    modelId="us.anthropic.claude-haiku-4-5-20251001-v1:0",
    messages=[{{"role": "user", "content": [{{"text": {_QUESTION}}}]}}],
)
"""
_MISTRAL: Final = f"""\
import os
try:
    from mistralai.client import Mistral
except ImportError:
    from mistralai import Mistral
client = Mistral(os.environ["MISTRAL_API_KEY"], server_url=os.environ["MISTRAL_SERVER_URL"])
client.chat.complete(model="mistral-small-2506", messages={_ASKED})
"""
_GROQ: Final = f"""\
from groq import Groq
Groq().chat.completions.create(model="llama-3.3-70b-versatile", messages={_ASKED})
"""
_COHERE: Final = f"""\
from cohere import ClientV2
ClientV2().chat(model="command-a-03-2025", messages={_ASKED})
"""
_CALLS: Final[Mapping[str, str]] = {
    "mistralai": _MISTRAL,
    "groq": _GROQ,
    "cohere": _COHERE,
    "google-genai": _GEMINI,
    "bedrock": _BEDROCK,
    "botocore": _BEDROCK,
    "langchain": _LANGCHAIN,
    "litellm": _LITELLM,
    "llama-index": _LLAMA_INDEX,
    "openai-agents": _AGENTS,
    "pydantic-ai": _PYDANTIC_AI,
    "crewai": _CREWAI,
    "smolagents": _SMOLAGENTS,
    "anthropic": _ANTHROPIC,
}
"""By what a library's name holds; OpenAI's client is called by the others."""
_VERCEL: Final = f"""\
import {{ createOpenAI }} from "@ai-sdk/openai";
import {{ generateText }} from "ai";
const model = createOpenAI().chat("gpt-4o-mini");
await generateText({{ model, prompt: {_QUESTION}%s }});
await provider.shutdown();
"""
_OTHERS: Final[Mapping[str, str]] = {
    "langfuse": _OPENAI,
    "otel-python": 'trace.get_tracer("shop").start_span("order").end()\n',
    "otel-js": 'provider.getTracer("shop").startSpan("order").end();\nawait provider.shutdown();\n',
    "vercel-ai": _VERCEL % "",
    "vercel-ai-legacy": _VERCEL % ", ...traced",
}


def read_snippets() -> Mapping[str, str]:
    """Give each library's snippet with what stands before it; KeyError where that is not there."""
    blocks = list(_BLOCK.finditer(PAGE.read_text(encoding="utf-8")))
    code = {name: block["code"] for block in blocks for name in block["names"].split(", ")}
    before = {block["code"]: code[block["after"]] for block in blocks if block["after"]}
    return {name: before.get(own, "") + own for name, own in code.items()}


def add_call(library: str, snippet: str) -> str:
    """Give the program: the snippet, then one call of what the library traces."""
    return f"{snippet}\n{_OTHERS.get(library) or _find_call(library)}"


def _find_call(library: str) -> str:
    found = next((call for part, call in _CALLS.items() if part in library), None)
    return found or f"from openai import OpenAI\n{_OPENAI}"
