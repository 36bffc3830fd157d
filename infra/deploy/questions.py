"""All that a deployment has to be told: each question with an example, each answer with its place.

An answer comes from ``--set``, the environment, ``deploy/<environment>.toml``, an earlier run or
the default, in this order; what is then missing is asked for. A secret comes from the environment
or is asked for: command lines and files are read by others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infra.deploy.errors import DeployError
from llm_observe.tenancy import TENANT_ID

NOBODY: Final = "-"
"""The answer that leaves a step out where an empty line would be a slip."""

Ask = Callable[["Question"], str]


_PART: Final = r"([^\s:/?#@\[\]%]|%[0-9A-Fa-f]{2})"
"""A character of a URL's user or password. Unencoded, an @ or a % ends in an error's text."""
_DATABASE: Final = (
    # A password in the query would stand on the command line of a tool.
    rf"postgres(ql)?://{_PART}+(:({_PART}|:)*)?@(?!\S*[?&]password=)[^\s/?#@]+(/[^\s?#]*)?(\?\S*)?"
)


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be told; without a ``default`` it has to be answered."""

    name: str
    variables: tuple[str, ...]
    meaning: str
    example: str
    form: str
    default: str | None = None
    secret: bool = False


QUESTIONS: Final = (
    Question(
        "region",
        ("AWS_REGION", "AWS_DEFAULT_REGION"),
        "the AWS region of the functions, best the one of the Supabase project",
        "eu-central-1",
        r"[a-z]{2}(-[a-z]+)+-\d",
    ),
    Question(
        "supabase_url",
        ("SUPABASE_URL",),
        "the Supabase project's URL",
        "https://abcdefghijklmnopqrst.supabase.co",
        r"https?://[^/\s@?#\[\]]+",
    ),
    Question(
        "supabase_publishable_key",
        ("SUPABASE_PUBLISHABLE_KEY",),
        "the project's publishable key (Project Settings, API Keys)",
        "sb_publishable_…",
        r"[\w.-]{8,}",
    ),
    Question(
        "database_url",
        ("DATABASE_URL",),
        "the database's URL as role postgres, direct or by the session pooler (Connect), with the "
        "password in it: without brackets, and percent-encoded (%40 for @)",
        "postgresql://postgres.abcdefghijklmnopqrst:<password>@"
        "aws-0-eu-central-1.pooler.supabase.com:5432/postgres",
        _DATABASE,
        secret=True,
    ),
    Question(
        "owner_email",
        ("LLM_OBSERVE_OWNER_EMAIL",),
        f"the first owner's mail address; {NOBODY} invites nobody",
        "maria@example.com",
        rf"[^@\s]+@[^@\s]+|{NOBODY}",
    ),
    Question(
        "owner_tenant",
        ("LLM_OBSERVE_OWNER_TENANT",),
        "the tenant that they own",
        "acme",
        TENANT_ID.pattern,
        default="main",
    ),
    Question(
        "dashboard_url",
        ("LLM_OBSERVE_DASHBOARD_URL",),
        "the dashboard's address, once Vercel has given it one",
        "https://llm-observe.example.com",
        r"(https?://[^/\s]+)?",
        default="",
    ),
    Question(
        "vercel_project",
        ("VERCEL_PROJECT",),
        "the Vercel project whose settings are set, by VERCEL_TOKEN; none: they are printed",
        "llm-observe",
        r"[\w.-]*",
        default="",
    ),
    Question(
        "vercel_team",
        ("VERCEL_TEAM",),
        "the id of the Vercel team that has the project",
        "team_…",
        r"\w*",
        default="",
    ),
    Question(
        "vercel_token",
        ("VERCEL_TOKEN",),
        "a token of Vercel's",
        "from vercel.com/account/settings/tokens",
        r"\S*",
        default="",
        secret=True,
    ),
    Question(
        "supabase_access_token",
        ("SUPABASE_ACCESS_TOKEN",),
        "a token that may import the signing key; without, somebody does it by hand",
        "sbp_…",
        r"\S*",
        default="",
        secret=True,
    ),
    Question(
        "supabase_secret_key",
        ("SUPABASE_SECRET_KEY",),
        "the project's secret key, which invites the first owner",
        "sb_secret_…",
        r"\S*",
        default="",
        secret=True,
    ),
    Question(
        "resource_role",
        ("AWS_RESOURCE_ROLE_ARN",),
        "the role that CloudFormation acts as (infra/deploy/role.yaml); none: as who is logged in",
        "arn:aws:iam::123456789012:role/llm-observe-deploy-production-ResourceRole-1A2B",
        r"(arn:aws[a-z-]*:iam::\d{12}:role/\S+)?",
        default="",
    ),
    Question(
        "openai_api_key",
        ("OPENAI_API_KEY",),
        "the key that the two demos spend, with EnableDemo=true",
        "sk-…",
        r"\S*",
        default="",
        secret=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Answers:
    """An answer for each question, and the template's parameters that somebody chose."""

    values: Mapping[str, str] = field(repr=False)
    parameters: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def list_open(self) -> dict[str, str]:
        """Give the answers that are no secrets, to be kept for the next run."""
        secrets = {each.name for each in QUESTIONS if each.secret}
        return {name: value for name, value in self.values.items() if name not in secrets}


@dataclass(frozen=True, slots=True)
class Sources:
    """The places of answers, first to last."""

    given: Mapping[str, str]
    """``--set``: names of questions, and of the template's parameters."""
    environment: Mapping[str, str] = field(repr=False)
    document: Mapping[str, Any]
    """``deploy/<environment>.toml``."""
    earlier: Mapping[str, str]

    def find(self, question: Question) -> str | None:
        """Give the first answer; None if there is none."""
        name = question.name
        by_variable = (self.environment.get(each) for each in question.variables)
        places = (self.given.get(name), *by_variable, self.document.get(name))
        found = [text for text in (*places, self.earlier.get(name)) if text]
        return str(found[0]) if found else question.default


def answer(sources: Sources, ask: Ask | None, questions: Iterable[Question] = QUESTIONS) -> Answers:
    """Find the answers of ``questions``; ``ask`` is asked for the others, one after the other.

    Raises:
        DeployError: if one is missing and nobody is to be asked, or has another form.
    """
    _refuse_misplaced(sources)
    found = {each: sources.find(each) for each in questions}
    missing = [question for question, value in found.items() if value is None]
    if missing and ask is None:
        raise DeployError("\n".join(("These answers are missing:", *map(describe, missing))))
    values = {
        question.name: value if value is not None else _ask(question, ask)
        for question, value in found.items()
    }
    for question in found:
        _check(question, values[question.name])
    _refuse_another_project(sources, values)
    return Answers(values, dict(_list_parameters(sources)))


def describe(question: Question) -> str:
    """Give a line that says what is wanted, where it is put, and an example."""
    place = " or ".join(question.variables[:1] if question.secret else (question.variables[0],))
    other = "" if question.secret else f", or --set {question.name}=…"
    return f"  {place}{other}: {question.meaning}. Example: {question.example}"


def _ask(question: Question, ask: Ask | None) -> str:
    return ask(question).strip() if ask else ""


def _check(question: Question, value: str) -> None:
    if re.fullmatch(question.form, value) is None:
        shown = "" if question.secret else f" and is {value!r}"
        raise DeployError(
            f"{question.variables[0]} is {question.meaning}{shown}. Example: {question.example}"
        )


def _refuse_misplaced(sources: Sources) -> None:
    secrets = {each.name for each in QUESTIONS if each.secret}
    if misplaced := sorted(secrets & {*sources.given, *sources.document}):
        raise DeployError(f"A secret comes by the environment alone: {', '.join(misplaced)}.")
    known = {each.name for each in QUESTIONS} | {"parameters"}
    if unknown := sorted(set(sources.document) - known):
        raise DeployError(f"The file has {', '.join(unknown)}, which nothing asks for.")
    if not isinstance(sources.document.get("parameters", {}), Mapping):
        raise DeployError("The file's parameters are a table: [parameters], then a line for each.")
    lower = {name for name in sources.given if not name[:1].isupper()}
    if unknown := sorted(lower - known):
        raise DeployError(f"--set {', '.join(unknown)}: nothing asks for that.")


def _refuse_another_project(sources: Sources, values: Mapping[str, str]) -> None:
    """A shell that still has another environment's variables must not move this one."""
    for name in ("supabase_url", "region"):
        before, now = sources.earlier.get(name), values.get(name)
        if before and now and before != now and name not in sources.given:
            raise DeployError(
                f"This environment has {name} {before}, and is now to have {now}. "
                f"If that is meant, say --set {name}={now}"
            )


def _list_parameters(sources: Sources) -> Iterator[tuple[str, str]]:
    for name, value in sources.document.get("parameters", {}).items():
        yield name, _write(value)
    for name, value in sources.given.items():
        if name[:1].isupper():
            yield name, value


def _write(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
