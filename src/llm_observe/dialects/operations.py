"""Every name that senders give an operation, each with OpenTelemetry's for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from llm_observe import semconv
from llm_observe._remembering import remember

_SPELLED: Final[Mapping[semconv.Operation, tuple[str, ...]]] = {
    semconv.CHAT: (
        *("llm", "chat_model", "chat_completion", "chat_completions", "generation", "inference"),
        *("chat_completion_create", "chat_completions_create", "openai_chat", "converse"),
        *("response", "responses", "responses_create", "message", "messages", "messages_create"),
        *("create_message", "converse_stream", "chat_stream", "stream_chat", "model_call"),
        *("llm_call", "llm_request", "model_request", "invoke_model", "chat_generation"),
        *("create_response", "create_chat_completion", "realtime", "ask_llm", "call_llm"),
    ),
    semconv.TEXT_COMPLETION: ("completion", "completions", "text_completions", "complete"),
    semconv.GENERATE_CONTENT: (
        *("generate", "generate_text", "text_generation", "generate_content_stream"),
        *("stream_generate_content", "generate_object", "stream_text", "stream_object"),
    ),
    semconv.EMBEDDINGS: (
        *("embedding", "embed", "embedder", "embeds", "create_embedding", "create_embeddings"),
        *("embed_content", "embed_documents", "embed_query", "text_embedding"),
        *("batch_embed_contents", "embed_many", "embeddings_create"),
    ),
    semconv.IMAGE_GENERATION: (
        *("image", "images", "image_generations", "generate_image", "generate_images"),
        *("image_edit", "image_edits", "images_edit", "edit_image", "image_variation"),
        *("images_generate", "create_image", "text_to_image"),
    ),
    semconv.VIDEO_GENERATION: ("video", "videos", "generate_video", "generate_videos"),
    semconv.TRANSCRIPTION: (
        *("transcriptions", "transcribe", "audio_transcription", "speech_to_text"),
        *("translation", "translations", "audio_translation", "translate_audio", "stt"),
    ),
    semconv.SPEECH: ("text_to_speech", "audio_speech", "create_speech", "tts", "speak"),
    semconv.RERANK: ("reranker", "reranking", "re_rank", "rerank_documents"),
    semconv.MODERATION: ("moderations", "moderate", "create_moderation"),
    semconv.FETCH_RESPONSE: ("retrieve_response", "get_response", "responses_retrieve"),
    semconv.EXECUTE_TOOL: (
        *("tool", "tools", "tool_call", "tool_calls", "tool_use", "call_tool", "function"),
        *("function_call", "tool_execution", "tools_call", "mcp_tools", "run_tool", "invoke_tool"),
    ),
    semconv.INVOKE_AGENT: (
        *("agent", "agents", "agent_run", "run_agent", "agent_invocation", "agent_execution"),
        "execute_agent",
    ),
    semconv.CREATE_AGENT: ("agent_creation", "agent_create"),
    semconv.INVOKE_WORKFLOW: (
        *("workflow", "workflows", "chain", "chains", "task", "tasks", "graph", "crew"),
        *("workflow_run", "run_workflow", "pipeline", "flow", "agent_step"),
    ),
    semconv.RETRIEVAL: ("retriever", "retrieve", "vector_search", "retrieve_documents"),
    semconv.GUARDRAIL: ("guardrails", "guard", "apply_guardrail"),
    semconv.EVALUATE: ("evaluator", "evaluation", "eval", "scorer"),
    semconv.PLAN: ("planning", "planner"),
}
"""By OpenTelemetry's name, in lower case with ``_`` between words."""
OTHER_NAMES: Final[Mapping[str, semconv.Operation]] = {
    name: operation for operation, names in _SPELLED.items() for name in names
}
_BY_NAME: Final[Mapping[str, semconv.Operation]] = {
    **OTHER_NAMES,
    **{name: name for name in semconv.OPERATIONS},
}
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN: Final = re.compile(r"[^A-Za-z0-9]+")
_WRAPPING: Final = frozenset(
    {
        *("agent", "agents", "chain", "conversation", "crew", "flow", "graph", "interaction"),
        *("pipeline", "run", "session", "step", "subagent", "task", "team", "tool", "tools"),
        *("turn", "workflow", "memory", "plan", "retriever", "hook", "handoff"),
    }
)
"""Words of operations that hold calls of models within them, and may repeat their usage."""
_MOST: Final = 1024
_LONGEST: Final = 128
"""Names that are remembered: senders choose them."""


def split_words(text: str) -> tuple[str, ...]:
    """Give the words of a name's first 128 characters, in lower case, however they were joined."""
    return tuple(word for word in _BETWEEN.split(_HUMP.sub("_", text[:_LONGEST]).lower()) if word)


def _look_up(name: str) -> semconv.Operation | None:
    return _BY_NAME.get("_".join(split_words(name)))


def _look_for_wrapping(name: str) -> bool:
    found = _look_up(name)
    if found is not None:
        return found not in semconv.CALLS
    return not _WRAPPING.isdisjoint(split_words(name))


find_operation = remember(_look_up, most=_MOST, longest=_LONGEST)
"""Give OpenTelemetry's name for an operation of any case and convention, None for another's."""
holds_calls = remember(_look_for_wrapping, most=_MOST, longest=_LONGEST)
"""Whether an operation may hold calls of models within it, as agents, workflows and tools do."""


def name_operation(name: str | None) -> str | None:
    """Give OpenTelemetry's name for an operation, and one that is unknown as it was sent."""
    return (find_operation(name) or name) if name else None
