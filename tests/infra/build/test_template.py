from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.local.aws.routes import Routes
from infra.local.aws.template import (
    Function,
    RouteKey,
    _Loader,
    read_all_functions,
    read_functions,
    read_jobs,
)
from infra.policies.cloudformation import translate

REPOSITORY = Path(__file__).parents[3]
TEMPLATE = REPOSITORY / "template.yaml"
EVENTS = sorted((REPOSITORY / "tests" / "functions" / "events").glob("*.json"))


def name_event(function: Function) -> str:
    """The name of a function's event file: its folder's, under functions/."""
    return "_".join(function.path)


ANSWERING = {name_event(function) for function in read_functions(TEMPLATE)}
REQUESTS = [path for path in EVENTS if path.stem in ANSWERING]


@pytest.fixture(scope="module")
def functions() -> list[Function]:
    return read_functions(TEMPLATE)


@pytest.fixture(scope="module")
def template() -> Any:
    return yaml.load(TEMPLATE.read_text(), _Loader)


def test_routes_are_those_of_the_api(functions: list[Function]) -> None:
    """Template and OpenAPI document offer the same routes."""
    document = json.loads((REPOSITORY / "openapi.json").read_text())
    documented = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    }

    routes = [key for function in functions for key in function.routes]

    every = {str(key) for key in routes if key.takes_every_path}
    assert {key.documented for key in routes if not key.takes_every_path} == documented
    assert every == {"POST /{path+}", "OPTIONS /{path+}"}


def test_handlers_are_those_of_the_folders() -> None:
    """Each handler under functions/ is one function's, imported from the repository's root."""
    functions = read_all_functions(TEMPLATE)
    handlers = sorted((REPOSITORY / "functions").rglob("handler.py"))
    modules = [path.relative_to(REPOSITORY).with_suffix("").parts for path in handlers]

    assert sorted(function.handler for function in functions) == sorted(
        ".".join([*module, "handler"]) for module in modules
    )
    assert {function.root for function in functions} == {REPOSITORY}


def test_runtime_is_one_that_gets_sigterm(template: Any) -> None:
    """Sam validate passes any python3.x; below 3.12 what is held at shutdown would be lost."""
    assert template["Globals"]["Function"]["Runtime"] == "python3.12"
    assert template["Parameters"]["Arch"]["Default"] == "arm64"


def test_each_function_has_logs_that_expire(template: Any) -> None:
    """Every function writes to a log group of its own in the template, with a retention."""
    resources = template["Resources"]
    groups = {n: r for n, r in resources.items() if r["Type"] == "AWS::Logs::LogGroup"}
    used = [
        resource["Properties"]["LoggingConfig"]["LogGroup"].value
        for resource in resources.values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]

    assert sorted([*used, "ApiLogs"]) == sorted(groups)
    assert all("RetentionInDays" in group["Properties"] for group in groups.values())


def test_roles_may_read_only_what_their_functions_are_given(template: Any) -> None:
    """A function's role allows exactly the secrets whose ARNs stand in its environment."""
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        own = properties.get("Environment", {}).get("Variables", {})
        given = {v.value for k, v in (shared | own).items() if k.endswith("_SECRET_ARN") and v}
        role = template["Resources"][properties["Role"].value.removesuffix(".Arn")]["Properties"]
        statements = [s for p in role["Policies"] for s in p["PolicyDocument"]["Statement"]]
        [secrets] = [s for s in statements if s["Action"] == "secretsmanager:GetSecretValue"]
        resources = secrets["Resource"]
        allowed = {r.value for r in (resources if isinstance(resources, list) else [resources])}
        assert allowed == given, name
        assert "ManagedPolicyArns" not in role


def test_every_role_that_reads_secrets_may_decrypt_them(template: Any) -> None:
    """With a key of one's own: that key, through Secrets Manager, for each such role, if one is."""
    resources = template["Resources"]
    policy = resources["SecretsKeyPolicy"]
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    named = {
        role.value if role.tag == "Ref" else role.value[1].value
        for role in policy["Properties"]["Roles"]
    }
    readers = {
        name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::IAM::Role" and "secretsmanager" in str(resource)
    }

    assert named == readers == {n for n, r in resources.items() if r["Type"] == "AWS::IAM::Role"}
    assert policy["Condition"] == "HasSecretsKey"
    assert template["Parameters"]["SecretsKmsKeyArn"]["Default"] == ""
    assert (statement["Effect"], statement["Action"]) == ("Allow", "kms:Decrypt")
    assert (statement["Resource"].tag, statement["Resource"].value) == ("Ref", "SecretsKmsKeyArn")
    service = statement["Condition"]["StringEquals"]["kms:ViaService"].value
    assert service == "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"


def test_every_log_group_takes_a_key(template: Any) -> None:
    """One parameter encrypts all logs, the API's own among them."""
    groups = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Logs::LogGroup"
    }
    keys = {name: properties["KmsKeyId"] for name, properties in groups.items()}

    assert "ApiLogs" in groups
    for name, key in keys.items():
        condition, given, otherwise = key.value
        assert (key.tag, condition, given.value) == ("If", "HasLogsKey", "LogsKmsKeyArn"), name
        assert otherwise.value == "AWS::NoValue"


def test_template_has_no_aliases() -> None:
    """CloudFormation's YAML takes no anchors and aliases."""
    assert re.findall(r"^[^#]*[:-] [&*]\w+", TEMPLATE.read_text(), re.MULTILINE) == []


