from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.local.api.routes import Routes
from infra.local.api.template import Function, RouteKey, _Loader, read_functions

REPOSITORY = Path(__file__).parents[2]
TEMPLATE = REPOSITORY / "template.yaml"
EVENTS = sorted((REPOSITORY / "tests" / "functions" / "events").glob("*.json"))


@pytest.fixture(scope="module")
def functions() -> list[Function]:
    return read_functions(TEMPLATE)


@pytest.fixture(scope="module")
def template() -> Any:
    import yaml  # noqa: PLC0415

    return yaml.load(TEMPLATE.read_text(), _Loader)


def test_routes_are_those_of_the_api(functions: list[Function]) -> None:
    """Template and OpenAPI document offer the same routes."""
    document = json.loads((REPOSITORY / "openapi.json").read_text())
    documented = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    }

    assert {str(key) for function in functions for key in function.routes} == documented


def test_handlers_exist(functions: list[Function]) -> None:
    """Each handler is a folder under functions/, imported from the repository's root."""
    for function in functions:
        package, name, module, _ = function.handler.split(".")
        assert (package, module) == ("functions", "handler")
        assert (REPOSITORY / package / name / "handler.py").is_file()
        assert function.root == REPOSITORY


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
        given = {v.value for k, v in (shared | own).items() if k.endswith("_SECRET_ARN")}
        role = template["Resources"][properties["Role"].value.removesuffix(".Arn")]["Properties"]
        statements = [s for p in role["Policies"] for s in p["PolicyDocument"]["Statement"]]
        [secrets] = [s for s in statements if s["Action"] == "secretsmanager:GetSecretValue"]
        resources = secrets["Resource"]
        allowed = {r.value for r in (resources if isinstance(resources, list) else [resources])}
        assert allowed == given, name
        assert "ManagedPolicyArns" not in role


def test_template_has_no_aliases() -> None:
    """CloudFormation's YAML takes no anchors and aliases."""
    assert re.findall(r"^[^#]*[:-] [&*]\w+", TEMPLATE.read_text(), re.MULTILINE) == []


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_event_reaches_its_function(functions: list[Function], path: Path) -> None:
    """Each event file is one that API Gateway would send to the function it is named after."""
    event = json.loads(path.read_text())
    match = Routes(functions).find(event["requestContext"]["http"]["method"], event["rawPath"])

    assert match is not None
    assert match.function.handler == f"functions.{path.stem}.handler.handler"
    assert str(match.key) == event["routeKey"] == event["requestContext"]["routeKey"]
    assert match.parameters == event.get("pathParameters", {})


def test_every_function_has_an_event(functions: list[Function]) -> None:
    """There is one event file for each function."""
    assert len(EVENTS) == len(functions)
    assert isinstance(functions[0].routes[0], RouteKey)
