"""Every attribute name the library reads or writes, once.

Source: OpenTelemetry semantic conventions for generative AI
(https://github.com/open-telemetry/semantic-conventions-genai) and its registry.
Names that have no home there start with ``llm_observe.``.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

OPERATION_NAME: Final = "gen_ai.operation.name"
PROVIDER_NAME: Final = "gen_ai.provider.name"
SYSTEM: Final = "gen_ai.system"  # PROVIDER_NAME until semantic conventions 1.37
AGENT_NAME: Final = "gen_ai.agent.name"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
CONVERSATION_ID: Final = "gen_ai.conversation.id"

REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
RESPONSE_TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"  # seconds
OPENAI_SERVICE_TIER: Final = "openai.response.service_tier"
OPENAI_REQUEST_SERVICE_TIER: Final = "openai.request.service_tier"

USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
USAGE_CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
USAGE_CACHE_WRITE: Final = "gen_ai.usage.cache_write.input_tokens"
USAGE_CACHE_CREATION: Final = "gen_ai.usage.cache_creation.input_tokens"  # until 2026-09
USAGE_REASONING: Final = "gen_ai.usage.reasoning.output_tokens"
USAGE_AUDIO_INPUT: Final = "gen_ai.usage.audio.input_tokens"
USAGE_AUDIO_OUTPUT: Final = "gen_ai.usage.audio.output_tokens"
USAGE_AUDIO_CACHE_READ: Final = "gen_ai.usage.audio.cache_read.input_tokens"
USAGE_CACHE_WRITE_1H: Final = "anthropic.usage.cache_creation.ephemeral_1h_input_tokens"

# Until semantic conventions 1.27, and as Traceloop and OpenLIT named what had no name yet.
OLD_USAGE_INPUT_TOKENS: Final = "gen_ai.usage.prompt_tokens"
OLD_USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.completion_tokens"
OLD_USAGE_CACHE_READ: Final = "gen_ai.usage.cache_read_input_tokens"
OLD_USAGE_CACHE_WRITE: Final = "gen_ai.usage.cache_creation_input_tokens"
OLD_USAGE_REASONING: Final = "gen_ai.usage.reasoning_tokens"

INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
RETRIEVAL_DOCUMENTS: Final = "gen_ai.retrieval.documents"
RETRIEVAL_QUERY: Final = "gen_ai.retrieval.query.text"

ERROR_TYPE: Final = "error.type"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
SESSION_ID: Final = "session.id"
USER_ID: Final = "user.id"
SERVICE_NAME: Final = "service.name"
ENVIRONMENT: Final = "deployment.environment.name"
OLD_ENVIRONMENT: Final = "deployment.environment"  # ENVIRONMENT until semantic conventions 1.27
TENANT_ID: Final = "llm_observe.tenant.id"
INPUT_DIGEST: Final = "llm_observe.input.digest"
INPUT_LENGTH: Final = "llm_observe.input.length"
OUTPUT_DIGEST: Final = "llm_observe.output.digest"
OUTPUT_LENGTH: Final = "llm_observe.output.length"
STEP_NAME: Final = "llm_observe.step.name"
GENERATED: Final = "llm_observe.generated"
DROPPED_ATTRIBUTES: Final = "llm_observe.dropped_attributes"
LINKS: Final = "llm_observe.links"
DIALECT: Final = "llm_observe.dialect"
REPAIRS: Final = "llm_observe.repairs"
MAPPED: Final = "llm_observe.mapped"

OTHER_ERROR: Final = "_OTHER"
"""An error of no known type."""
TIMEOUT: Final = "timeout"
ABANDONED: Final = "abandoned"

FAAS_NAME: Final = "faas.name"
FAAS_INVOCATION_ID: Final = "faas.invocation_id"

Operation = Literal[
    "chat",
    "text_completion",
    "generate_content",
    "embeddings",
    "execute_tool",
    "invoke_agent",
    "create_agent",
    "invoke_workflow",
    "retrieval",
    "rerank",
    "guardrail",
    "evaluate",
]
"""What a span does, by OpenTelemetry's names where it has one: the one list, from which the API's
document and the dashboard take theirs. A sender may name others, which are kept as they came."""
OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)

CHAT: Final[Operation] = "chat"
TEXT_COMPLETION: Final[Operation] = "text_completion"
GENERATE_CONTENT: Final[Operation] = "generate_content"
EMBEDDINGS: Final[Operation] = "embeddings"
EXECUTE_TOOL: Final[Operation] = "execute_tool"
INVOKE_AGENT: Final[Operation] = "invoke_agent"
INVOKE_WORKFLOW: Final[Operation] = "invoke_workflow"
RETRIEVAL: Final[Operation] = "retrieval"
RERANK: Final[Operation] = "rerank"
GUARDRAIL: Final[Operation] = "guardrail"
EVALUATE: Final[Operation] = "evaluate"
MODEL_CALLS: Final[frozenset[str]] = frozenset(
    {CHAT, TEXT_COMPLETION, GENERATE_CONTENT, EMBEDDINGS}
)
"""Operations that reach a model and cost tokens. An agent's span repeats its calls' usage."""
