"""Every attribute name of a general convention that the library reads or writes, once.

Source: OpenTelemetry semantic conventions for generative AI
(https://github.com/open-telemetry/semantic-conventions-genai) and its registry.
Names that have no home there start with ``llm_observe.``.
Keys that only one dialect has (``openinference.``, ``langfuse.``, ``ai.`` ...) stand in that
dialect's module, and in no other. ``tests/llm_observe/test_attribute_names.py`` holds both.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

OPERATION_NAME: Final = "gen_ai.operation.name"
PROVIDER_NAME: Final = "gen_ai.provider.name"
SYSTEM: Final = "gen_ai.system"  # PROVIDER_NAME until semantic conventions 1.37
AGENT_NAME: Final = "gen_ai.agent.name"
AGENT_ID: Final = "gen_ai.agent.id"
AGENT_VERSION: Final = "gen_ai.agent.version"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
TOOL_TYPE: Final = "gen_ai.tool.type"
CONVERSATION_ID: Final = "gen_ai.conversation.id"

WORKFLOW_NAME: Final = "gen_ai.workflow.name"
PROMPT_NAME: Final = "gen_ai.prompt.name"
PROMPT_VERSION: Final = "gen_ai.prompt.version"
CONVERSATION_COMPACTED: Final = "gen_ai.conversation.compacted"
PREVIOUS_RESPONSE_ID: Final = "gen_ai.request.previous_response.id"
STREAM_CURSOR: Final = "gen_ai.request.stream_cursor"
RESPONSE_STATUS: Final = "gen_ai.response.status"
RETRIEVAL_TOP_K: Final = "gen_ai.retrieval.top_k"
MCP_METHOD: Final = "mcp.method.name"
MCP_SESSION_ID: Final = "mcp.session.id"
MCP_PROTOCOL_VERSION: Final = "mcp.protocol.version"
JSONRPC_REQUEST_ID: Final = "jsonrpc.request.id"

REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
REQUEST_TOP_P: Final = "gen_ai.request.top_p"
REQUEST_TOP_K: Final = "gen_ai.request.top_k"
REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
REQUEST_SEED: Final = "gen_ai.request.seed"
REQUEST_FREQUENCY_PENALTY: Final = "gen_ai.request.frequency_penalty"
REQUEST_PRESENCE_PENALTY: Final = "gen_ai.request.presence_penalty"
REQUEST_STOP_SEQUENCES: Final = "gen_ai.request.stop_sequences"
REQUEST_CHOICE_COUNT: Final = "gen_ai.request.choice.count"
REQUEST_ENCODING_FORMATS: Final = "gen_ai.request.encoding_formats"
REQUEST_REASONING_LEVEL: Final = "gen_ai.request.reasoning.level"
REQUEST_OUTPUT_SCHEMA: Final = "gen_ai.request.structured_output_schema"
REQUEST_USER: Final = "gen_ai.request.user"  # OpenLIT
DIMENSION_COUNT: Final = "gen_ai.embeddings.dimension.count"
OUTPUT_TYPE: Final = "gen_ai.output.type"
TOKEN_TYPE: Final = "gen_ai.token.type"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
RESPONSE_TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"  # seconds
CLIENT_TIME_TO_FIRST_CHUNK: Final = (
    "gen_ai.client.operation.time_to_first_chunk"  # Pydantic AI, Vercel
)
SERVER_TIME_TO_FIRST_TOKEN: Final = "gen_ai.server.time_to_first_token"  # OpenLIT
SERVER_TIME_PER_OUTPUT_TOKEN: Final = "gen_ai.server.time_per_output_token"  # OpenLIT
OPENAI_SERVICE_TIER: Final = "openai.response.service_tier"
OPENAI_REQUEST_SERVICE_TIER: Final = "openai.request.service_tier"
OLD_OPENAI_SERVICE_TIER: Final = "gen_ai.openai.response.service_tier"
OLD_OPENAI_REQUEST_SERVICE_TIER: Final = "gen_ai.openai.request.service_tier"
RESPONSE_SERVICE_TIER: Final = "gen_ai.response.service_tier"  # LangSmith
REQUEST_SERVICE_TIER: Final = "gen_ai.request.service_tier"
ANTHROPIC_SERVICE_TIER: Final = "anthropic.response.service_tier"
ANTHROPIC_BETA: Final = "anthropic.beta"
OPENAI_API_TYPE: Final = "openai.api.type"
OPENAI_SYSTEM_FINGERPRINT: Final = "openai.response.system_fingerprint"

USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
OLD_USAGE_INPUT_TOKENS: Final = "gen_ai.usage.prompt_tokens"  # until semantic conventions 1.27
OLD_USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.completion_tokens"
USAGE_CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
USAGE_CACHE_WRITE: Final = "gen_ai.usage.cache_write.input_tokens"
USAGE_CACHE_CREATION: Final = "gen_ai.usage.cache_creation.input_tokens"  # until 2026-09
USAGE_REASONING: Final = "gen_ai.usage.reasoning.output_tokens"
USAGE_AUDIO_INPUT: Final = "gen_ai.usage.audio.input_tokens"
USAGE_AUDIO_OUTPUT: Final = "gen_ai.usage.audio.output_tokens"
USAGE_AUDIO_CACHE_READ: Final = "gen_ai.usage.audio.cache_read.input_tokens"
USAGE_IMAGE_INPUT: Final = "gen_ai.usage.image.input_tokens"
USAGE_IMAGE_OUTPUT: Final = "gen_ai.usage.image.output_tokens"
USAGE_IMAGE_CACHE_READ: Final = "gen_ai.usage.image.cache_read.input_tokens"
USAGE_CACHE_WRITE_1H: Final = "anthropic.usage.cache_creation.ephemeral_1h_input_tokens"
USAGE_RAW: Final = "gen_ai.usage.raw"  # Logfire
USAGE_TOTAL_TOKENS: Final = "gen_ai.usage.total_tokens"  # OpenLLMetry
USAGE_COST: Final = "gen_ai.usage.cost"  # OpenLIT
CLIENT_TOKEN_USAGE: Final = "gen_ai.client.token.usage"  # OpenLIT
LATENCY: Final = "gen_ai.latency."  # vLLM
USAGE: Final = "gen_ai.usage."
"""Begins the names of all counts."""

INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
RETRIEVAL_DOCUMENTS: Final = "gen_ai.retrieval.documents"
RETRIEVAL_QUERY: Final = "gen_ai.retrieval.query.text"
EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"

# Of OpenLLMetry, and of events until semantic conventions 1.36.
OLD_PROMPT: Final = "gen_ai.prompt"
OLD_COMPLETION: Final = "gen_ai.completion"
OLD_PROMPT_EVENT: Final = "gen_ai.content.prompt"
OLD_COMPLETION_EVENT: Final = "gen_ai.content.completion"
OLD_CHUNK_EVENT: Final = "gen_ai.content.completion.chunk"
CHOICE_EVENT: Final = "gen_ai.choice"
MESSAGE_EVENTS: Final = {
    f"gen_ai.{role}.message": role for role in ("system", "user", "assistant", "tool")
}
"""Events that are a message each, by its role."""
HEADERS: Final = "gen_ai.headers"
IS_STREAMING: Final = "gen_ai.is_streaming"
OLD_USER: Final = "gen_ai.user"
OLD_TOOL_ARGUMENTS: Final = "gen_ai.tool.args"  # OpenLIT
SDK_VERSION: Final = "gen_ai.sdk.version"  # OpenLIT

ERROR_TYPE: Final = "error.type"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
SESSION_ID: Final = "session.id"
USER_ID: Final = "user.id"
ENDUSER_ID: Final = "enduser.id"  # USER_ID until semantic conventions 1.28
SERVICE_NAME: Final = "service.name"
SERVICE_NAMESPACE: Final = "service.namespace"
SERVICE_INSTANCE_ID: Final = "service.instance.id"
PROCESS_PID: Final = "process.pid"
CONTAINER_ID: Final = "container.id"
HOST_ID: Final = "host.id"
HOST_NAME: Final = "host.name"
SERVICE_VERSION: Final = "service.version"
ENVIRONMENT: Final = "deployment.environment.name"
OLD_ENVIRONMENT: Final = "deployment.environment"  # ENVIRONMENT until semantic conventions 1.27
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
HTTP_REQUEST_METHOD: Final = "http.request.method"
HTTP_ROUTE: Final = "http.route"
HTTP_STATUS_CODE: Final = "http.response.status_code"
URL: Final = "url.full"
OLD_URL: Final = "http.url"
RPC_METHOD: Final = "rpc.method"
TELEMETRY_SDK_LANGUAGE: Final = "telemetry.sdk.language"
TELEMETRY_SDK_NAME: Final = "telemetry.sdk.name"
TELEMETRY_SDK_VERSION: Final = "telemetry.sdk.version"

OWN: Final = "llm_observe."
"""Begins the names that only our own writer gives: a sender's are dropped."""
TENANT_ID: Final = "llm_observe.tenant.id"
CUSTOMER_ID: Final = "llm_observe.customer.id"
TAG: Final = "llm_observe.tag."
"""Begins the names of tags; the key follows."""
DROPPED_TAGS: Final = "llm_observe.dropped_tags"
INPUT_DIGEST: Final = "llm_observe.input.digest"
INPUT_LENGTH: Final = "llm_observe.input.length"
OUTPUT_DIGEST: Final = "llm_observe.output.digest"
OUTPUT_LENGTH: Final = "llm_observe.output.length"
INPUT_MEDIA: Final = "llm_observe.input.media"
OUTPUT_MEDIA: Final = "llm_observe.output.media"
STEP_NAME: Final = "llm_observe.step.name"
GENERATED: Final = "llm_observe.generated"
DROPPED_ATTRIBUTES: Final = "llm_observe.dropped_attributes"
LINKS: Final = "llm_observe.links"
DIALECT: Final = "llm_observe.dialect"
REPAIRS: Final = "llm_observe.repairs"
MAPPED: Final = "llm_observe.mapped"
PROBE: Final = "llm_observe.probe"

