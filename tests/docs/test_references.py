"""What the documents list is what the code has."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from functions.common.asking.fields import FIELDS
from functions.common.auth.access import ACCESS
from functions.ingest.limits import MOST_MEBIBYTES, MOST_SPANS
from functions.metrics.query import DIMENSIONS, MEASURES
from infra.local.settings import REPOSITORY
from tests.isolation.mutants import MUTANTS

ENVIRONMENT = re.compile(r"^([A-Z][A-Z0-9_]+)=", re.MULTILINE)
ROUTES = re.compile(r"((?:`[A-Z]+`, )*`[A-Z]+ /.*?)(?=, `[A-Z]|$)")
"""Methods and the paths that they go with, in README's table."""
READERS = (
    "src/llm_observe/config.py",
    "functions/common/environment.py",
    "infra/local/settings.py",
)
NOT_OURS = {"AWS_LAMBDA_FUNCTION_NAME"}
"""Set by AWS; nobody else should."""


class Tolerant(yaml.SafeLoader):
    """Reads a template's tags (!Ref …) as nothing: only routes matter here."""


Tolerant.add_multi_constructor("!", lambda *_: None)


def read(path: str) -> str:
    return (REPOSITORY / path).read_text(encoding="utf-8")


def test_every_variable_that_is_read_is_in_the_example() -> None:
    """.env.example lists each variable of the three readers."""
    documented = set(ENVIRONMENT.findall(read(".env.example")))
    wanted = {
        name
        for path in READERS
        for name in re.findall(r'"([A-Z][A-Z0-9]*_[A-Z0-9_]+)"', read(path))
        if not name.startswith("_")
    }

    assert sorted(wanted - documented - NOT_OURS) == []


def test_every_variable_of_the_template_is_in_the_example() -> None:
    """What template.yaml sets on a function is described."""
    documented = set(ENVIRONMENT.findall(read(".env.example")))
    template = yaml.load(read("template.yaml"), Tolerant)  # a SafeLoader
    groups: list[dict[str, Any]] = [template["Globals"]["Function"]["Environment"]["Variables"]]
    for resource in template["Resources"].values():
        environment = resource["Properties"].get("Environment")
        if environment:
            groups.append(environment["Variables"])

    assert sorted({name for group in groups for name in group} - documented) == []


def test_the_table_of_the_api_has_just_its_routes() -> None:
    """README lists each route of openapi.json, and the access table admits somebody to each."""
    table = read("README.md").split("## The API")[1].split("\n\n")[1]
    listed: set[str] = set()
    for row in table.splitlines()[2:]:
        # `GET`, `PUT /mappings` are two routes, and so are `POST /v1/logs`, `/v1/metrics`.
        for each in ROUTES.findall(row.split("|")[1].strip()):
            methods, paths = re.findall(r"`([A-Z]+)", each), re.findall(r"(/[^`]*)`", each)
            listed |= {f"{method} {path}" for method in methods for path in paths}
    documented = {
        f"{method.upper()} {path}"
        for path, methods in json.loads(read("openapi.json"))["paths"].items()
        for method in methods
    }

    assert listed == documented == set(ACCESS)


def test_readme_lists_every_view() -> None:
    """README names each view that the schemas make, and no other."""
    views = {
        name
        for path in (REPOSITORY / "supabase/schemas").glob("*.sql")
        for name in re.findall(r"^create view public\.(\w+)", path.read_text(), re.MULTILINE)
    }
    listed = next(line for line in read("README.md").splitlines() if line.startswith("Views: "))

    assert set(re.findall(r"`(\w+)`", listed)) == views


def test_the_page_of_sums_has_every_name() -> None:
    """docs/metrics.md says what each parameter of GET /metrics, dimension and measure means."""
    rows = re.findall(r"^\| `.*$", read("docs/metrics.md"), re.MULTILINE)
    told = {name.partition("=")[0] for row in rows for name in re.findall(r"`([^`]+)`", row)}
    parameters = json.loads(read("openapi.json"))["paths"]["/metrics"]["get"]["parameters"]
    wanted = {one["name"] for one in parameters if one["in"] == "query"}

    assert sorted((wanted | set(DIMENSIONS) | set(MEASURES)) - told) == []


def test_the_page_of_filters_has_every_name() -> None:
    """docs/filter.md says what each field and each short name means."""
    told = set(re.findall(r"`([a-z_]+)`", read("docs/filter.md")))

    assert sorted((set(FIELDS) | {"env", "error", "key"}) - told) == []


def test_the_limits_of_a_request_are_as_documented() -> None:
    """docs/sending-spans.md says how much a request of spans may hold."""
    said = f"at most {MOST_MEBIBYTES} MiB unpacked and {MOST_SPANS:,} spans a request"

    assert said in read("docs/sending-spans.md")


def test_every_python_dependency_is_justified() -> None:
    """Each direct dependency stands in ARCHITECTURE.md with its reason."""
    project = read("pyproject.toml")
    named = set(re.findall(r'"([a-z0-9-]+)(?:\[[a-z]+\])?==', project)) - {"hatchling"}
    architecture = read("ARCHITECTURE.md")
    short = {name.removeprefix("opentelemetry") for name in named}

    assert sorted(name for name in short if name not in architecture) == []


def test_the_threat_model_names_tests_that_there_are() -> None:
    """Each `tests/…::test_…` of docs/threat-model.md is a test."""
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", read("docs/threat-model.md"))
    missing = [
        f"{path}::{test}"
        for path, test in named
        if not (REPOSITORY / path).is_file() or (test and f"def {test}(" not in read(path))
    ]

    browsers = re.findall(r"`(ui/[\w/.-]+\.ts)`", read("docs/threat-model.md"))
    missing += [path for path in browsers if not (REPOSITORY / path).is_file()]

    assert len(named) > 30
    assert missing == []


def test_the_threat_model_answers_each_finding() -> None:
    """Each number of "What an attacker found" is that of a row with a control and a proof."""
    page, findings = read("docs/threat-model.md").split("## What an attacker found")
    numbers = re.findall(r"^\| (\d+) \|", findings, re.MULTILINE)
    answered = set(re.findall(r"^\| [^|]*\((\d+)\) \| [^|]+ \| `", page, re.MULTILINE))

    assert numbers == [str(number) for number in range(1, 12)]
    assert sorted(set(numbers) - answered) == []


def test_the_threat_model_lists_every_mutant() -> None:
    """Each way to break the schema stands there with the rule that sees it."""
    page = read("docs/threat-model.md")
    rows = [f"| {mutant.name} | `{mutant.catcher}` |" for mutant in MUTANTS]

    assert [row for row in rows if row not in page] == []
    assert page.count("| `find_") == len(rows)
