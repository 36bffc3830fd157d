"""LlmObserveLayer: an existing function is traced by two settings, and never broken by them."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from infra.local.aws.template import Function
from infra.local.keys import StackKeys
from infra.local.services import function_environment
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.infra.build.runtime_emulator import (
    EmulatedFunction,
    install,
    install_runtime_client,
    read_locked,
    run_emulator,
)
from tests.infra.offline_openai.running import Server

UNMODIFIED = Path(__file__).with_name("unmodified")
_MONTHS = 100 * 24 * 3600
"""Seconds; a token that is nearer to its end is warned of."""
QUESTION = b'{"question": "Where is my parcel?"}'
Run = Callable[..., AbstractContextManager[EmulatedFunction]]


@pytest.fixture(scope="module")
def variables(
    settings: Settings, keys: StackKeys, data_api: str, token: Callable[..., str]
) -> Iterator[dict[str, str]]:
    """What the function's owner sets, for the real Data API and an offline model."""
    server = Server("--port", "0", "--pace", "0")
    port = urlsplit(server.base_url).port
    wanted = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "OPENAI_", "LLM_OBSERVE_DIGEST_KEY")
    names = function_environment(settings, keys, port).items()
    yield {
        **{name: value for name, value in names if name.startswith(wanted)},
        "SUPABASE_URL": data_api,
        "LLM_OBSERVE_TENANT": "unmodified",
        "LLM_OBSERVE_INGEST_TOKEN": token(
            "unmodified", "llm_ingest", exp=int(time.time()) + _MONTHS
        ),
    }
    server.stop()


@pytest.fixture(scope="module")
def folders(python: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The function with the client that it brings itself, and AWS's part of the runtime."""
    function, client = tmp_path_factory.mktemp("task"), tmp_path_factory.mktemp("client")
    install(python, function, [f"openai=={read_locked('openai')}"])
    install_runtime_client(python, client)
    shutil.copytree(UNMODIFIED, function, dirs_exist_ok=True)
    return function, client


@pytest.fixture
def run(
    built: Path,
    python: Path,
    folders: tuple[Path, Path],
    variables: dict[str, str],
    tmp_path: Path,
) -> Run:
    """Serves the function with the layer and its wrapper, or without, any setting changed."""
    task, client = folders
    layer = built / "LlmObserveLayer"

    def start(
        handler: str = "app.handler", task: Path = task, *, bare: bool = False, **changes: str
    ) -> AbstractContextManager[EmulatedFunction]:
        function = Function("unmodified", handler, task, 20, 512, ())
        log = tmp_path / ("bare.log" if bare else "log")
        told = variables | changes
        if bare:
            return run_emulator(function, python, (task, client), told, log)
        path = (task, layer / "python", client)
        return run_emulator(function, python, path, told, log, layer / "llm-observe")

    return start


def test_unmodified_function_is_traced(run: Run, database: Database) -> None:
    """Its call of a model is stored with tokens and a cost; its answer is its own."""
    with run() as function:
        answer = function.invoke(QUESTION)
        log = function.read_log()

    with psycopg.connect(database.owner_url) as connection:
        rows = connection.execute(
            "select tenant_id, model, input_tokens > 0, cost_usd > 0 from spans"
        ).fetchall()
    assert answer["text"]
    assert answer["handler"] == "app.handler"
    assert rows == [("unmodified", "gpt-4o-mini-2024-07-18", True, True)], log


def test_client_is_not_imported_before_the_function_does(run: Run) -> None:
    """An invocation that calls no model pays neither for a client nor for what traces one."""
    with run() as function:
        answer = function.invoke(b"{}")

    assert answer["loaded"] == ["llm_observe"]


def test_wrong_setting_leaves_the_function_running(run: Run) -> None:
    """Without a token the function answers, untraced, and one line says which setting."""
    with run(LLM_OBSERVE_INGEST_TOKEN="") as function:
        answer = function.invoke(QUESTION)
        log = function.read_log()

    assert answer["text"]
    assert log.count("untraced") == 1
    assert "set LLM_OBSERVE_INGEST_TOKEN" in log


def test_conflict_with_the_functions_own_packages(
    run: Run, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    """A function that shadows what the library needs answers, untraced, and a line says so."""
    task = tmp_path / "task"
    shutil.copytree(folders[0], task)
    (task / "wrapt.py").write_text("")
    with run(task=task) as function:
        answer = function.invoke(QUESTION)
        log = function.read_log()

    assert answer["text"]
    assert "nothing is traced: ImportError: wrapt from " in log
    assert log.count("llm_observe") == 1


BROKEN = {
    "a module that is not there": ("app.handler", "import not_there"),
    "a name that is not there": ("app.handler", "from os import not_there"),
    "a syntax error": ("app.handler", "def handler(event, context)\n    return 1"),
    "an error while it is imported": ("app.handler", "raise LookupError('mine')"),
    "an attribute error while it is imported": ("app.handler", "import os\nos.not_there"),
    "no such handler": ("app.missing", "handler = print"),
    "no such module": ("nowhere.handler", ""),
    "a name without a module": ("handler", ""),
    "a module of Python's own": ("sys.exit", ""),
    "a package": ("package/inner.handler", "def handler(event, context):\n    return __name__"),
    "a handler that raises": ("app.handler", "def handler(event, context):\n    return 1 / 0"),
    "a handler that misses": ("app.handler", "def handler(event, context):\n    return event.no"),
    "an answer that is no JSON": ("app.handler", "def handler(event, context):\n    return {1j}"),
    "an answer": ("app.handler", "import os\ndef handler(*_):\n    return os.environ['_HANDLER']"),
}


@pytest.mark.parametrize("fault", sorted(BROKEN))
def test_errors_read_as_without_the_layer(run: Run, tmp_path: Path, fault: str) -> None:
    """Type, message and stack trace of a broken function name its own modules, never ours."""
    handler, code = BROKEN[fault]
    task = tmp_path / "task"
    (task / "package").mkdir(parents=True)
    for name in ("app.py", "package/inner.py"):
        (task / name).write_text(code)
    answers, logs = [], []
    for bare in (True, False):
        with run(handler, task, bare=bare) as function:
            answer = function.send(b"{}").json()
            if isinstance(answer, dict):
                answer.pop("requestId", None)
            answers.append(answer)
            logs.append(function.read_log())

    assert answers[0] == answers[1]
    assert "llm_observe" not in logs[1]
    assert _without_times(logs[0]) == _without_times(logs[1])


def _without_times(log: str) -> list[str]:
    """A log without the emulator's own lines, and without ids, ports and times."""
    written = [line for line in log.splitlines() if "(rapid)" not in line]
    return [re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+(\.\d+)?", "#", line) for line in written]


def test_layer_is_lean(built: Path) -> None:
    """No client, no framework: they are the function's own matter."""
    shipped = {path.name for path in (built / "LlmObserveLayer" / "python").iterdir()}

    assert {"llm_observe", "llm_observe_layer", "opentelemetry", "postgrest"} <= shipped
    assert not {"openai", "fastapi", "mangum", "aws_lambda_powertools", "boto3"} & shipped
