"""Each function of the template, as built, answers its event file as `sam local invoke` would."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.local.aws.template import read_all_functions
from infra.local.keys import StackKeys
from infra.local.services import function_environment
from infra.local.settings import Settings
from tests.infra.build.runtime_emulator import (
    EmulatedFunction,
    install_runtime_client,
    run_emulator,
)
from tests.infra.offline_openai.running import Server

REPOSITORY = Path(__file__).parents[3]
EVENTS = REPOSITORY / "tests" / "functions" / "events"
TEMPLATE = REPOSITORY / "template.yaml"
FUNCTIONS = {"_".join(function.path): function for function in read_all_functions(TEMPLATE)}
QUEUE = {
    "LLM_OBSERVE_INGEST_MODE": "queue",
    "LLM_OBSERVE_QUEUE_URL": "https://sqs.invalid/spans",
    "LLM_OBSERVE_DEAD_LETTER_URL": "https://sqs.invalid/letters",
    "LLM_OBSERVE_CLAIM_BUCKET": "claims",
}
"""What the writer is told; it asks AWS for nothing unless a row is refused or claimed."""
Run = Callable[[str], AbstractContextManager[EmulatedFunction]]


@pytest.fixture(scope="module")
def variables(settings: Settings, keys: StackKeys, data_api: str) -> Iterator[dict[str, str]]:
    """The settings that template.yaml names, for the real Data API and an offline model."""
    server = Server("--port", "0", "--pace", "0")
    offline_port = urlsplit(server.base_url).port
    names = function_environment(settings, keys, offline_port).items()
    wanted = ("SUPABASE_", "LLM_OBSERVE_", "OPENAI_")
    yield {k: v for k, v in names if k.startswith(wanted)} | {"SUPABASE_URL": data_api}
    server.stop()


@pytest.fixture(scope="module")
def run(
    built: Path,
    python: Path,
    variables: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """Serves built functions by name, one emulator each."""
    client = tmp_path_factory.mktemp("client")
    install_runtime_client(python, client)
    logs = tmp_path_factory.mktemp("logs")

    def start(name: str) -> AbstractContextManager[EmulatedFunction]:
        function = FUNCTIONS[name]
        path = (built / function.name, built / "FunctionsLayer" / "python", client)
        told = variables | (QUEUE if function.takes_messages else {})
        return run_emulator(function, python, path, told, logs / f"{name}.log")

    return start


@pytest.fixture(scope="module")
def traced(run: Run) -> dict[str, Any]:
    """What the demo's function answered to its event; the readers find its trace."""
    with run("demo_run") as function:
        answer: dict[str, Any] = read_answer(function, read_event("demo_run"))
        return answer


def read_event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def read_answer(function: EmulatedFunction, event: dict[str, Any], status: int = 200) -> Any:
    """The body of an API Gateway answer."""
    answer = function.invoke(json.dumps(event).encode())
    assert answer.get("statusCode") == status, (answer, function.read_log())
    return json.loads(answer["body"])


def test_demo_run_is_traced_and_priced(traced: dict[str, Any]) -> None:
    """The agent calls the offline model, and its trace is stored with tokens and a cost."""
    assert traced["offline"] is True
    assert traced["total_tokens"] > 0
    assert traced["total_cost_usd"] > 0


def test_fake_app_answers(run: Run) -> None:
    """The shop's journey runs from its event; its spans are stored."""
    with run("demo_fake_app") as function:
        answer = read_answer(function, read_event("demo_fake_app"))

    assert answer["trace_id"]


def test_health_is_well(run: Run) -> None:
    """The API and its database answer."""
    with run("health") as function:
        assert read_answer(function, read_event("health"))["status"] == "ok"


def test_spans_and_sums_hold_the_demo(run: Run, traced: dict[str, Any]) -> None:
    """What the demo's function stored, the reading functions' events find."""
    with run("spans") as function:
        spans = read_answer(function, read_event("spans"))
    with run("metrics") as function:
        metrics = read_answer(function, read_event("metrics"))

    assert traced["trace_id"] in {span["trace_id"] for span in spans["items"]}
    assert metrics["totals"]["total_tokens"] >= traced["total_tokens"]


