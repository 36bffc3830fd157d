"""The whole path on empty accounts, with a failure in the middle, and the way back.

Real are Postgres, Supabase's command line, the Data API and boto3; moto stands for AWS, and
`sam deploy` and Vercel are fakes that say so.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field

import httpx
import psycopg
import pytest
from botocore.exceptions import ClientError

from tests.infra.deploy.accounts import Accounts, Done
from tests.infra.deploy.fakes import PROJECT, TOKEN, FakeVercel

ENVIRONMENT = "staging"
EMAIL = "maria@example.com"
STEPS = (
    "preflight",
    "secrets",
    "parameters",
    "migrations",
    "prices",
    "build",
    "signing key",
    "stack",
    "owner",
    "dashboard",
    "doctor",
)


@dataclass
class Journey:
    """What was run, by its name, and what was there at moments in between."""

    runs: dict[str, Done] = field(default_factory=dict)
    secrets: list[dict[str, str]] = field(default_factory=list)
    files_after_plan: list[str] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    record_mode: int = 0

    def read(self, name: str) -> dict[str, str]:
        """Give a run's steps, each with its first word."""
        lines = self.runs[name].stdout.splitlines()
        told = ((line[:6].strip(), line[7:].partition(":")[0]) for line in lines)
        return {step: state for state, step in told if step in STEPS}


@pytest.fixture(scope="module")
def journey(accounts: Accounts) -> Journey:
    """From nothing to a deployment and back."""
    made, folder = Journey(), accounts.folder
    runs, owner = made.runs, ("--set", f"owner_email={EMAIL}")
    mark = str(folder / "failed-once")

    runs["plan"] = accounts.run("--plan", *owner, ENVIRONMENT)
    made.files_after_plan = sorted(path.name for path in folder.glob("[!kbp]*"))
    accounts.pretend_built(ENVIRONMENT)
    runs["without key"] = accounts.run("--yes", *owner, ENVIRONMENT)
    made.secrets.append(accounts.read_secrets(ENVIRONMENT))
    accounts.import_key(made.secrets[0]["signing-key"])
    runs["broken"] = accounts.run("--yes", ENVIRONMENT, FAKE_SAM_FAILS=mark)
    accounts.take_back(f"llm-observe-{ENVIRONMENT}")
    vercel = {"VERCEL_TOKEN": TOKEN, "VERCEL_PROJECT": PROJECT}
    runs["whole"] = accounts.run("--yes", ENVIRONMENT, FAKE_SAM_FAILS=mark, **vercel)
    # The secret key invites the owner; later runs, such as CI's, do without.
    runs["again"] = accounts.run("--yes", ENVIRONMENT, SUPABASE_SECRET_KEY="", **vercel)
    made.secrets.append(accounts.read_secrets(ENVIRONMENT))
    made.record_mode = (folder / ".deploy" / f"{ENVIRONMENT}.json").stat().st_mode & 0o777
    runs["unconfirmed"] = accounts.run("--destroy", ENVIRONMENT)
    made.parameters = read_parameters(accounts)
    runs["destroy"] = accounts.run("--destroy", "--confirm", ENVIRONMENT, ENVIRONMENT)
    runs["after"] = accounts.run("--plan", *owner, ENVIRONMENT, **vercel)
    return made


def read_parameters(accounts: Accounts) -> dict[str, str]:
    """Give what the stack was made with."""
    client = accounts.connect("cloudformation")
    [stack] = client.describe_stacks(StackName=f"llm-observe-{ENVIRONMENT}")["Stacks"]
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}


def test_a_plan_tells_each_step_and_does_none(journey: Journey) -> None:
    """Nothing is written, here or there; the tools and log-ins are looked at."""
    states = journey.read("plan")

    assert (journey.runs["plan"].returncode, tuple(states)) == (0, STEPS)
    assert {step for step, state in states.items() if state == "done"} == {"preflight"}
    assert journey.files_after_plan == []


def test_a_key_that_is_not_imported_stops_the_path(journey: Journey) -> None:
    """What a person has to do is told, with the command that shows the key to them alone."""
    done = journey.runs["without key"]

    assert done.returncode == 1
    assert "aws secretsmanager get-secret-value --secret-id llm-observe/staging/signing-key" in (
        done.stdout
    )
    assert journey.read("without key")["signing key"] == "failed"
    assert "stack" not in journey.read("without key")


def test_a_run_goes_on_where_the_last_one_failed(journey: Journey) -> None:
    """What stands is found there; what failed is done; a run after that changes nothing."""
    assert journey.runs["broken"].returncode == 1
    assert journey.read("broken")["stack"] == "failed"

    assert journey.runs["whole"].returncode == 0, journey.runs["whole"].stderr
    states = journey.read("whole")
    done = {step for step, state in states.items() if state == "done"}
    assert done == {"stack", "owner", "dashboard", "doctor"}
    again = journey.read("again")
    assert {step for step, state in again.items() if state != "there"} == {"doctor"}


