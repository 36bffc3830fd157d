"""Operators are named on the command line, against the real Data API."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid

import psycopg

from infra.local.keys import StackKeys
from infra.local.throwaway import Database


def test_an_operator_is_named_and_taken_back(
    keys: StackKeys, data_api: str, database: Database
) -> None:
    """Each command says what the user sees from now on, and a second end is told as a mistake."""
    variables = {
        "SUPABASE_URL": data_api,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
        "LLM_OBSERVE_KEY_PEPPER": keys.key_pepper,
    }
    user = str(uuid.uuid4())

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "infra.access", command, "--user", user],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )

    made, ended, again = (run(name) for name in ("operator", *["remove-operator"] * 2))
    query = "select created_by, ended_by from public.operators where user_id = %s"
    with psycopg.connect(database.owner_url) as connection:
        rows = connection.execute(query, (user,)).fetchall()

    assert made.stdout.startswith(f"{user} sees the sums of all tenants, since 2"), made.stderr
    assert ended.stdout == f"{user} sees the sums of their own tenants only.\n"
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "This user is no operator. There is nothing to take away.\n"
    assert rows == [("command", "command")]
