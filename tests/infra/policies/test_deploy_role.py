"""What GitHub's roles may do: deploy this template by CloudFormation, in its environment alone.

The actions that CloudFormation needs for a resource are AWS's own list, of the resource's schema.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml

from infra.local.settings import REPOSITORY
from infra.policies.cloudformation import ACCOUNT, REGION, Deployed, translate
from infra.policies.roles import Role, read_roles
from infra.policies.simulation import Policy, Request, simulate
from tests.infra.policies.test_functions import (
    DECRYPT,
    KEY_POLICY,
    KMS_KEY,
    MODES,
    THROUGH_SECRETS,
    Call,
    ask_all,
    read_must,
)

ENVIRONMENT = "staging"
STACK = f"llm-observe-{ENVIRONMENT}"
ROLES = "llm-observe-deploy-staging"
SCHEMAS = ".venv-sam/lib/python*/site-packages/cfnlint/data/schemas/resources/*.json"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/{ROLES}-FunctionBoundary"


def name_arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


ARNS = {
    r"lambda:(Get|Delete)LayerVersion": name_arn("lambda", f"layer:{STACK}-functions:1"),
    r"lambda:PublishLayerVersion": name_arn("lambda", f"layer:{STACK}-functions"),
    r"lambda:CreateEventSourceMapping": "*",
    r"lambda:.*EventSourceMapping": name_arn(
        "lambda", "event-source-mapping:11111111-2222-3333-4444-555555555555"
    ),
    r"lambda:": name_arn("lambda", f"function:{STACK}-HealthFunction-1A2B"),
    r"iam:": f"arn:aws:iam::{ACCOUNT}:role/{STACK}-ApiRole-1A2B",
    r"s3:(Get|Put|Delete)Object": f"arn:aws:s3:::aws-sam-cli-managed-default-x/{STACK}/package",
    r"s3:": f"arn:aws:s3:::{STACK}-claimbucket-1a2b",
    r"sqs:": name_arn("sqs", f"{STACK}-SpanQueue-1A2B"),
    r"scheduler:": name_arn("scheduler", f"schedule/default/{STACK}-expiry"),
    r"apigateway:POST": f"arn:aws:apigateway:{REGION}::/apis",
    r"apigateway:": f"arn:aws:apigateway:{REGION}::/apis/abcdef",
    r"logs:(Describe(LogGroups|ResourcePolicies)|PutResourcePolicy|.*LogDeliver.*)": "*",
    r"logs:": name_arn("logs", f"log-group:/aws/lambda/{STACK}-traces"),
    r"cloudwatch:": name_arn("cloudwatch", f"alarm:{STACK}-Alarms-1A2B-HealthErrors"),
    r"sns:": name_arn("sns", f"{STACK}-Alarms-1A2B-Topic"),
    r"cloudformation:": name_arn("cloudformation", f"stack/{STACK}-Alarms-1A2B/1"),
    r"ssm:": name_arn("ssm", f"parameter/llm-observe/{ENVIRONMENT}/supabase-url"),
}
"""A resource of the stack that an action is asked of; the first that fits."""
NOT_USED = {
    r"(ec2|elasticfilesystem|s3files|s3tables|firehose|kms):.*": "no network, no files, no keys",
    r"lambda:(PassCapacityProvider|AssociateRuntimeAlias|PublishVersion)": "none is asked for",
    r"lambda:(Put|Delete)(Function(CodeSigning|Recursion|Scaling)|RuntimeManagement)Config": "same",
    r"lambda:GetCodeSigningConfig": "same",
    r"iam:(Attach|Detach)RolePolicy": "roles have policies of their own alone",
    r"iam:DeleteRolePermissionsBoundary": "nobody takes a boundary away",
    r"iam:\w+(User|Group)Policy": "policies of roles alone",
    r"logs:.*(DataProtection|Index)Polic(y|ies)": "no property of ours",
    r"logs:(PutBearerTokenAuthentication|PutLogGroupDeletionProtection)": "same",
    r"logs:DeleteResourcePolicy": "the account's own",
    r"s3:(REST\.PUT\.OBJECT|PutObjectAcl|DeleteObject|getObject|GetObjectVersion)": "no object",
    r"s3:.*(Analytics|Inventory|Metrics|Accelerate|Replication|IntelligentTiering)\w*": "not set",
    r"s3:.*(CORS|Cors|Website|Notification|ObjectLock|Logging|Abac|Metadata|Acl)\w*": "not set",
    r"s3:(PutBucketVersioning|DeleteBucket(Encryption|Lifecycle)|(Unt|T)agResource)": "not set",
    r"s3:ListTagsForResource": "no tags but the stack's",
    r"sns:\w*DataProtectionPolicy": "no property of ours",
    r"cloudformation:(UpdateTerminationProtection|\w*StackPolicy|GetTemplate)": "not set",
    r"apigateway:(Unt|T)agResource": "no action any more: tags are a path",
}
"""Actions in AWS's lists for properties that the templates do not have, and why not."""
OURS = {
    "cloudformation:CreateStack",
    "ssm:GetParameter",
    "ssm:GetParameters",
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Delete", "Get", "Update")),
    "logs:ListLogDeliveries",
    "s3:PutLifecycleConfiguration",
}
"""Beside these lists: parameters that CloudFormation reads by name, and an API's access logs."""
CONTEXT = {
    "iam:PermissionsBoundary": BOUNDARY,
    "iam:PassedToService": "lambda.amazonaws.com",
    "lambda:FunctionArn": name_arn("lambda", f"function:{STACK}-SpanWriterFunction-1A2B"),
}


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags as the long form."""


def read_tag(loader: Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in {"Ref", "Condition"} else f"Fn::{tag}"
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {name: loader.construct_mapping(node, deep=True)}
    return {name: node.value}


Loader.add_multi_constructor("!", read_tag)


@pytest.fixture(scope="module")
def roles() -> dict[str, Role]:
    """The roles of infra/deploy/role.yaml, for one environment."""
    document = yaml.load((REPOSITORY / "infra/deploy/role.yaml").read_text(), Loader)
    parameters = {"GitHubRepository": "my-team/llm-observe", "Environment": ENVIRONMENT}
    return read_roles(Deployed(document, ROLES, parameters))


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return translate(REPOSITORY / "template.yaml")


@pytest.fixture(scope="module")
def needed(template: dict[str, Any]) -> set[str]:
    """Each action that CloudFormation takes for a resource of the stack and of its alarms."""
    alarms = yaml.load((REPOSITORY / "infra/deploy/alarms.yaml").read_text(), Loader)
    kinds = {
        resource["Type"]
        for document in (template, alarms)
        for resource in document["Resources"].values()
    }
    found: dict[str, set[str]] = {}
    for path in REPOSITORY.glob(SCHEMAS):
        schema = json.loads(path.read_text())
        if schema["typeName"] in kinds and "handlers" in schema:
            handlers = [schema["handlers"].get(each, {}) for each in HANDLERS]
            actions = {action for each in handlers for action in each.get("permissions", [])}
            found.setdefault(schema["typeName"], set()).update(actions)

    assert kinds == found.keys()
    actions = {action for each in found.values() for action in each}
    return {each for each in actions if not any(re.fullmatch(one, each) for one in NOT_USED)}


HANDLERS = ("create", "read", "update", "delete")


def find_arn(action: str) -> str:
    return next(arn for pattern, arn in ARNS.items() if re.match(pattern, action))


def ask(
    role: Role,
    calls: list[Call],
    context: dict[str, str] = CONTEXT,
    resource_policy: Policy | None = None,
) -> set[Call]:
    requests = [
        Request(
            principal=role.arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/s",
            action=action,
            resource=resource,
            policies=role.policies,
            resource_policy=resource_policy,
            context=context,
        )
        for action, resource in calls
    ]
    return {call for call, allowed in zip(calls, simulate(requests), strict=True) if allowed}


def test_cloudformation_can_make_all_of_the_stack(roles: dict[str, Role], needed: set[str]) -> None:
    """Each action in AWS's lists is allowed on a resource of the stack."""
    calls = [(action, find_arn(action)) for action in sorted(needed | OURS)]

    assert sorted(set(calls) - ask(roles["ResourceRole"], calls)) == []