OTHER_ERROR: Final = "_OTHER"
"""An error of no known type."""
TIMEOUT: Final = "timeout"
ABANDONED: Final = "abandoned"

FAAS_NAME: Final = "faas.name"
FAAS_INVOCATION_ID: Final = "faas.invocation_id"
FAAS_COLDSTART: Final = "faas.coldstart"
FAAS_MAX_MEMORY: Final = "faas.max_memory"
FAAS_PLACES: Final = (
    *(FAAS_NAME, "faas.version", "faas.instance", "faas.trigger", "faas.time"),
    *("faas.invoked_name", "faas.invoked_provider", "faas.invoked_region"),
)
CLOUD_PLACES: Final = (
    *("cloud.provider", "cloud.account.id", "cloud.region", "cloud.platform"),
    *("cloud.availability_zone", "cloud.resource_id"),
)

Repair = Literal[
    "attributes_dropped",
    "content_dropped",
    "end_before_start",
    "events_dropped",
    "field_dropped",
    "field_renamed",
    "id_pseudonymized",
    "links_dropped",
    "number_as_text",
    "parent_dropped",
    "tags_dropped",
    "text_cleaned",
    "text_dropped",
    "time_clamped",
    "time_missing",
    "time_unit_changed",
    "time_units_differ",
    "usage_added",
    "usage_dropped",
    "value_cut",
    "value_dropped",
]
"""Changes that a span needed to be stored, as ``REPAIRS`` lists them."""