def test_traces_event_asks_for_failures(run: Run, traced: dict[str, Any]) -> None:
    """Its filter leaves the demo's trace out; without it the trace is there."""
    event = read_event("traces")
    with run("traces") as function:
        failures = read_answer(function, event)
        del event["queryStringParameters"]["status"]
        event["rawQueryString"] = "limit=20"
        traces = read_answer(function, event)

    assert traced["trace_id"] not in {trace["trace_id"] for trace in failures["items"]}
    assert traced["trace_id"] in {trace["trace_id"] for trace in traces["items"]}


def test_facets_count_the_demos_calls(run: Run, traced: dict[str, Any]) -> None:
    """The event asks for the models of chats, and the demo's is one of them."""
    with run("facets") as function:
        answer = read_answer(function, read_event("facets"))

    assert traced["trace_id"]
    assert [facet["field"] for facet in answer["facets"]] == ["model", "tool"]
    assert sum(value["count"] for value in answer["facets"][0]["values"]) >= 1


def test_trace_is_found_by_its_id(run: Run, traced: dict[str, Any]) -> None:
    """The event's own trace is nobody's: 404; with the demo's id the event finds its spans."""
    event, trace_id = read_event("trace"), traced["trace_id"]
    with run("trace") as function:
        nobodys = read_answer(function, event, 404)
        event["pathParameters"]["trace_id"] = trace_id
        event["rawPath"] = event["requestContext"]["http"]["path"] = f"/traces/{trace_id}"
        found = read_answer(function, event)

    assert nobodys["error"]["code"] == "not_found"
    assert found["trace"]["trace_id"] == trace_id


def test_sessions_and_users_answer(run: Run) -> None:
    """The event's session, whose id has a slash, is nobody's; the demo names no user."""
    with run("sessions") as function:
        nobodys = read_answer(function, read_event("sessions"), 404)
    with run("users") as function:
        users = read_answer(function, read_event("users"))

    assert nobodys["error"]["message"].startswith("This tenant has no such session.")
    assert users["next_cursor"] is None


def test_keys_and_settings_answer(run: Run) -> None:
    """A key is made, days are set, nothing is there to forget, and the audit tells of the two."""
    with run("keys") as function:
        key = read_answer(function, read_event("keys"), 201)["key"]
    with run("retention") as function:
        days = read_answer(function, read_event("retention"))
    with run("erasure") as function:
        missing = read_answer(function, read_event("erasure"), 404)
    with run("deletions") as function:
        doomed = read_answer(function, read_event("deletions"))
    with run("audit") as function:
        events = read_answer(function, read_event("audit"))["items"]

    assert key.startswith("lo_live_")
    assert days == {"span_days": 90, "content_days": 30, "roll_up_days": None}
    assert missing["error"]["code"] == "not_found"
    assert (doomed["dry_run"], doomed["traces"]) == (True, 0)
    assert [event["action"] for event in events] == ["tenant.changed", "api_key.created"]


def test_the_setup_is_checked(run: Run) -> None:
    """The built function looks at its project, whose functions and pre-request hook are there."""
    with run("setup") as function:
        checks = read_answer(function, read_event("setup"))["checks"]

    status = {check["name"]: check["status"] for check in checks}
    assert (status["pre_request"], status["partitions"]) == ("ok", "ok")


def test_a_span_is_tried(run: Run) -> None:
    """Rules of one's own make a priced call of a span that no dialect knows."""
    with run("mappings") as function:
        answer = read_answer(function, read_event("mappings"))

    (span,) = answer["spans"]
    assert (span["dialect"], span["countable"]) == ("plain", True)
    assert span["cost_usd"] > 0


def test_a_view_is_saved(run: Run) -> None:
    """With what its filter means."""
    with run("views") as function:
        view = read_answer(function, read_event("views"), 201)

    assert (view["tree"], view["mine"]) == ({"field": "failed", "op": "is"}, True)


def test_a_prompt_is_looked_for(run: Run) -> None:
    """The event's prompt has another digest than each of the demo's: it is nobody's."""
    with run("search") as function:
        answer = read_answer(function, read_event("search"))

    assert answer == {"items": [], "next_cursor": None}


def test_spans_are_exported(run: Run, traced: dict[str, Any]) -> None:
    """As CSV, in a body that is text: in Base64 a third less would fit into an answer."""
    with run("export") as function:
        answer = function.invoke(json.dumps(read_event("export")).encode())

    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert answer["headers"]["content-type"] == "text/csv; charset=utf-8"
    assert answer["body"].startswith("trace_id,span_id,")
    assert traced["trace_id"] in answer["body"]


