"""What the roles of template.yaml may do, told by a simulator of IAM: what they must, no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from infra.local.settings import REPOSITORY
from infra.policies.cloudformation import ACCOUNT, REGION, Deployed, translate
from infra.policies.roles import Role, read_roles
from infra.policies.simulation import Request, simulate

STACK = "llm-observe-staging"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:llm-observe/staging"
KMS_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
OPERATOR = f"arn:aws:iam::{ACCOUNT}:role/whoever-redrives"
SECRETS = {
    "SigningKeySecretArn": f"{SECRET}/signing-key-abcdef",
    "KeyPepperSecretArn": f"{SECRET}/key-pepper-abcdef",
    "DigestKeySecretArn": f"{SECRET}/digest-key-abcdef",
}
DEMO = {"EnableDemo": "true", "OpenAiKeySecretArn": f"{SECRET}/openai-key-abcdef"}
MODES = {
    "by default": SECRETS,
    "with everything": SECRETS
    | DEMO
    | {"IngestMode": "queue", "SecretsKmsKeyArn": KMS_KEY, "RedrivePrincipalArn": OPERATOR},
}
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-SpanQueue"
LETTERS = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-DeadLetterQueue"
BUCKET = f"arn:aws:s3:::{STACK.lower()}-claimbucket"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}"
Call = tuple[str, str]
"""An action and the resource that it is asked of."""

READ = "secretsmanager:GetSecretValue"
SIGNING, PEPPER, DIGEST = ((READ, arn) for arn in SECRETS.values())
OPENAI: Call = (READ, DEMO["OpenAiKeySecretArn"])
LOG: set[Call] = {
    (action, f"{LOGS}/{STACK}-traces:log-stream:today")
    for action in ("logs:CreateLogStream", "logs:PutLogEvents")
}
MUST: dict[str, set[Call]] = {
    "ApiRole": {*LOG, SIGNING, PEPPER},
    "IngestRole": {*LOG, SIGNING, PEPPER, DIGEST},
    "ErasureRole": {*LOG, SIGNING, PEPPER, DIGEST},
    "JobRole": {*LOG, SIGNING},
    "PartitionsFunctionDailyRole": {("lambda:InvokeFunction", f"{FUNCTION}-PartitionsFunction")},
    "ExpiryFunctionHourlyRole": {("lambda:InvokeFunction", f"{FUNCTION}-ExpiryFunction")},
    "DeletionJobFunctionOftenRole": {("lambda:InvokeFunction", f"{FUNCTION}-DeletionJobFunction")},
    "RollUpsFunctionOftenRole": {("lambda:InvokeFunction", f"{FUNCTION}-RollUpsFunction")},
    "VerificationFunctionDailyRole": {
        ("lambda:InvokeFunction", f"{FUNCTION}-VerificationFunction")
    },
}
"""Nothing but this may each do."""
DECRYPT: Call = ("kms:Decrypt", KMS_KEY)
MUST_WITH_EVERYTHING: dict[str, set[Call]] = {
    "ApiRole": {DECRYPT},
    "IngestRole": {
        DECRYPT,
        ("sqs:SendMessage", QUEUE),
        ("s3:PutObject", f"{BUCKET}/claims/1"),
        ("s3:PutObject", f"{BUCKET}/unsent/1"),
    },
    "ErasureRole": {DECRYPT},
    "JobRole": {DECRYPT},
    "DemoRole": {*LOG, DECRYPT, SIGNING, PEPPER, DIGEST, OPENAI},
    "SpanWriterRole": {
        *LOG,
        DECRYPT,
        SIGNING,
        PEPPER,
        ("sqs:ReceiveMessage", QUEUE),
        ("sqs:DeleteMessage", QUEUE),
        ("sqs:GetQueueAttributes", QUEUE),
        ("sqs:SendMessage", LETTERS),
        ("s3:GetObject", f"{BUCKET}/claims/1"),
        ("s3:PutObject", f"{BUCKET}/claims/1"),
        ("s3:DeleteObject", f"{BUCKET}/claims/1"),
        ("s3:ListBucket", BUCKET),
    },
}
"""And, with the queue, the demo and a key of one's own, this beside it."""
NOBODY_MAY: set[Call] = {
    (READ, f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:of-another-application-abcdef"),
    ("secretsmanager:PutSecretValue", SIGNING[1]),
    ("secretsmanager:DeleteSecret", SIGNING[1]),
    ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/llm-observe/supabase-url"),
    ("logs:PutLogEvents", f"{LOGS}/another-application:log-stream:today"),
    ("logs:DeleteLogGroup", f"{LOGS}/{STACK}-traces"),
    ("logs:FilterLogEvents", f"{LOGS}/{STACK}-traces"),
    ("lambda:InvokeFunction", f"{FUNCTION}-ErasureFunction"),
    ("lambda:UpdateFunctionCode", f"{FUNCTION}-HealthFunction"),
    ("sqs:PurgeQueue", QUEUE),
    ("sqs:DeleteQueue", LETTERS),
    ("s3:GetObject", f"{BUCKET}/unsent/1"),
    ("s3:DeleteObject", f"{BUCKET}/unsent/1"),
    ("s3:DeleteBucket", BUCKET),
    ("s3:PutBucketPolicy", BUCKET),
    ("kms:Encrypt", KMS_KEY),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/{STACK}-ApiRole"),
    ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{STACK}-ApiRole"),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/administrator"),
}
THROUGH_SECRETS = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
"""A key's own policy as AWS makes it: the account's policies decide.
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html"""
EVERYTHING = [{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """template.yaml as SAM makes it for CloudFormation."""
    return translate(REPOSITORY / "template.yaml")


@pytest.fixture(scope="module", params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def deployed(document: dict[str, Any], mode: str) -> Deployed:
    return Deployed(document, STACK, MODES[mode])


def read_must(mode: str) -> dict[str, set[Call]]:
    if mode == "by default":
        return MUST
    return {
        name: MUST.get(name, set()) | MUST_WITH_EVERYTHING.get(name, set())
        for name in MUST | MUST_WITH_EVERYTHING
    }


def list_calls() -> list[Call]:
    """Each call that any role must make, and those that none may."""
    tables = (MUST, MUST_WITH_EVERYTHING)
    calls = {call for table in tables for allowed in table.values() for call in allowed}
    return sorted(calls | NOBODY_MAY)


def ask(role: Role, deployed: Deployed, calls: list[Call]) -> set[Call]:
    """Give the calls that a role would be allowed, by its policies and the resources'."""
    return ask_all([role], deployed, calls)[role.name]


def ask_all(roles: Iterable[Role], deployed: Deployed, calls: list[Call]) -> dict[str, set[Call]]:
    asked = [(role, call) for role in roles for call in calls]
    verdicts = simulate([make_request(role, deployed, call) for role, call in asked])
    allowed: dict[str, set[Call]] = {role.name: set() for role, _ in asked}
    for (role, call), is_allowed in zip(asked, verdicts, strict=True):
        if is_allowed:
            allowed[role.name].add(call)
    return allowed


def make_request(role: Role, deployed: Deployed, call: Call) -> Request:
    action, resource = call
    session = role.arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    return Request(
        principal=f"{session}/session",
        action=action,
        resource=resource,
        policies=role.policies,
        resource_policy=find_resource_policy(deployed, resource),
        boundary=role.boundary,
        context={
            "aws:PrincipalArn": role.arn,
            "aws:PrincipalIsAWSService": "false",
            "aws:SecureTransport": "true",
        }
        | (THROUGH_SECRETS if action.startswith("kms:") else {}),
    )


def find_resource_policy(deployed: Deployed, resource: str) -> Any:
    """The policy of the queue, bucket or key that a request asks, where there is one."""
    if resource == KMS_KEY:
        return KEY_POLICY
    for kind, key in (("AWS::SQS::QueuePolicy", "Queues"), ("AWS::S3::BucketPolicy", "Bucket")):
        for properties in deployed.of_type(kind).values():
            named = properties[key] if isinstance(properties[key], list) else [properties[key]]
            found = resource.rpartition(":")[2].partition("/")[0]
            if found.lower() in {each.lower() for each in named}:
                return properties["PolicyDocument"]
    return None


def test_every_role_may_do_what_it_must_and_no_more(deployed: Deployed, mode: str) -> None:
    """Of all calls that any role makes, each is allowed its own; and none of those of nobody."""
    calls, must = list_calls(), read_must(mode)
    allowed = ask_all(read_roles(deployed).values(), deployed, calls)

    assert allowed.keys() == must.keys()
    assert {name: may - must[name] for name, may in allowed.items() if may - must[name]} == {}
    assert {name: must[name] - may for name, may in allowed.items() if must[name] - may} == {}


def test_each_function_reads_its_own_secrets(deployed: Deployed) -> None:
    """A function's role may fetch what its environment names, and write to its own log group."""
    roles = {role.arn: role for role in read_roles(deployed).values()}
    functions = deployed.of_type("AWS::Lambda::Function")
    groups = deployed.of_type("AWS::Logs::LogGroup")
    requests, wanted = [], []
    for name, properties in functions.items():
        variables = properties["Environment"]["Variables"]
        secrets = {v for k, v in variables.items() if k.endswith("_SECRET_ARN") and v}
        group = groups[properties["LoggingConfig"]["LogGroup"].removeprefix(f"{STACK}-")]
        stream = f"{LOGS}{group['LogGroupName'].removeprefix('/aws/lambda')}:log-stream:today"
        calls = [*((READ, arn) for arn in secrets), ("logs:PutLogEvents", stream)]
        wanted += [(name, call) for call in calls]
        requests += [make_request(roles[properties["Role"]], deployed, call) for call in calls]

    assert len(functions) > 15
    assert [
        one for one, allowed in zip(wanted, simulate(requests), strict=True) if not allowed
    ] == []


def test_a_key_decrypts_for_secrets_alone(document: dict[str, Any]) -> None:
    """The roles may decrypt through Secrets Manager; asked directly, or by S3, KMS refuses."""
    deployed = Deployed(document, STACK, MODES["with everything"])
    requests = [
        replace(make_request(role, deployed, DECRYPT), context=context)
        for role in read_roles(deployed).values()
        for context in ({}, {"kms:ViaService": f"s3.{REGION}.amazonaws.com"})
    ]

    assert not any(simulate(requests))


def test_only_the_functions_may_send_to_the_queues(document: dict[str, Any]) -> None:
    """Whoever may do all in the account sends no tenant's spans; the named operator may."""
    deployed = Deployed(document, STACK, MODES["with everything"])
    administrator = Role(
        "administrator", f"arn:aws:iam::{ACCOUNT}:role/administrator", {}, [*EVERYTHING]
    )
    operator = replace(administrator, name="operator", arn=OPERATOR)
    sends = [("sqs:SendMessage", QUEUE), ("s3:PutObject", f"{BUCKET}/claims/1")]
    buries = [("sqs:SendMessage", LETTERS)]

    takes: Call = ("sqs:ReceiveMessage", QUEUE)
    allowed = ask_all([administrator, operator], deployed, [*sends, *buries, takes])

    assert allowed == {"administrator": {takes}, "operator": {takes, *sends}}


def test_the_bucket_wants_https(document: dict[str, Any]) -> None:
    """An object is put by TLS or not at all."""
    deployed = Deployed(document, STACK, MODES["with everything"])
    call = ("s3:PutObject", f"{BUCKET}/claims/1")
    request = make_request(read_roles(deployed)["IngestRole"], deployed, call)
    plain = {**request.context, "aws:SecureTransport": "false"}

    assert simulate([request, replace(request, context=plain)]) == [True, False]


def test_services_alone_take_the_roles(deployed: Deployed) -> None:
    """Lambda takes those of functions, the scheduler those of schedules, and people none."""
    for name, role in read_roles(deployed).items():
        [statement] = role.trust["Statement"]
        service = (
            "scheduler" if name.endswith(("DailyRole", "HourlyRole", "OftenRole")) else "lambda"
        )
        assert statement["Principal"].keys() == {"Service"}
        assert statement["Principal"]["Service"] in (
            f"{service}.amazonaws.com",
            [f"{service}.amazonaws.com"],
        )


def test_only_our_own_api_starts_functions(deployed: Deployed) -> None:
    """What lets API Gateway call a function names this API and one of its routes."""
    permissions = deployed.of_type("AWS::Lambda::Permission").values()

    assert len(permissions) > 20
    for permission in permissions:
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert f":{STACK}-Api/*/" in permission["SourceArn"]


def list_names(deployed: Deployed) -> Iterator[tuple[str, str]]:
    """Every name that the template gives; a role's policy and an API's stage have theirs within."""
    for logical_id, resource in deployed.resources.items():
        kind = resource["Type"].rpartition("::")[2]
        for key, value in resource.get("Properties", {}).items():
            chosen = key in {"Name", "LayerName", f"{kind}Name"} and kind not in {"Policy", "Stage"}
            if isinstance(value, str) and chosen:
                yield logical_id, value


def test_two_environments_have_room_in_one_account(deployed: Deployed) -> None:
    """Each name that is not CloudFormation's own has the stack's in it, so that none is taken."""
    names = dict(list_names(deployed))

    assert len(names) > 15
    assert {key: name for key, name in names.items() if STACK not in name} == {}


WIDER = {
    "ApiRole": {"Action": READ, "Resource": "*"},
    "JobRole": {"Action": "secretsmanager:*", "Resource": SIGNING[1]},
    "ErasureRole": {"Action": "sqs:*", "Resource": "*"},
    "IngestRole": {"Action": "logs:*", "Resource": "*"},
    "SpanWriterRole": {"Action": "s3:*", "Resource": "*"},
}


def test_a_right_too_many_is_seen(document: dict[str, Any]) -> None:
    """A statement that is wider than the tables makes the simulator allow more than they do."""
    deployed = Deployed(document, STACK, MODES["with everything"])
    must = read_must("with everything")
    roles = [role for name, role in read_roles(deployed).items() if name in WIDER]
    for role in roles:
        role.policies.append({"Statement": [{"Effect": "Allow", **WIDER[role.name]}]})
    allowed = ask_all(roles, deployed, list_calls())

    assert {name for name, may in allowed.items() if may > must[name]} == WIDER.keys()
