"""The first step finds what is wrong before anything is touched, all of it at once."""

from __future__ import annotations

import json

import pytest

from tests.infra.deploy.accounts import Accounts

NOBODY = ("--set", "owner_email=-")
SECRET = "not-the-password"

NOWHERE = f"postgresql://postgres:{SECRET}@127.0.0.1:9/postgres"
HOSTED = "https://abcdefghijklmnopqrst.supabase.co"
"""No project's: nobody answers there, with a network or without."""
CASES: dict[str, tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]] = {
    "all of it": (
        {"DATABASE_URL": NOWHERE, "SUPABASE_URL": "http://127.0.0.1:9", "SAM": "/bin/false"},
        ("--set", "IngestMod=queue", "moved"),
        (
            "template.yaml has no parameter IngestMod",
            "/bin/false does not start",
            "moved is in the account 210987654321, and the credentials are of 123456789012",
            "DATABASE_URL does not answer",
            "http://127.0.0.1:9 does not answer as a Supabase project",
        ),
    ),
    "another project, and no log-in": (
        {
            "SUPABASE_URL": HOSTED,
            "DATABASE_URL": f"postgresql://postgres.other:{SECRET}@pooler.supabase.com/postgres",
            "AWS_ACCESS_KEY_ID": "",
            "AWS_SECRET_ACCESS_KEY": "",
        },
        ("--set", "IngestMode=kafka", "refused"),
        (
            "IngestMode cannot be 'kafka'",
            "No log-in to AWS was found: set AWS_PROFILE",
            "DATABASE_URL is not a database of the project abcdefghijklmnopqrst",
            f"{HOSTED} does not answer as a Supabase project",
        ),
    ),
    "another's key, and a parameter of the deployment's own": (
        {"SUPABASE_PUBLISHABLE_KEY": "sb_publishable_of_another"},
        ("--set", "Environment=other", "refused"),
        (
            "Environment is set by the deployment itself",
            "SUPABASE_PUBLISHABLE_KEY is not a key of the project",
        ),
    ),
    "a demo without a key": (
        {},
        ("--set", "EnableDemo=true", "refused"),
        ("EnableDemo=true needs OPENAI_API_KEY",),
    ),
    "an owner without the secret key": (
        {"SUPABASE_SECRET_KEY": ""},
        ("--set", "owner_email=maria@example.com", "refused"),
        ("SUPABASE_SECRET_KEY is needed to invite the first owner",),
    ),
}


@pytest.fixture(scope="module", autouse=True)
def moved(accounts: Accounts) -> None:
    """An environment that was deployed into another account."""
    record = accounts.folder / ".deploy" / "moved.json"
    record.parent.mkdir()
    record.write_text(json.dumps({"answers": {}, "account": "210987654321"}))


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_named(accounts: Accounts, case: str) -> None:
    """All of it at once, so that nobody mends one thing to be told the next; and no password."""
    changes, arguments, expected = CASES[case]
    done = accounts.run("--yes", *NOBODY, *arguments, **changes)

    assert done.returncode == 1
    assert [each for each in expected if each not in done.stderr] == []
    assert len(done.stderr.strip().splitlines()) == len(expected) + 2
    assert SECRET not in done.stdout + done.stderr
    there = accounts.connect("secretsmanager").list_secrets()["SecretList"]
    assert [each["Name"] for each in there if "/staging/" not in each["Name"]] == []


def test_an_environment_of_another_account_is_not_deleted(accounts: Accounts) -> None:
    """One of its name may be there, too: nothing is touched, and the record stays."""
    accounts.connect("ssm").put_parameter(
        Name="/llm-observe/moved/supabase-url", Value="https://x", Type="String"
    )
    done = accounts.run("--destroy", "--confirm", "moved", "moved")

    assert done.returncode == 1
    assert "moved is in the account 210987654321" in done.stderr
    assert accounts.connect("ssm").get_parameter(Name="/llm-observe/moved/supabase-url")
    assert (accounts.folder / ".deploy" / "moved.json").exists()


def test_a_plan_names_the_step_that_fails(accounts: Accounts) -> None:
    """As a run does, though a plan does nothing."""
    done = accounts.run("--plan", *NOBODY, "refused", DATABASE_URL=NOWHERE)

    assert done.returncode == 1
    assert "failed preflight" in done.stdout
    assert done.stderr.startswith("preflight: ")
