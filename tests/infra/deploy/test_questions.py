"""What a deployment is told: each place of an answer, and the template's parameters."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from infra.deploy.__main__ import main
from infra.deploy.deployment import read_record
from infra.deploy.errors import DeployError
from infra.deploy.parameters import OWN, check_chosen, read_parameters
from infra.deploy.questions import QUESTIONS, Question, Sources, answer
from infra.deploy.samconfig import remove_section, write_section
from infra.local.settings import REPOSITORY

TEMPLATE = REPOSITORY / "template.yaml"
NEEDED = {
    "AWS_REGION": "eu-central-1",
    "SUPABASE_URL": "https://abcdefghijklmnopqrst.supabase.co",
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x",
    "DATABASE_URL": "postgresql://postgres:x@db.abcdefghijklmnopqrst.supabase.co/postgres",
    "LLM_OBSERVE_OWNER_EMAIL": "maria@example.com",
}


def make_sources(**places: Any) -> Sources:
    """Give sources with all that is needed in the environment."""
    given = {"given": {}, "environment": NEEDED, "document": {}, "earlier": {}} | places
    return Sources(**given)


def test_every_parameter_has_a_default_or_is_given() -> None:
    """Nobody has to know an ARN: what the template leaves open the deployment fills in."""
    declared = read_parameters(TEMPLATE)
    open_ones = {name for name, each in declared.items() if "Default" not in each}

    assert open_ones <= OWN
    assert declared.keys() >= OWN


def test_every_parameter_with_a_default_may_be_left_as_it_is() -> None:
    """The template's own defaults are values that it allows."""
    defaults = {
        name: str(each["Default"])
        for name, each in read_parameters(TEMPLATE).items()
        if "Default" in each and name not in OWN
    }
    check_chosen(defaults, TEMPLATE)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.name)
def test_an_example_is_an_answer(question: Question) -> None:
    """An example that is whole has the form that is asked for."""
    if "…" not in question.example and "<" not in question.example and " " not in question.example:
        assert re.fullmatch(question.form, question.example)


def test_the_nearest_answer_holds() -> None:
    """`--set`, the environment, the file, an earlier run, the default, in this order."""
    places: list[tuple[str, dict[str, Any]]] = [
        ("given", {"owner_tenant": "a"}),
        ("environment", NEEDED | {"LLM_OBSERVE_OWNER_TENANT": "b"}),
        ("document", {"owner_tenant": "c"}),
        ("earlier", {"owner_tenant": "d"}),
    ]
    found = [
        answer(make_sources(**dict(places[first:])), None)["owner_tenant"]
        for first in range(len(places) + 1)
    ]
    assert found == ["a", "b", "c", "d", "main"]


def test_what_is_missing_is_asked_for() -> None:
    """One question after the other, each with its example; unasked, all of them are named."""
    asked: list[str] = []

    def ask(question: Question) -> str:
        asked.append(question.name)
        return NEEDED[question.variables[0]]

    nothing = make_sources(environment={})
    assert answer(nothing, ask)["region"] == "eu-central-1"
    wanted = [question for question in QUESTIONS if question.default is None]
    assert asked == [question.name for question in wanted]

    with pytest.raises(DeployError) as told:
        answer(nothing, None)
    for question in wanted:
        assert question.example in str(told.value)


@pytest.mark.parametrize("place", ["given", "document"])
def test_a_secret_comes_by_the_environment(place: str) -> None:
    """Not by a command line, which others see, nor by a file that is committed."""
    with pytest.raises(DeployError, match="A secret comes by the environment alone: database_url"):
        answer(make_sources(**{place: {"database_url": "postgresql://x"}}), None)


def test_a_shell_of_another_environment_moves_nothing() -> None:
    """Variables that are still there from elsewhere are refused, unless it is meant."""
    earlier = {"supabase_url": "https://zyxwvutsrqponmlkjihg.supabase.co"}
    with pytest.raises(DeployError, match="This environment has supabase_url https://zyx"):
        answer(make_sources(earlier=earlier), None)

    meant = {"supabase_url": NEEDED["SUPABASE_URL"]}
    assert answer(make_sources(earlier=earlier, given=meant), None)["supabase_url"].endswith("co")


@pytest.mark.parametrize(
    ("place", "value"), [("given", {"regoin": "x"}), ("document", {"regoin": "x"})]
)
def test_a_name_that_nothing_asks_for_is_refused(place: str, value: dict[str, str]) -> None:
    """A slip is told and not ignored."""
    with pytest.raises(DeployError, match="regoin"):
        answer(make_sources(**{place: value}), None)