@pytest.mark.parametrize("path", REQUESTS, ids=lambda path: path.stem)
def test_event_reaches_its_function(functions: list[Function], path: Path) -> None:
    """Each event file is one that API Gateway would send to the function it is named after."""
    event = json.loads(path.read_text())
    match = Routes(functions).find(event["requestContext"]["http"]["method"], event["rawPath"])

    assert match is not None
    assert name_event(match.function) == path.stem
    assert str(match.key) == event["routeKey"] == event["requestContext"]["routeKey"]
    assert match.parameters == event.get("pathParameters", {})


def test_every_function_has_an_event(functions: list[Function]) -> None:
    """There is one event file for each function, also for those that take no requests."""
    assert {path.stem for path in EVENTS} == set(map(name_event, read_all_functions(TEMPLATE)))
    assert isinstance(functions[0].routes[0], RouteKey)


QUEUE_MODE = (
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::IAM::Policy",
)


def test_sync_mode_has_nothing_of_the_queue(template: Any) -> None:
    """Each resource of queue mode hangs on the parameter, whose default is sync."""
    resources = template["Resources"]
    queued = {name for name, each in resources.items() if each.get("Condition") == "Queued"}
    of_these = {name for name, each in resources.items() if each["Type"] in QUEUE_MODE}
    of_these -= {"SecretsKeyPolicy"}
    writers = {name for name in resources if name.startswith("SpanWriter")}

    assert template["Parameters"]["IngestMode"]["Default"] == "sync"
    assert of_these | writers == queued
    assert {"SpanQueue", "DeadLetterQueue", "ClaimBucket", "SpanWriterFunction"} <= queued


def test_jobs_are_tried_again_only_for_so_long(template: Any) -> None:
    """A run is stale when the next is due; both EventBridge and Lambda give up before."""
    for job in read_jobs(TEMPLATE):
        properties = template["Resources"][job.name]["Properties"]
        (event,) = properties["Events"].values()
        for policy in (event["Properties"]["RetryPolicy"], properties["EventInvokeConfig"]):
            assert policy["MaximumEventAgeInSeconds"] <= 3600, job.name
            assert policy["MaximumRetryAttempts"] <= 3, job.name
        assert properties["Role"].value == "JobRole.Arn"


def test_a_deployment_has_no_demo_unless_it_says_so(template: Any) -> None:
    """What spends money hangs on a parameter whose default is false: functions, role and logs."""
    parameters, resources = template["Parameters"], template["Resources"]
    demo = {name for name, each in resources.items() if each.get("Condition") == "Demo"}
    spending = {
        name
        for name, each in resources.items()
        if "OPENAI_API_KEY_SECRET_ARN"
        in each["Properties"].get("Environment", {}).get("Variables", {})
        or "OpenAiKeySecretArn" in json.dumps(each, default=vars)
    }

    assert parameters["EnableDemo"]["Default"] == "false"
    assert parameters["OpenAiKeySecretArn"]["Default"] == ""
    assert spending == {"DemoRunFunction", "DemoFakeAppFunction", "DemoRole"}
    assert spending | {"DemoRunLogs", "DemoFakeAppLogs"} == demo
    assert template["Rules"]["DemoHasAKey"]["Assertions"]


def test_the_routes_of_the_demo_go_with_its_functions() -> None:
    """SAM makes each route hang on its function's condition, beside the route that we wrote."""
    routes = translate(TEMPLATE)["Resources"]["Api"]["Properties"]["Body"]["paths"]
    conditional = {path for path, methods in routes.items() if "Fn::If" in json.dumps(methods)}

    assert conditional == {"/demo/run", "/demo/fake_app"}
    assert "/v1/traces" in routes


def test_the_queue_is_as_lambda_wants_it(template: Any) -> None:
    """Visible again after six timeouts of the writer at least; dead letters kept longer; 1 MiB."""
    queue, letters, writer = (
        template["Resources"][name]["Properties"]
        for name in ("SpanQueue", "DeadLetterQueue", "SpanWriterFunction")
    )
    source = writer["Events"]["Spans"]["Properties"]

    assert queue["VisibilityTimeout"] >= 6 * writer["Timeout"]
    assert letters["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]
    assert queue["MaximumMessageSize"] == letters["MaximumMessageSize"] == 1_048_576
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_only_the_functions_may_send_to_the_queue(template: Any) -> None:
    """The writer believes a message's tenant: a Deny keeps everybody else from sending one."""
    door, writer = "IngestRole.Arn", "SpanWriterRole.Arn"
    senders = {"SpanQueue": [door], "DeadLetterQueue": [writer], "ClaimBucket": [door, writer]}
    for name, roles in senders.items():
        policy = template["Resources"][f"{name}Policy"]["Properties"]["PolicyDocument"]
        statement = policy["Statement"][0]
        allowed = statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
        operator = [each.value[0] for each in allowed if each.tag == "If"]

        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Action"] in {"sqs:SendMessage", "s3:PutObject"}
        assert [each.value for each in allowed if each.tag == "GetAtt"] == roles
        assert operator == ([] if name == "DeadLetterQueue" else ["HasOperator"])


def test_queues_and_bucket_outlive_the_stack(template: Any) -> None:
    """Both queues and the bucket are encrypted, closed, and stay when the stack lets them go."""
    resources = template["Resources"]
    for name in ("SpanQueue", "DeadLetterQueue", "ClaimBucket"):
        assert (
            resources[name]["DeletionPolicy"] == resources[name]["UpdateReplacePolicy"] == "Retain"
        )
    for name in ("SpanQueue", "DeadLetterQueue"):
        assert resources[name]["Properties"]["SqsManagedSseEnabled"] is True
    bucket = resources["ClaimBucket"]["Properties"]
    prefixes = {rule["Prefix"] for rule in bucket["LifecycleConfiguration"]["Rules"]}

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert prefixes == {"claims/", "unsent/"}