def test_no_secret_is_shown_or_written(accounts: Accounts, journey: Journey) -> None:
    """Neither in any output nor in a file of the folder; the record is its owner's alone."""
    secrets = [
        *journey.secrets[0].values(),
        json.loads(journey.secrets[0]["signing-key"])["d"],
        accounts.database.owner_url.rpartition("@")[0].rpartition(":")[2],
        TOKEN,
    ]
    shown = "".join(done.stdout + done.stderr for done in journey.runs.values())
    files = [accounts.folder / "samconfig.toml", *accounts.folder.glob(".deploy/*")]
    written = "".join(path.read_text() for path in files)
    assert [secret for secret in secrets if secret in shown + written] == []
    assert journey.record_mode == 0o600


def test_secrets_are_drawn_once(journey: Journey) -> None:
    """A later run leaves them; three, each its own, in the form that the functions read."""
    first, later = journey.secrets

    assert first == later
    assert len(set(first.values())) == 3
    assert json.loads(first["signing-key"])["crv"] == "P-256"


def test_the_stack_has_the_environments_own_parameters(journey: Journey) -> None:
    """ARNs of its secrets, names of its SSM parameters, and no OpenAI secret."""
    given = journey.parameters

    assert given["Environment"] == ENVIRONMENT
    assert given["SupabaseUrl"] == "/llm-observe/staging/supabase-url"
    assert ":secret:llm-observe/staging/signing-key-" in given["SigningKeySecretArn"]
    assert "OpenAiKeySecretArn" not in given


def test_the_first_owner_can_log_in(accounts: Accounts, journey: Journey) -> None:
    """Auth has mailed an invitation, and the database has the membership."""
    assert "is owner of main" in journey.runs["whole"].stdout
    mails = httpx.get(f"{accounts.variables['SUPABASE_URL']}/mails").text
    assert EMAIL in mails


def test_the_doctor_has_the_last_word(journey: Journey) -> None:
    """All its checks pass on what was deployed: a span is written and read back there."""
    told = journey.runs["whole"].stdout.splitlines()
    assert told[-1] == "done   doctor: nothing failed"
    assert [line for line in told if line.startswith("ok      test_span")]


def test_the_dashboards_settings_are_set(accounts: Accounts, journey: Journey) -> None:
    """With a token of Vercel's: three variables of production, none of them a secret."""
    assert journey.runs["whole"].returncode == 0
    told = {name: each["value"] for name, each in FakeVercel.variables.items()}
    assert told == {
        "API_URL": accounts.variables["FAKE_SAM_API_URL"],
        "SUPABASE_URL": accounts.variables["SUPABASE_URL"],
        "SUPABASE_PUBLISHABLE_KEY": accounts.variables["SUPABASE_PUBLISHABLE_KEY"],
    }


def test_nothing_is_deleted_unless_its_name_is_typed(journey: Journey) -> None:
    """All that would go, and all that stays, is told before."""
    done = journey.runs["unconfirmed"]

    assert done.returncode == 1
    assert "Nothing was deleted" in done.stderr
    told = ("stack llm-observe-staging", "secret llm-observe/staging/key-pepper", "SQS::Queue")
    assert [name for name in told if name not in done.stdout] == []
    assert journey.parameters


def test_the_way_back_leaves_the_database_and_the_queue(
    accounts: Accounts, journey: Journey
) -> None:
    """Stack, parameters and secrets are gone; migrations and messages are where they were."""
    assert journey.runs["destroy"].returncode == 0, journey.runs["destroy"].stderr
    left = {step for step, state in journey.read("after").items() if state == "done"}

    assert left == {"preflight", "migrations", "prices", "build", "owner"}
    with pytest.raises(ClientError, match="does not exist"):
        read_parameters(accounts)
    with psycopg.connect(accounts.database.owner_url) as connection:
        assert connection.execute("select count(*) > 0 from model_prices").fetchone() == (True,)
    section = tomllib.loads((accounts.folder / "samconfig.toml").read_text())
    assert section == {"version": 0.1}


def test_secrets_come_back_within_seven_days(accounts: Accounts, journey: Journey) -> None:
    """Deployed again, an environment has the keys under which its digests and API keys stand.

    This time with the demos: OpenAI's key is stored, and the stack has its ARN.
    """
    assert journey.runs["destroy"].returncode == 0
    wanted = ("--set", f"owner_email={EMAIL}", "--set", "EnableDemo=true")
    done = accounts.run("--yes", *wanted, ENVIRONMENT, OPENAI_API_KEY="sk-of-the-demos")

    assert done.returncode == 0, done.stderr
    assert accounts.read_secrets(ENVIRONMENT) == journey.secrets[0]
    arn = read_parameters(accounts)["OpenAiKeySecretArn"]
    stored = accounts.connect("secretsmanager").get_secret_value(SecretId=arn)
    assert stored["SecretString"] == "sk-of-the-demos"
    assert "sk-of-the-demos" not in done.stdout + done.stderr