def test_a_file_whose_parameters_are_no_table_is_refused() -> None:
    """It is told in a sentence, as a slip in a name is."""
    with pytest.raises(DeployError, match=r"a table: \[parameters\]"):
        answer(make_sources(document={"parameters": "IngestMode=queue"}), None)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://postgres:[hunter2]@db.example.com/postgres",
        "postgresql://postgres:hun@ter2@db.example.com/postgres",
        "postgresql://postgres:hunter%2@db.example.com/postgres",
        "postgresql://postgres:hun/ter2@db.example.com/postgres",
        "postgresql://postgres:hunter2#@db.example.com/postgres",
        "postgresql://postgres@db.example.com/postgres?sslmode=require&password=hunter2",
    ],
)
def test_a_password_that_a_url_does_not_hold_is_never_quoted(url: str) -> None:
    """Read as a host or a token, a part of it would stand in a driver's error."""
    with pytest.raises(DeployError) as told:
        answer(make_sources(environment=NEEDED | {"DATABASE_URL": url}), None)

    assert "percent-encoded" in str(told.value)
    assert re.search("hun|ter2", str(told.value)) is None


@pytest.mark.parametrize("url", ["https://[x", "https://me:word@x.supabase.co", "https://x?y"])
def test_a_project_has_a_plain_address(url: str) -> None:
    """It is stored and printed where no password may be."""
    with pytest.raises(DeployError, match="SUPABASE_URL is the Supabase project's URL"):
        answer(make_sources(environment=NEEDED | {"SUPABASE_URL": url}), None)


@pytest.mark.parametrize(
    "url",
    [
        "postgres://postgres.abc:a%40b-_.~!$&'()*+,;=:c@aws-0.pooler.supabase.com:5432/postgres",
        "postgresql://postgres:x@[2001:db8::1]:5432/postgres?sslmode=require",
        "postgresql://postgres@localhost",
    ],
)
def test_a_password_that_a_url_holds_is_an_answer(url: str) -> None:
    """The pooler's user, an address of IPv6, options and every encoded character."""
    assert answer(make_sources(environment=NEEDED | {"DATABASE_URL": url}), None)["database_url"]


def test_the_example_file_is_read() -> None:
    """deploy/example.toml has nothing but what is asked for and what the template has."""
    document = tomllib.loads((REPOSITORY / "deploy" / "example.toml").read_text())
    secrets = {"DATABASE_URL": "postgres://postgres:x@db/postgres"}
    answers = answer(make_sources(environment=secrets, document=document), None)

    check_chosen(answers.parameters, TEMPLATE)
    assert answers.parameters["IngestMode"] == "queue"


def test_a_file_that_is_no_text_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As one that is no TOML; nothing else is looked at."""
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "staging.toml").write_bytes(b"region = '\xff'")

    assert main(["--folder", str(tmp_path), "--yes", "staging"]) == 2
    assert "staging.toml is not TOML" in capsys.readouterr().err


def test_a_record_of_another_form_is_told(tmp_path: Path) -> None:
    """Somebody edited it: the file is named, and what to do."""
    (tmp_path / ".deploy").mkdir()
    (tmp_path / ".deploy" / "staging.json").write_text('{"answers": ["region"]}')

    with pytest.raises(DeployError, match=r"staging\.json is broken: delete it"):
        read_record("staging", tmp_path)


def test_each_environment_has_a_section_of_its_own(tmp_path: Path) -> None:
    """A section is written over in its place; the others and a person's own stay as they are."""
    path = tmp_path / "samconfig.toml"
    own = "[default.build.parameters]\nparallel = true # mine\n"
    path.write_text(f"version = 0.1\n\n{own}")
    values = {"stack_name": "a", "parameter_overrides": ["Exporters=supabase,otlp", 'X="é\\']}
    write_section(path, "staging", values)
    write_section(path, "production", {"stack_name": "b"})
    write_section(path, "staging", values | {"resolve_s3": True})

    text = path.read_text()
    sections = tomllib.loads(text)
    assert own in text
    assert sections["staging"]["deploy"]["parameters"] == values | {"resolve_s3": True}
    assert sections["production"]["deploy"]["parameters"] == {"stack_name": "b"}
    left = tomllib.loads(remove_section(text, "staging"))
    assert left.keys() == {"version", "default", "production"}
