"""The first credentials, made on the command line against the real Data API."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

import llm_observe
from functions.common.auth.api_keys import read_api_key
from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from llm_observe.config import read_settings
from llm_observe.supabase.tokens import TokenMinter
from tests.database.support.callers import administer
from tests.database.support.keys import describe, key_id

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def variables(keys: StackKeys, data_api: str) -> dict[str, str]:
    """What whoever operates a project has."""
    return {
        "SUPABASE_URL": data_api,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
        "LLM_OBSERVE_DIGEST_KEY": keys.master_secret,
        "LLM_OBSERVE_KEY_PEPPER": keys.key_pepper,
    }


@pytest.fixture
def command(variables: dict[str, str]) -> Command:
    """Runs ``python -m infra.access`` for tenant `outside`."""

    def run(*arguments: str, tenant: str = "outside") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "infra.access", *arguments, "--tenant", tenant],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def query(database: Database, statement: str) -> list[Any]:
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(statement).fetchall()


def read_issued(text: str) -> dict[str, str]:
    """The settings that an ingest token comes with."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_an_ingest_token_goes_to_a_file_of_its_own(command: Command, tmp_path: Path) -> None:
    """Only its owner may read it, the terminal shows none of it, and no file is written over."""
    settings = tmp_path / "app.env"
    made = command("ingest-token", "--to", str(settings))
    again = command("ingest-token", "--to", str(settings))

    issued = read_issued(settings.read_text())
    assert settings.stat().st_mode & 0o777 == 0o600
    assert issued["LLM_OBSERVE_INGEST_TOKEN"] not in made.stdout + made.stderr
    assert (again.returncode, again.stdout) == (1, "")
    assert "is there already. Name a new file." in again.stderr


def test_an_ingest_token_writes_for_its_tenant(command: Command, database: Database) -> None:
    """An application with nothing but the four lines stores its spans; others' are dropped."""
    issued = read_issued(command("ingest-token", "--name", "crm").stdout)
    llm_observe.init(read_settings(issued))
    with llm_observe.span("theirs"):
        pass
    with llm_observe.tenant("another"), llm_observe.span("not theirs"):
        pass
    llm_observe.flush()
    stats = llm_observe.stats()
    llm_observe.shutdown()

    assert query(database, "select tenant_id, name from spans") == [("outside", "theirs")]
    assert (stats["stored"], stats["dropped"]) == (1, {"failed": 1})


def test_its_digests_are_the_tenants(command: Command, variables: dict[str, str]) -> None:
    """The key that comes with it is the tenant's own; the master secret is not among the lines."""
    issued = read_issued(command("ingest-token").stdout)

    assert issued["LLM_OBSERVE_DIGEST_KEY"].startswith("d1:")
    secrets = ("LLM_OBSERVE_DIGEST_KEY", "SUPABASE_JWT_SIGNING_KEY", "LLM_OBSERVE_KEY_PEPPER")
    assert not [name for name in secrets if variables[name] in json.dumps(issued)]


def test_a_revoked_ingest_token_writes_nothing(command: Command, database: Database) -> None:
    """Refused for good by the database at once: the spans are counted as rejected."""
    answer = command("ingest-token", tenant="revoked").stdout
    key_id = answer.splitlines()[0].split()[2].rstrip(";")
    ended = command("revoke", "--key-id", key_id, tenant="revoked")
    llm_observe.init(read_settings(read_issued(answer)))
    with llm_observe.span("late"):
        pass
    llm_observe.flush()
    stats = llm_observe.stats()
    llm_observe.shutdown()

    assert key_id in ended.stdout
    assert stats["dropped"] == {"rejected": 1}
    assert query(database, "select 1 from spans where tenant_id = 'revoked'") == []


def test_a_key_is_printed_once(command: Command, database: Database) -> None:
    """The only line is a whole key; the audit says that a command made it."""
    key = read_api_key(command("key", "--scopes", "read,admin", tenant="keyed").stdout.strip())

    assert key is not None
    assert query(
        database, "select actor, action, target from audit_events where tenant_id = 'keyed'"
    ) == [("command", "api_key.created", key.key_id)]


def test_a_user_becomes_an_owner(command: Command, database: Database) -> None:
    """The first owner of a tenant needs nobody to be one already."""
    user = "0e5ee2d3-3b5c-4c6e-9d7c-1f4e0d1c2b3a"
    command("member", "--user", user, tenant="owned")

    assert query(
        database, "select user_id::text, role from memberships where tenant_id = 'owned'"
    ) == [(user, "owner")]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("key", "--scopes", "write"), "scopes is not a list of ingest, read and admin."),
        (("member", "--user", "somebody"), "user_id is not a user's UUID."),
        (("revoke", "--key-id", "zzzzzzzz"), "This tenant has no key with that id."),
        (("ingest-token", "--days", "-1"), "expires_at has passed already."),
        (("key", "--days", "9999999"), "--days 9999999 leads beyond the year 9999."),
    ],
)
def test_a_mistake_is_told_in_a_line(
    command: Command, arguments: tuple[str, ...], reason: str
) -> None:
    """Exit code 1 and what is wrong, no traceback."""
    done = command(*arguments)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(reason)


