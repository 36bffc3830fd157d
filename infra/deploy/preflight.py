"""The first step: tools, log-ins and answers, before anything is touched."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import psycopg

from infra.build.programs import BuildError, find_python, find_tool
from infra.deploy.deployment import Deployment, read_record
from infra.deploy.errors import DeployError
from infra.deploy.management import HOSTED
from infra.deploy.owner import owns
from infra.deploy.parameters import OPENAI, check_chosen, wants_demo
from infra.deploy.questions import NOBODY
from infra.deploy.steps import Seen
from infra.local.settings import REPOSITORY
from infra.schema.command_line import run_supabase
from infra.schema.errors import SchemaError

_TIMEOUT: Final = 10


class Preflight:
    """Looks alone: there is nothing to do but to tell what is missing, all of it at once."""

    name = "preflight"

    def look(self, deployment: Deployment) -> Seen:
        """Run every check."""
        checks: tuple[Callable[[Deployment], str], ...] = (
            _check_answers,
            _check_tools,
            check_account,
            _check_database,
            _check_project,
        )
        found, missing = [], []
        for check in checks:
            try:
                found.append(check(deployment))
            except (DeployError, BuildError, SchemaError) as error:
                missing.append(str(error))
        if missing:
            raise DeployError("\n  ".join(("", *missing)))
        return Seen(done=True, text="; ".join(found))

    def act(self, _deployment: Deployment) -> str:
        """Give nothing: a look has said all."""
        return ""


def _check_answers(deployment: Deployment) -> str:
    answers = deployment.answers
    check_chosen(answers.parameters, REPOSITORY / "template.yaml")
    if wants_demo(answers.parameters) and not (
        OPENAI in answers.parameters or answers["openai_api_key"]
    ):
        raise DeployError(f"EnableDemo=true needs OPENAI_API_KEY, or {OPENAI}.")
    return f"{len(answers.parameters)} parameters chosen"


def _check_tools(deployment: Deployment) -> str:
    python = find_python()
    find_tool("uv", REPOSITORY, ".venv-uv", ".venv")
    sam = _ask_version([str(find_sam(deployment)), "--version"])
    return f"{python.name}, {sam}, supabase {_ask_supabase_version()}"


@cache
def _ask_supabase_version() -> str:
    """Ask once: its start takes most of a second of processor time."""
    return run_supabase(["--version"]).stdout.strip()


def find_sam(deployment: Deployment) -> Path:
    """Find SAM CLI, or take the one that SAM names; BuildError if there is none."""
    named = deployment.variables.get("SAM")
    return Path(named) if named else find_tool("sam", REPOSITORY, ".venv-sam")


def _ask_version(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DeployError(f"{command[0]} does not start; `make setup-sam` installs it.")
    return done.stdout.strip()


def check_account(deployment: Deployment) -> str:
    """Hold the account against the one that the environment was deployed into.

    Raises:
        DeployError: if they are two, or nobody is logged in.
    """
    account = deployment.cloud.account
    before = read_record(deployment.environment, deployment.folder).get("account", account)
    if before != account:
        raise DeployError(
            f"{deployment.environment} is in the account {before}, and the credentials are of "
            f"{account}. Log in to the other, or choose another name for this environment."
        )
    return f"AWS {account} as {deployment.cloud.caller.split(':')[5]}"


def _check_database(deployment: Deployment) -> str:
    url = deployment.answers["database_url"]
    _compare_projects(deployment.answers["supabase_url"], url)
    try:
        with psycopg.connect(url, connect_timeout=_TIMEOUT) as connection:
            row = connection.execute("select current_user").fetchone()
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        raise DeployError(f"DATABASE_URL does not answer: {' '.join(str(error).split())}") from None
    _check_owner(deployment)
    return f"Postgres {version} as {row[0] if row else '?'}"


def _check_owner(deployment: Deployment) -> None:
    """The secret key is needed once, and later runs do without."""
    answers = deployment.answers
    email = answers["owner_email"]
    if email == NOBODY or answers["supabase_secret_key"]:
        return
    if not owns(answers["database_url"], email, answers["owner_tenant"]):
        raise DeployError(
            "SUPABASE_SECRET_KEY is needed to invite the first owner "
            f"(Project Settings, API Keys); --set owner_email={NOBODY} invites nobody."
        )


def _compare_projects(project_url: str, database_url: str) -> None:
    """A hosted project's reference stands in both addresses."""
    host = urlsplit(project_url).hostname or ""
    database = urlsplit(database_url)
    reference = host.removesuffix(HOSTED)
    if host.endswith(HOSTED) and reference not in f"{database.username} {database.hostname}":
        raise DeployError(f"DATABASE_URL is not a database of the project {reference}.")


def _check_project(deployment: Deployment) -> str:
    url = deployment.answers["supabase_url"].rstrip("/")
    headers = {"apikey": deployment.answers["supabase_publishable_key"]}
    try:
        answer = httpx.get(
            f"{url}/auth/v1/.well-known/jwks.json", headers=headers, timeout=_TIMEOUT
        )
        keys = len(answer.raise_for_status().json()["keys"])
        # PostgREST's refusals have a code, those of the edge before it have none.
        asked = httpx.get(f"{url}/rest/v1/spans?limit=0", headers=headers, timeout=_TIMEOUT)
        refused = asked.status_code == httpx.codes.UNAUTHORIZED and not asked.json().get("code")
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise DeployError(
            f"{url} does not answer as a Supabase project ({type(error).__name__}). "
            "Is supabase_url right, and is the project not paused?"
        ) from error
    if refused:
        raise DeployError(f"SUPABASE_PUBLISHABLE_KEY is not a key of the project {url}.")
    return f"project answers, {keys} signing keys"
