"""The ends of the library's ranges in small; `make test-ranges` runs all of its tests there."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from infra.build.__main__ import build_wheel
from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.infra.offline_openai.running import Server
from trials.ranges.ends import REPOSITORY, End, list_ranges, make_environment, read_versions

_MONTHS = 100 * 24 * 3600
"""Seconds; a token that is nearer to its end is warned of."""
FIRST_CALL = REPOSITORY / "trials" / "ranges" / "first_call.py"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library as an application installs it."""
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    """The base URL of an offline server in the place of OpenAI."""
    server = Server("--port", "0", "--pace", "0")
    yield server.base_url
    server.stop()


@pytest.fixture(scope="module")
def variables(model: str, data_api: str, keys: StackKeys) -> dict[str, str]:
    """What an application is told, but for its tenant and token."""
    return {
        "SUPABASE_URL": data_api,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "LLM_OBSERVE_DIGEST_KEY": keys.master_secret,
        "LLM_OBSERVE_STRICT": "true",
        "LLM_OBSERVE_EXPORT_TIMEOUT": "20",
        "OPENAI_API_KEY": "offline",
        "OPENAI_BASE_URL": model,
    }


@pytest.mark.parametrize("end", End, ids=[end.name.lower() for end in End])
def test_a_first_call_is_stored(
    end: End,
    wheel: Path,
    variables: dict[str, str],
    database: Database,
    token: Callable[..., str],
    tmp_path: Path,
) -> None:
    """With an end's versions an application's call becomes a row with tokens and a cost."""
    tenant = f"range-{end.name.lower()}"
    python = make_environment(tmp_path / "venv", end.kept.read_text(), wheel)
    issued = token(tenant, "llm_ingest", exp=int(time.time()) + _MONTHS)
    own = {"LLM_OBSERVE_TENANT": tenant, "LLM_OBSERVE_INGEST_TOKEN": issued}
    done = subprocess.run(
        [python, FIRST_CALL], env=variables | own, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["stored"] == 1
    with psycopg.connect(database.owner_url) as connection:
        rows = connection.execute(
            "select model, input_tokens > 0, cost_usd > 0 from spans where tenant_id = %s",
            (tenant,),
        ).fetchall()
    assert rows == [("gpt-4o-mini-2024-07-18", True, True)]


def test_the_tried_versions_are_the_ends_of_the_ranges() -> None:
    """No range of pyproject.toml is wider than what was tried, and none excludes it."""
    lowest, newest = (read_versions(end.kept.read_text()) for end in (End.LOWEST, End.NEWEST))
    for wanted in list_ranges():
        name = canonicalize_name(wanted.name)
        [floor] = [clause.version for clause in wanted.specifier if clause.operator == ">="]
        tried = Version(lowest[name]), Version(newest[name])
        assert Version(floor) == tried[0] <= tried[1], name
        assert all(wanted.specifier.contains(version, prereleases=True) for version in tried), name


def test_every_dependency_is_a_range() -> None:
    """Nothing that the library asks of an application's packages is a pin; majors are fenced."""
    for wanted in list_ranges():
        assert {clause.operator for clause in wanted.specifier} == {">=", "<"}, wanted


def test_the_page_has_the_tried_versions() -> None:
    """docs/ranges.md names the versions that the short form installs."""
    page = (REPOSITORY / "docs" / "ranges.md").read_text(encoding="utf-8")
    lowest, newest = (read_versions(end.kept.read_text()) for end in (End.LOWEST, End.NEWEST))
    for wanted in list_ranges():
        name = canonicalize_name(wanted.name)
        row = f"| {wanted.name} | `{wanted.specifier}` | {lowest[name]} | {newest[name]} |"
        assert row in page