def test_it_is_allowed_no_other_action(roles: dict[str, Role], needed: set[str]) -> None:
    """Each action of its policies is one of these."""
    allowed = {
        action
        for policy in roles["ResourceRole"].policies
        for statement in policy["Statement"]
        for action in statement["Action"]
        if isinstance(statement["Action"], list)
    }
    wild = {action for action in allowed if "*" in action}

    assert wild == {"s3:GetBucket*", "s3:Get*Configuration"}
    assert sorted(allowed - wild - needed - OURS) == []


OTHERS: list[Call] = [
    ("lambda:UpdateFunctionCode", name_arn("lambda", "function:another-application")),
    ("lambda:UpdateFunctionCode", name_arn("lambda", "function:llm-observe-production-Health")),
    ("lambda:InvokeFunction", name_arn("lambda", f"function:{STACK}-HealthFunction-1A2B")),
    ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/another"),
    ("iam:AttachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{STACK}-ApiRole-1A2B"),
    ("iam:DeleteRolePermissionsBoundary", f"arn:aws:iam::{ACCOUNT}:role/{STACK}-ApiRole-1A2B"),
    ("iam:CreatePolicyVersion", BOUNDARY),
    ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{ROLES}-ResourceRole"),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/administrator"),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/administrator"),
    ("s3:GetObject", f"arn:aws:s3:::{STACK}-claimbucket-1a2b/claims/1"),
    ("s3:DeleteBucket", "arn:aws:s3:::another-bucket"),
    ("sqs:ReceiveMessage", name_arn("sqs", f"{STACK}-SpanQueue-1A2B")),
    ("sqs:DeleteQueue", name_arn("sqs", "another-queue")),
    ("logs:FilterLogEvents", name_arn("logs", f"log-group:/aws/lambda/{STACK}-traces")),
    ("cloudformation:DeleteStack", name_arn("cloudformation", "stack/another/1")),
    (
        "secretsmanager:GetSecretValue",
        name_arn("secretsmanager", "secret:llm-observe/production/signing-key-abcdef"),
    ),
]
"""Calls that neither role may make."""