UnknownBecause = Literal[
    "usage_not_told",
    "usage_estimated",
    "usage_contradictory",
    "model_not_told",
    "model_not_priced",
    "tier_not_told",
    "tier_not_priced",
    "before_prices",
    "cache_not_told",
    "reasoning_not_told",
    "image_not_told",
    "part_not_priced",
]
"""Reasons for which a model call has no usage, or usage and no cost: one for each span, the first
that holds in this order."""
UNKNOWN_BECAUSE: Final[tuple[UnknownBecause, ...]] = get_args(UnknownBecause)

UsageUncounted = Literal["repeats_calls", "no_model"]
"""Reasons for which a span that tells of tokens is no model call: its operation (an agent, a
workflow, a tool) repeats the usage of calls within it; or it names no model."""
USAGE_UNCOUNTED: Final[tuple[UsageUncounted, ...]] = get_args(UsageUncounted)

Operation = Literal[
    "chat",
    "text_completion",
    "generate_content",
    "embeddings",
    "image_generation",
    "video_generation",
    "transcription",
    "speech",
    "rerank",
    "moderation",
    "fetch_response",
    "execute_tool",
    "invoke_agent",
    "create_agent",
    "invoke_workflow",
    "plan",
    "retrieval",
    "guardrail",
    "evaluate",
    "search_memory",
    "create_memory",
    "update_memory",
    "upsert_memory",
    "delete_memory",
    "create_memory_store",
    "delete_memory_store",
]
"""The operation of a span, by OpenTelemetry's names where it has one: the one list, from which
the API's document and the dashboard take theirs. ``dialects.operations`` has the names that
senders give them; a sender may name others, which are kept."""
OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)

