"""``make prices`` on a project that was deployed: its first prices, by one command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.migrations import apply_migrations
from infra.local.ports import free_port
from infra.local.services import data_api_child
from infra.local.settings import Settings
from infra.local.throwaway import Database, ThrowawayServer
from infra.prices.__main__ import main
from infra.prices.source import read_catalog

_WITHOUT_THE_SOURCE = """
import sys
sys.modules["genai_prices"] = None
from infra.prices.__main__ import main
sys.exit(main(["--send"]))
"""
Run = Callable[[dict[str, str]], subprocess.CompletedProcess[str]]


@pytest.fixture
def project(postgres_server: ThrowawayServer) -> Iterator[Database]:
    """A database as `supabase db push` leaves it: every migration, no prices."""
    database = postgres_server.create_database("deployed")
    apply_migrations(database.owner_url)
    yield database
    postgres_server.drop_database("deployed")


@pytest.fixture
def url(settings: Settings, project: Database, keys: StackKeys, leashes: Leashes) -> Iterator[str]:
    """The URL of the project's Data API."""
    port = free_port()
    running = leashes.start(data_api_child(settings, keys, project.authenticator_url, port))
    try:
        running.wait_until_ready()
        yield f"http://127.0.0.1:{port}"
    finally:
        running.stop()


@pytest.fixture
def send(tmp_path: Path) -> Run:
    """Runs ``--send`` where genai-prices is not installed and no demo runs."""

    def run(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", _WITHOUT_THE_SOURCE],
            env={"LLM_OBSERVE_STATE_DIR": str(tmp_path)} | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def read_ids(database: Database) -> set[Any]:
    with psycopg.connect(database.owner_url) as connection:
        return {row[0] for row in connection.execute("select price_id from public.model_prices")}


def test_a_project_gets_its_prices(send: Run, url: str, project: Database, keys: StackKeys) -> None:
    """The committed document is sent to the environment's project; again, it changes nothing."""
    variables = {
        "SUPABASE_URL": url,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
    }
    wanted = {row.price_id for row in read_catalog().rows()}
    assert read_ids(project) == set()
    first, second = send(variables), send(variables)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith(f"{url}: {len(wanted):,} added, 0 closed")
    assert second.stdout == f"{url}: 0 added, 0 closed, 0 reopened, {len(wanted):,} unchanged\n"
    assert read_ids(project) == wanted


def test_a_database_gets_its_prices(send: Run, project: Database) -> None:
    """Where only DATABASE_URL is set, its owner sets them; the password is not repeated."""
    sent = send({"DATABASE_URL": project.owner_url})
    assert (sent.returncode, sent.stderr) == (0, "")
    assert " added, 0 closed" in sent.stdout
    assert str(psycopg.conninfo.conninfo_to_dict(project.owner_url)["password"]) not in sent.stdout
    assert len(read_ids(project)) > 2_500


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"SUPABASE_JWT_SIGNING_KEY": ""}, "To reach Supabase, set SUPABASE_JWT_SIGNING_KEY."),
        ({"SUPABASE_JWT_SIGNING_KEY": "{}"}, "SUPABASE_JWT_SIGNING_KEY is a private ES256 key"),
        ({"SUPABASE_PUBLISHABLE_KEY": "sb_publishable_other"}, "The project refused the prices: "),
        ({"SUPABASE_URL": "http://127.0.0.1:1"}, "The project did not answer (ConnectError)."),
        ({"SUPABASE_URL": ""}, "No prices were sent: set SUPABASE_URL or DATABASE_URL"),
        (
            {"SUPABASE_URL": "", "DATABASE_URL": "postgresql://127.0.0.1:1/x"},
            "The database refused the prices: ",
        ),
    ],
    ids=["no key", "a wrong key", "refused", "no answer", "no project", "no database"],
)
def test_a_failed_command_ends_with_one_sentence(
    send: Run, data_api: str, keys: StackKeys, changed: dict[str, str], sentence: str
) -> None:
    """Exit code 1 and a sentence that says what to do, without a traceback."""
    variables = {
        "SUPABASE_URL": data_api,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
    }
    sent = send(variables | changed)
    assert (sent.returncode, sent.stdout) == (1, "")
    assert sent.stderr.startswith(sentence)
    assert "Traceback" not in sent.stderr


def test_a_stale_document_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """``--check`` fails for another text; without a project, a plain run writes it and says so."""
    document = tmp_path / "prices.json"
    document.write_text("{}", encoding="utf-8")
    monkeypatch.setattr("infra.prices.__main__.DOCUMENT", document)
    monkeypatch.setattr("infra.prices.__main__.REPOSITORY", tmp_path)
    monkeypatch.setenv("LLM_OBSERVE_STATE_DIR", str(tmp_path))
    assert main(["--check"]) == 1
    assert capsys.readouterr().err == "prices.json is not what genai-prices says: run make prices\n"
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("prices.json: ")
    assert main(["--check"]) == 0