def test_what_is_anothers_is_closed(roles: dict[str, Role]) -> None:
    """Other applications, other environments, the roles themselves, and stored data."""
    for name in ("DeployRole", "ResourceRole"):
        assert ask(roles[name], OTHERS) == set(), name


def test_no_role_is_made_beyond_the_boundary(roles: dict[str, Role]) -> None:
    """Without the boundary, or with another, no role is made and none gets a policy."""
    role = f"arn:aws:iam::{ACCOUNT}:role/{STACK}-ApiRole-1A2B"
    makes = [("iam:CreateRole", role), ("iam:PutRolePolicy", role)]
    another = {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}

    assert ask(roles["ResourceRole"], makes) == set(makes)
    assert ask(roles["ResourceRole"], makes, {}) == set()
    assert ask(roles["ResourceRole"], makes, another) == set()


def test_roles_are_handed_to_lambda_and_schedules_alone(roles: dict[str, Role]) -> None:
    """A role of the stack cannot be given to a machine that somebody logs in to."""
    call = ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/{STACK}-ApiRole-1A2B")
    services = ("lambda", "scheduler", "ec2", "cloudformation")
    contexts = {name: {"iam:PassedToService": f"{name}.amazonaws.com"} for name in services}
    allowed = [name for name in services if ask(roles["ResourceRole"], [call], contexts[name])]

    assert allowed == ["lambda", "scheduler"]


SECRET = name_arn("secretsmanager", f"secret:llm-observe/{ENVIRONMENT}/signing-key-abcdef")
PARAMETER = name_arn("ssm", f"parameter/llm-observe/{ENVIRONMENT}/deployed")
WHOLE_STACK = name_arn("cloudformation", f"stack/{STACK}/1")
DEPLOYS: list[Call] = [
    *((f"secretsmanager:{verb}", SECRET) for verb in ("CreateSecret", "DescribeSecret")),
    *((f"secretsmanager:{verb}", SECRET) for verb in ("GetSecretValue", "RestoreSecret")),
    ("secretsmanager:TagResource", SECRET),
    *((f"ssm:{verb}Parameter", PARAMETER) for verb in ("Get", "Put")),
    *(
        (f"cloudformation:{verb}", WHOLE_STACK)
        for verb in ("CreateChangeSet", "ExecuteChangeSet", "DescribeStacks", "ListStackResources")
    ),
    ("s3:PutObject", f"arn:aws:s3:::aws-sam-cli-managed-default-x/{STACK}/package"),
]
"""Calls that `make deploy` makes, by boto3 and by `sam deploy`."""
ONLY_CLOUDFORMATION: list[Call] = [
    ("lambda:UpdateFunctionCode", name_arn("lambda", f"function:{STACK}-HealthFunction-1A2B")),
    ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/{STACK}-ApiRole-1A2B"),
    ("sqs:CreateQueue", name_arn("sqs", f"{STACK}-SpanQueue-1A2B")),
    ("cloudformation:DeleteStack", WHOLE_STACK),
    ("secretsmanager:DeleteSecret", SECRET),
    ("secretsmanager:PutSecretValue", SECRET),
    ("ssm:DeleteParameter", PARAMETER),
    ("s3:PutObject", "arn:aws:s3:::aws-sam-cli-managed-default-x/llm-observe-production/package"),
]
"""Calls that a workflow does not make itself: `make destroy` is a person's."""


