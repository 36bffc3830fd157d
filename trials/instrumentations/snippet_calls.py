"""One call of what each library traces, as a program has it after the library's snippet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
_DSPY: Final = f"""\
import dspy
dspy.configure(lm=dspy.LM("openai/gpt-4o-mini", cache=False))
dspy.Predict("question -> answer")(question={_QUESTION})
"""
_AGNO: Final = f"""\
from agno.agent import Agent
from agno.models.openai import OpenAIChat
Agent(model=OpenAIChat("gpt-4o-mini")).run({_QUESTION})
"""
_HAYSTACK: Final = f"""\
from haystack import Pipeline
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
pipeline = Pipeline()
pipeline.add_component("model", OpenAIChatGenerator(model="gpt-4o-mini"))
pipeline.run({{"model": {{"messages": [ChatMessage.from_user({_QUESTION})]}}}})
"""
_INSTRUCTOR: Final = f"""\
import instructor
from openai import OpenAI
from pydantic import BaseModel
class Place(BaseModel):
    city: str
client = instructor.from_openai(OpenAI()).chat.completions
client.create(model="gpt-4o-mini", response_model=Place, messages={_ASKED})
"""
_LANGGRAPH: Final = f"""\
from langchain.agents import create_agent
create_agent("openai:gpt-4o-mini").invoke({{"messages": {_ASKED}}})
"""
_AUTOGEN: Final = f"""\
import asyncio
from autogen_agentchat.agents import AssistantAgent
from autogen_ext.models.openai import OpenAIChatCompletionClient
model = OpenAIChatCompletionClient(model="gpt-4o-mini")
asyncio.run(AssistantAgent("guide", model).run(task={_QUESTION}))
"""
_GOOGLE_ADK: Final = f"""\
import asyncio
from google.adk.agents import LlmAgent
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
runner = InMemoryRunner(LlmAgent(name="guide", model=LiteLlm("openai/gpt-4o-mini")))
asyncio.run(runner.run_debug({_QUESTION}))
"""
_STRANDS: Final = f"""\
from strands import Agent
from strands.models.openai import OpenAIModel
Agent(OpenAIModel(model_id="gpt-4o-mini"))({_QUESTION})
"""
_STRANDS_BEDROCK: Final = f"""\
from strands import Agent
Agent()({_QUESTION})
"""
_AGENT_FRAMEWORK: Final = f"""\
import asyncio
from agent_framework import Agent
from agent_framework.openai import OpenAIChatClient
agent = Agent(OpenAIChatClient(model="gpt-4o-mini"), name="guide")
async def ask():
    await agent.run({_QUESTION})
asyncio.run(ask())
"""
_SEMANTIC_KERNEL: Final = f"""\
import asyncio
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
agent = ChatCompletionAgent(service=OpenAIChatCompletion("gpt-4o-mini"), name="guide")
asyncio.run(agent.get_response({_QUESTION}))
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
    "langgraph": _LANGGRAPH,
    "autogen": _AUTOGEN,
    "google-adk": _GOOGLE_ADK,
    "strands-bedrock": _STRANDS_BEDROCK,
    "strands": _STRANDS,
    "agent-framework": _AGENT_FRAMEWORK,
    "semantic-kernel": _SEMANTIC_KERNEL,
    "dspy": _DSPY,
    "agno": _AGNO,
    "haystack": _HAYSTACK,
    "instructor": _INSTRUCTOR,
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
_OPENAI_NODE: Final = f"""\
new OpenAI().chat.completions.create({{ model: "gpt-4o-mini", messages: {_ASKED} }})"""
_LANGFUSE_NODE: Final = f"""\
import {{ observeOpenAI }} from "@langfuse/openai";
import OpenAI from "openai";
const asked = {{ model: "gpt-4o-mini", messages: {_ASKED} }};
await observeOpenAI(new OpenAI()).chat.completions.create(asked);
await provider.shutdown();
"""
_ANTHROPIC_NODE: Final = f"""\
import Anthropic from "@anthropic-ai/sdk";
const asked = {{ model: "claude-haiku-4-5", max_tokens: 200, messages: {_ASKED} }};
await new Anthropic().messages.create(asked);
await provider.shutdown();
"""
_OTHERS: Final[Mapping[str, str]] = {
    "langfuse": _OPENAI,
    "langfuse-host": _OPENAI,
    "langfuse-node": _LANGFUSE_NODE,
    "langfuse-node-host": _LANGFUSE_NODE,
    "langsmith": _OPENAI.replace("OpenAI()", "client"),
    "anthropic-node": _ANTHROPIC_NODE,
    "auto-instrumentations-node": f'const {{ OpenAI }} = require("openai");\n{_OPENAI_NODE}',
    "traceloop-node": f"{_OPENAI_NODE}.then(traceloop.forceFlush);\n",
    "otel-python": 'trace.get_tracer("shop").start_span("order").end()\n',
    "otel-js": 'provider.getTracer("shop").startSpan("order").end();\nawait provider.shutdown();\n',
    "vercel-ai": _VERCEL % "",
    "vercel-ai-v5": _VERCEL % ", ...traced",
    "vercel-ai-legacy": _VERCEL % ", ...traced",
}


def add_call(library: str, snippet: str = "") -> str:
    """Give the program: the snippet, then one call of what the library traces."""
    return f"{snippet}\n{_OTHERS.get(library) or _find_call(library)}"


def _find_call(library: str) -> str:
    found = next((call for part, call in _CALLS.items() if part in library), None)
    return found or f"from openai import OpenAI\n{_OPENAI}"