def test_spans_are_taken_by_otlp(run: Run) -> None:
    """The built door stores a call that another library made; an empty answer says so."""
    with run("ingest_traces") as function:
        assert read_answer(function, read_event("ingest_traces")) == {}


def test_spans_are_taken_by_another_path(run: Run) -> None:
    """The built function serves Langfuse's path as the route that it means."""
    with run("ingest_any_path") as function:
        assert read_answer(function, read_event("ingest_any_path")) == {}


def test_metrics_are_refused_by_number(run: Run) -> None:
    """The built function counts what it does not store."""
    with run("ingest_other_signals") as function:
        answer = read_answer(function, read_event("ingest_other_signals"))

    assert answer["partialSuccess"]["rejectedDataPoints"] == "1"


def test_me_is_the_developer(run: Run) -> None:
    """Without a credential, in development mode, the caller is a developer."""
    with run("me") as function:
        assert read_answer(function, read_event("me"))["kind"] == "dev"


def test_members_are_listed(run: Run) -> None:
    """Nobody was let into the event's tenant, whom the developer may ask about."""
    with run("members") as function:
        assert read_answer(function, read_event("members"))["members"] == []


def test_sums_are_for_people(run: Run) -> None:
    """A developer is nobody whose tenants there could be, and is told so."""
    with run("tenants") as function:
        answer = function.invoke(json.dumps(read_event("tenants")).encode())
    assert answer["statusCode"] == 403
    assert "needs a person who has logged in" in answer["body"]


def test_a_message_of_the_queue_is_stored(run: Run) -> None:
    """The writer has nothing to be delivered again, and its span is found."""
    event = read_event("ingest_writer")
    with run("ingest_writer") as function:
        answer = function.invoke(json.dumps(event).encode())
    with run("spans") as function:
        spans = read_answer(function, read_event("spans"))["items"]
    (row,) = json.loads(event["Records"][0]["body"])["rows"]

    assert answer == {"batchItemFailures": []}
    assert row["trace_id"] in {span["trace_id"] for span in spans}


def test_jobs_are_done(run: Run) -> None:
    """Each finds the database under the operator's token, and nothing that it can't do."""
    with run("jobs_deletions") as function:
        deletions = function.invoke(json.dumps(read_event("jobs_deletions")).encode())
    with run("jobs_expiry") as function:
        expiry = function.invoke(json.dumps(read_event("jobs_expiry")).encode())
    with run("jobs_partitions") as function:
        partitions = function.invoke(json.dumps(read_event("jobs_partitions")).encode())
    with run("jobs_roll_ups") as function:
        roll_ups = function.invoke(json.dumps(read_event("jobs_roll_ups")).encode())
    with run("jobs_verification") as function:
        verification = function.invoke(json.dumps(read_event("jobs_verification")).encode())

    answers = (deletions, expiry, partitions, roll_ups, verification)
    assert [(each["job"], each["outcome"]) for each in answers] == [
        ("deletions", "done"),
        ("expiry", "done"),
        ("partitions", "done"),
        ("roll_ups", "done"),
        ("verification", "done"),
    ]


def test_every_line_of_the_log_is_json(run: Run) -> None:
    """Under AWS's own runtime client, too, a request is a line with its route and its ids."""
    with run("trace") as function:
        answer = read_answer(function, read_event("trace"), 404)
        log = function.read_log()
    lines = [line for line in log.splitlines() if not re.match(r"(START|END|REPORT) |$", line)]
    (told,) = map(json.loads, lines)

    assert (told["route"], told["status"]) == ("GET /traces/{trace_id}", 404)
    assert told["function_request_id"] == answer["error"]["request_id"]
    assert told["tenant"] == read_event("trace")["headers"]["x-tenant-id"]


@pytest.mark.parametrize("event", [b"{", b"{}", b"[]", b'"text"'])
def test_malformed_event_fails_alone(run: Run, event: bytes) -> None:
    """An event that API Gateway would never send is an error of Lambda's; the next one is fine."""
    with run("health") as function:
        failure = function.invoke(event)
        answer = read_answer(function, read_event("health"))

    assert failure["errorType"]
    assert answer["status"] == "ok"


def test_every_function_is_invoked_here() -> None:
    """A function that joins the template has to join this file."""
    source = Path(__file__).read_text()

    assert set(re.findall(r'run\("(\w+)"\)', source)) == FUNCTIONS.keys()