def test_the_workflow_deploys_by_cloudformation_alone(roles: dict[str, Role]) -> None:
    """It may do what `make deploy` does, hand over that one role, and nothing directly."""
    resource_role = roles["ResourceRole"].arn
    context = {
        "cloudformation:RoleArn": resource_role,
        "iam:PassedToService": "cloudformation.amazonaws.com",
    }
    hands = ("iam:PassRole", resource_role)
    calls = [*DEPLOYS, hands, *ONLY_CLOUDFORMATION]

    assert ask(roles["DeployRole"], calls, context) == {*DEPLOYS, hands}


def test_a_key_of_ones_own_is_used_for_secrets_alone(roles: dict[str, Role]) -> None:
    """Through Secrets Manager the workflow's role decrypts; asked directly KMS refuses it."""
    calls = [DECRYPT, ("kms:GenerateDataKey", KMS_KEY)]

    assert ask(roles["DeployRole"], calls, THROUGH_SECRETS, KEY_POLICY) == set(calls)
    assert ask(roles["DeployRole"], calls, {}, KEY_POLICY) == set()


def test_every_call_of_the_deployment_is_weighed_here() -> None:
    """Each action that infra/deploy asks of AWS is one of the workflow's, or a person's alone."""
    sources = "".join(path.read_text() for path in (REPOSITORY / "infra/deploy").glob("*.py"))
    asked = set(re.findall(r'"([a-z]+:[A-Z][A-Za-z]+)"', sources))
    weighed = {action for action, _ in [*DEPLOYS, *ONLY_CLOUDFORMATION]}

    assert len(asked) > 8
    # Everybody may ask who they are.
    assert asked - weighed == {"sts:GetCallerIdentity"}


def test_a_change_without_that_role_is_refused(roles: dict[str, Role]) -> None:
    """CloudFormation acts as ResourceRole or not at all."""
    call = ("cloudformation:CreateChangeSet", WHOLE_STACK)
    another = {"cloudformation:RoleArn": f"arn:aws:iam::{ACCOUNT}:role/administrator"}

    assert ask(roles["DeployRole"], [call], {}) == set()
    assert ask(roles["DeployRole"], [call], another) == set()


def test_only_the_environment_at_github_takes_the_role(roles: dict[str, Role]) -> None:
    """GitHub's token has to name this repository's environment, to the letter."""
    [statement] = roles["DeployRole"].trust["Statement"]
    [(operator, wanted)] = statement["Condition"].items()

    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert list(statement["Principal"]) == ["Federated"]
    assert operator == "StringEquals"
    assert wanted == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": (
            f"repo:my-team/llm-observe:environment:{ENVIRONMENT}"
        ),
    }


def test_functions_have_room_within_the_boundary(template: dict[str, Any]) -> None:
    """With the boundary around it each role of the stack still may do all that it must."""
    document = yaml.load((REPOSITORY / "infra/deploy/role.yaml").read_text(), Loader)
    parameters = {"GitHubRepository": "my-team/llm-observe", "Environment": ENVIRONMENT}
    [boundary] = Deployed(document, ROLES, parameters).of_type("AWS::IAM::ManagedPolicy").values()
    chosen = MODES["with everything"] | {"PermissionsBoundaryArn": BOUNDARY}
    deployed = Deployed(template, STACK, chosen)
    must = read_must("with everything")
    made = deployed.of_type("AWS::IAM::Role")
    within = [
        replace(role, boundary=boundary["PolicyDocument"]) for role in read_roles(deployed).values()
    ]
    calls = sorted({call for calls in must.values() for call in calls})

    assert {each["PermissionsBoundary"] for each in made.values()} == {BOUNDARY}
    assert ask_all(within, deployed, calls) == must