CHAT: Final[Operation] = "chat"
TEXT_COMPLETION: Final[Operation] = "text_completion"
GENERATE_CONTENT: Final[Operation] = "generate_content"
EMBEDDINGS: Final[Operation] = "embeddings"
IMAGE_GENERATION: Final[Operation] = "image_generation"
VIDEO_GENERATION: Final[Operation] = "video_generation"
TRANSCRIPTION: Final[Operation] = "transcription"
SPEECH: Final[Operation] = "speech"
RERANK: Final[Operation] = "rerank"
MODERATION: Final[Operation] = "moderation"
FETCH_RESPONSE: Final[Operation] = "fetch_response"
EXECUTE_TOOL: Final[Operation] = "execute_tool"
INVOKE_AGENT: Final[Operation] = "invoke_agent"
CREATE_AGENT: Final[Operation] = "create_agent"
INVOKE_WORKFLOW: Final[Operation] = "invoke_workflow"
PLAN: Final[Operation] = "plan"
RETRIEVAL: Final[Operation] = "retrieval"
GUARDRAIL: Final[Operation] = "guardrail"
EVALUATE: Final[Operation] = "evaluate"
MODEL_CALLS: Final[frozenset[str]] = frozenset(
    {CHAT, TEXT_COMPLETION, GENERATE_CONTENT, EMBEDDINGS}
)
"""Operations that always reach a model and cost tokens. An agent's span repeats its calls'."""
MEDIA_CALLS: Final[frozenset[str]] = frozenset(
    {IMAGE_GENERATION, VIDEO_GENERATION, TRANSCRIPTION, SPEECH}
)
"""Operations that are calls where they name a model: some are paid by other units than tokens."""
CALLS: Final[frozenset[str]] = MODEL_CALLS | MEDIA_CALLS | {RERANK, MODERATION, FETCH_RESPONSE}
"""These, and operations that are calls where they name a model and tell its usage: a reranker may
be a program, and to fetch a response is not to ask for one."""
WITHOUT_OUTPUT: Final[frozenset[str]] = frozenset({EMBEDDINGS, RERANK, MODERATION})
"""Calls that by their nature give no tokens."""