def test_a_deleted_tenant_is_restored(
    command: Command, variables: dict[str, str], database: Database
) -> None:
    """The library, which signs for itself, writes nothing until the operator lifts the deletion."""
    wanted = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_JWT_SIGNING_KEY")
    settings = {name: variables[name] for name in wanted} | {"LLM_OBSERVE_TENANT": "outlived"}
    administer(database, "outlived", "forget_tenant", by="dev", tenant_id="outlived")

    def write() -> dict[str, int]:
        llm_observe.init(read_settings(settings))
        with llm_observe.span("late"):
            pass
        llm_observe.flush()
        dropped = llm_observe.stats()["dropped"]
        llm_observe.shutdown()
        return dict(dropped)

    refused = write()
    key = command("key", tenant="outlived")
    rows = query(database, "select 1 from spans where tenant_id = 'outlived'")
    lifted = command("restore-tenant", tenant="outlived")
    again = command("restore-tenant", tenant="outlived")
    accepted = write()

    assert refused == {"rejected": 1}
    assert (key.returncode, rows) == (1, [])
    assert "make access ARGS=" in key.stderr
    assert (lifted.returncode, lifted.stderr) == (0, "")
    assert again.stderr.startswith("This tenant was not deleted.")
    assert accepted == {}
    assert query(database, "select actor from audit_events where action = 'tenant.restored'") == [
        ("command",)
    ]


def test_a_member_is_taken_out(command: Command, database: Database) -> None:
    """With the keys of their making, which the answer names; --keep-keys keeps them."""
    users = [str(uuid.uuid4()) for _ in range(2)]
    for number, user in enumerate(users):
        command("member", "--user", user, "--role", "admin", tenant="team")
        wanted = describe(number, scopes=["read"])
        administer(database, "team", "create_api_key", by=f"user:{user}", **wanted)
    first = command("remove-member", "--user", users[0], tenant="team")
    second = command("remove-member", "--user", users[1], "--keep-keys", tenant="team")

    assert f"{key_id(0)} (key 0), of its making: revoked" in first.stdout
    assert f"{key_id(1)} (key 1), of its making: active" in second.stdout
    assert query(database, "select 1 from memberships where tenant_id = 'team'") == []


def test_shredding_names_whose_key_lives_on(command: Command, database: Database) -> None:
    """What was derived before cannot be taken back; its application stops making digests."""
    issued = command("ingest-token", tenant="leaky").stdout
    token_id = issued.splitlines()[0].split()[2].rstrip(";")

    def use(tool: str) -> None:
        llm_observe.init(read_settings(read_issued(issued)))
        llm_observe.observe("execute_tool", name=tool)(str.upper)("a prompt")
        llm_observe.flush()
        llm_observe.shutdown()

    use("before")
    done = command("shred", tenant="leaky")
    use("later")
    digests = "select name, input_digest is null, input_length is null from spans"

    assert token_id in done.stdout
    assert "Issue others" in done.stdout
    assert query(database, f"{digests} where tenant_id = 'leaky' order by name") == [
        ("execute_tool before", False, False),
        ("execute_tool later", True, False),
    ]


def test_digests_are_shredded(command: Command, database: Database) -> None:
    """The salt is another one afterwards; the audit has it."""
    command("key", tenant="shredded")
    salt = "select digest_salt from tenants where tenant_id = 'shredded'"
    before = query(database, salt)
    done = command("shred", tenant="shredded")

    assert (done.returncode, done.stderr) == (0, "")
    assert query(database, salt) != before
    assert query(
        database,
        "select 1 from audit_events where (tenant_id, action) = "
        "('shredded', 'tenant.digests_shredded')",
    ) == [(1,)]


def test_content_capture_is_set(command: Command, database: Database) -> None:
    """Any mode, `on` too: who runs this holds the signing key."""
    for mode in ("off", "on", "follow"):
        told = command("content-capture", "--mode", mode).stdout
        chosen = "select content_capture from tenants where tenant_id = 'outside'"
        assert query(database, chosen) == [(mode,)]
        assert told == f"Content of outside: {mode}.\n"


def test_a_deployments_secrets_are_drawn() -> None:
    """Without a project: a signing key that mints, and two secrets of 256 bits."""
    command = [sys.executable, "-m", "infra.access", "secrets"]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=True)
    drawn = dict(line.split("=", 1) for line in done.stdout.splitlines())

    assert TokenMinter(drawn.pop("SUPABASE_JWT_SIGNING_KEY"), issuer="x").mint("llm_gate", None)
    assert [len(value) for value in drawn.values()] == [43, 43]


def test_a_tenant_is_checked(command: Command) -> None:
    """A malformed tenant gets no token at all."""
    done = command("key", tenant="Not A Tenant")

    assert done.returncode == 1
    assert "well-formed tenant" in done.stderr
