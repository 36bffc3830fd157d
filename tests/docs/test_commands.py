"""The commands and queries of the README, and of the pages that continue it, do what they say.

On the stack that `make demo` starts.
"""

from __future__ import annotations

import functools
import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from infra.local.settings import REPOSITORY, read_settings
from tests.infra.offline_openai.running import Server
from tests.infra.stack.demo import make_environment

PAGES = (
    "README.md",
    "docs/export.md",
    "docs/filter.md",
    "docs/lists.md",
    "docs/mappings.md",
    "docs/metrics.md",
    "docs/search.md",
    "docs/sessions.md",
    "docs/views.md",
)
BLOCKS = [
    block
    for page in PAGES
    for block in re.findall(
        r"```(\w+)\n(.*?)```", (REPOSITORY / page).read_text(encoding="utf-8"), re.DOTALL
    )
]
COMMANDS = [
    line
    for language, block in BLOCKS
    if language == "sh"
    for line in block.splitlines()
    if line.strip()
]
NOT_RUN = {
    "make demo": "started once, for all the others",
    "make test": "this is it",
    "make deploy": "tests/infra/deploy runs it, on accounts of fakes",
    "make destroy": "the same",
}


FILES = (".venv-app", ".local/app.env", "dist/")
"""What the first span's commands write: in a test, into a folder of its own."""


class Demo:
    """`make demo` in the background with ports and a state directory of its own."""

    def __init__(self, folder: Path) -> None:
        self.state_dir = folder / "state"
        self.environment = make_environment(read_settings()) | {
            "LLM_OBSERVE_STATE_DIR": str(self.state_dir)
        }
        self.api = f"localhost:{self.environment['API_PORT']}"
        self.output = folder / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                ["make", "demo"],
                cwd=REPOSITORY,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self, seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while not (self.state_dir / "stack.json").exists():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.1)

    def run(self, command: str, **changes: str) -> subprocess.CompletedProcess[str]:
        here = command.replace("localhost:8000", self.api)
        return subprocess.run(
            ["bash", "-c", f"set -eo pipefail; {here}"],
            check=False,
            cwd=REPOSITORY,
            env=self.environment | changes,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        subprocess.run(["make", "demo-reset"], cwd=REPOSITORY, env=self.environment, check=True)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo"))
    try:
        running.wait()
        yield running
    finally:
        running.stop()


def is_run(command: str) -> bool:
    return not command.startswith(tuple(NOT_RUN))


def test_every_command_that_is_not_run_is_there() -> None:
    """The list of exceptions holds no command that the pages have lost."""
    assert [name for name in NOT_RUN if not any(c.startswith(name) for c in COMMANDS)] == []


@pytest.mark.parametrize("command", [command for command in COMMANDS if is_run(command)])
def test_a_command_works(demo: Demo, command: str) -> None:
    """It ends well and answers something that is no error."""
    done = demo.run(command)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert '"error":{' not in done.stdout


@pytest.mark.parametrize("query", [block for language, block in BLOCKS if language == "sql"])
def test_the_queries_for_studio_run(demo: Demo, query: str) -> None:
    """Each query runs and finds rows in the sample tenant, in whatever transaction it stands."""
    here = query.replace("tenant-123", "sample")
    stack = json.loads((demo.state_dir / "stack.json").read_text(encoding="utf-8"))
    with psycopg.connect(stack["database_url"]) as connection:
        for statement in filter(str.strip, here.split(";")):
            done = connection.execute(statement.encode())
            assert done.description is None or done.fetchall()


@pytest.mark.parametrize("snippet", [block for language, block in BLOCKS if language == "python"])
def test_the_python_is_python(snippet: str) -> None:
    """Each snippet compiles."""
    compile(snippet, "README.md", "exec")


@pytest.fixture
def model() -> Iterator[str]:
    """The base URL of an offline server in the place of OpenAI."""
    server = Server("--port", "0", "--pace", "0.02")
    yield server.base_url
    server.stop()


def test_a_stranger_has_a_first_span_after_five_commands(
    demo: Demo, model: str, tmp_path: Path
) -> None:
    """`make demo` is one, these are four; the span of their own application has all of a call."""
    [block] = [block for language, block in BLOCKS if language == "bash"]
    commands = [line for line in block.splitlines() if line.strip()]
    assert len(commands) == 4
    (tmp_path / ".local").mkdir()
    for command in commands:
        here = functools.reduce(
            lambda line, name: line.replace(name, f"{tmp_path}/{name}"), FILES, command
        )
        settings = {"OPENAI_API_KEY": "offline", "OPENAI_BASE_URL": model}
        done = demo.run(here, WHEELS=f"{tmp_path}/dist", **settings)
        assert done.returncode == 0, done.stdout + done.stderr

    page = httpx.get(
        f"http://{demo.api}/spans?session_id=first-chat",
        headers={"x-tenant-id": "tenant-123"},
    )
    [span] = page.json()["items"]
    assert (span["model"], span["total_tokens"] > 0) == ("gpt-4o-mini-2024-07-18", True)
