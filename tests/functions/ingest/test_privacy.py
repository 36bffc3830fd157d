"""With content off, no text of a recorded span is stored, answered or logged, but for names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import connect_as_owner
from tests.functions.dump import dump_tables
from tests.functions.ingest.conftest import Post
from tests.functions.ingest.marking import MARKER, Marking
from tests.functions.ingest.spans import JSON_TYPE, PROTOBUF_TYPE, to_json, to_protobuf
from trials.instrumentations.fixtures import read_fixtures

MODELS = {
    "gen_ai.request.model",
    "gen_ai.response.model",
    "ai.model.id",
    "ai.response.model",
    "embedding.model_name",
    "embedding.invocation_parameters:model",
    "langfuse.observation.model.name",
    "llm.model_name",
    "llm.request.model_name",
    "llm.response.model_name",
    "llm.invocation_parameters:model",
    "mlflow.llm.model",
    "mlflow.spanInputs:model",
    "mlflow.spanInputs:modelId",
    "mlflow.spanOutputs:model",
    "mlflow.spanOutputs:model_version",
    "event mlflow.chunk.value:response.model",
    "model",
}
PROVIDERS = {
    "gen_ai.provider.name",
    "gen_ai.system",
    "ai.model.provider",
    "langsmith.metadata.ls_provider",
    "llm.provider",
    "llm.system",
    "mlflow.llm.provider",
}
IDS = {
    "gen_ai.response.id",
    "gen_ai.agent.id",
    "ai.response.id",
    "langfuse.observation.metadata.id",
    "mlflow.spanOutputs:id",
    "mlflow.spanOutputs:response_id",
    "event mlflow.chunk.value:response.id",
    "output.value:data.id",
    "output.value:id",
    "output.value:response_id",
    "output.value:llm_output.id",
    "output.value:generations.message.kwargs.response_metadata.id",
}
FINISH_REASONS = {
    "gen_ai.response.finish_reasons",
    "gen_ai.completion.0.finish_reason",
    "gen_ai.output.messages:finish_reason",
    "ai.response.finishReason",
    "anthropic.message.stop_reason",
    "langfuse.observation.metadata.finish_reason",
    "llm.finish_reason",
    "mlflow.spanOutputs:choices.finish_reason",
    "mlflow.spanOutputs:candidates.finish_reason",
    "mlflow.spanOutputs:stopReason",
    "mlflow.spanOutputs:stop_reason",
    "event mlflow.chunk.value:choices.finish_reason",
    "output.value:finish_reason",
    "stop_reason",
}
TIERS = {
    "gen_ai.openai.response.service_tier",
    "gen_ai.response.service_tier",
    "gen_ai.usage.raw:service_tier",
    "openai.response.service_tier",
    "openai.response.system_fingerprint",
    "anthropic.response.service_tier",
    "ai.response.providerMetadata:openai.serviceTier",
    "langfuse.observation.metadata.service_tier",
    "langfuse.observation.model.parameters:service_tier",
    "mlflow.spanOutputs:service_tier",
    "mlflow.spanOutputs:usage.service_tier",
    "event mlflow.chunk.value:response.service_tier",
    "event mlflow.chunk.value:service_tier",
    "output.value:service_tier",
    "output.value:usage.service_tier",
    "output.value:llm_output.service_tier",
    "output.value:generations.generation_info.service_tier",
    "output.value:generations.message.kwargs.response_metadata.service_tier",
}
"""The tier that served: one that was only asked for is kept nowhere."""
NAMES = (
    MODELS
    | PROVIDERS
    | IDS
    | FINISH_REASONS
    | TIERS
    | {
        "gen_ai.operation.name",
        "gen_ai.agent.name",
        "gen_ai.workflow.name",
        "gen_ai.conversation.id",
        "session.id",
        "user.id",
        "gen_ai.tool.name",
        "gen_ai.tool.type",
        "gen_ai.tool.call.id",
        "agent.name",
        "tool.name",
        "tool_name",
        "traceloop.entity.name",
        "gen_ai.request.user",
        "gen_ai.request.encoding_formats",
        "gen_ai.output.type",
        "openai.api.type",
        "error.type",
        "event exception.type",
        "http.request.method",
        "http.route",
        "server.address",
        "cloud.region",
        "service.name",
        "deployment.environment",
        "resource service.name",
    }
)
"""What is stored as it is: it says what was called, by whom and where, and how it ended."""
KINDS = {
    "ai.operationId",
    "langfuse.observation.type",
    "llm.request.type",
    "logfire.span_type",
    "mlflow.message.format",
    "mlflow.spanType",
    "openinference.span.kind",
    "traceloop.span.kind",
}
"""What makes a span a call: marked as the whole only, for else nothing would be read as one."""
STRUCTURE = ("type", "role", "object")
"""What makes JSON a message; the same."""

ENCODERS = {JSON_TYPE: to_json, PROTOBUF_TYPE: to_protobuf}


def is_any_text(place: str) -> bool:
    return place not in NAMES


def is_said(place: str) -> bool:
    structural = place in KINDS or place.rpartition(".")[2].rpartition(":")[2] in STRUCTURE
    return not structural and place not in NAMES


def send_marked(post: Post, marking: Marking, tenant: str, content_type: str) -> str:
    """Send every fixture marked; give what was answered."""
    answers = []
    for fixture in read_fixtures():
        groups = [
            group
            for number, scenario in enumerate(fixture["scenarios"], start=1)
            for group in marking.mark_request(scenario["request"], f"{number:08x}")["resourceSpans"]
        ]
        body = ENCODERS[content_type]({"resourceSpans": groups})
        # Traces are numbered by scenario, so each fixture has a tenant.
        answer = post(body, tenant=f"{tenant}-{fixture['library']}", content_type=content_type)
        assert answer.status_code == 200
        answers.append(answer.text)
    return "".join(answers)


def count_calls(database: Database, tenant: str) -> int:
    """Count the model calls that were read in what was marked."""
    with connect_as_owner(database) as owner:
        query = "select count(*) as calls from spans where counted and tenant_id like %s"
        row = owner.execute(query, [f"{tenant}-%"]).fetchone()
        return int(row["calls"]) if row else 0


@pytest.mark.parametrize("content_type", ENCODERS)
@pytest.mark.parametrize(
    ("is_marked", "within"), [(is_any_text, False), (is_said, True)], ids=["whole", "within JSON"]
)
def test_no_text_but_a_name_is_kept(
    post: Post,
    database: Database,
    state_dir: Path,
    content_type: str,
    is_marked: Callable[[str], bool],
    *,
    within: bool,
) -> None:
    """Of attributes, known and unknown, events, links, status, resource and scope: nothing."""
    marking = Marking(is_marked, within=within)
    tenant = f"said-{int(within)}-{content_type.rpartition('-')[2].replace('/', '-')}"
    answers = send_marked(post, marking, tenant, content_type)
    stored = dump_tables(database)
    logs = "".join(path.read_text(errors="replace") for path in state_dir.rglob("*.log"))

    assert len(marking.places) > 100
    assert count_calls(database, tenant) > 100 or not within
    assert marking.find(stored) == set()
    assert MARKER not in answers + logs


def test_every_name_is_kept(post: Post, database: Database) -> None:
    """What the list of names lets through is stored: a name that is not kept leaves the list."""
    marking = Marking(NAMES.__contains__, within=True)
    send_marked(post, marking, "names", JSON_TYPE)

    assert marking.places == NAMES
    assert NAMES - marking.find(dump_tables(database)) == set()
