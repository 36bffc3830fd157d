"""`make sam-env`: its settings, and its commands as far as they go without a container."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.local.aws.template import Function, read_all_functions, read_functions
from infra.local.keys import load_keys
from infra.local.ports import LOOPBACK
from infra.local.settings import Settings
from infra.local.state import write_json
from infra.sam_local.environment import list_declared
from tests.infra.build.runtime_emulator import install_runtime_client, run_emulator
from tests.infra.offline_openai.running import Server
from tests.infra.stack.demo import Demo, make_environment

REPOSITORY = Path(__file__).parents[3]
TEMPLATE = REPOSITORY / "template.yaml"
FUNCTIONS = read_functions(TEMPLATE)


def has_container_engine() -> bool:
    """Whether Docker, or what answers by its name, can start a container."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def described(
    state_dir: Path, data_api: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The environment of a command beside a demo: its keys, Data API and offline model are real."""
    load_keys(state_dir)
    model = Server("--port", "0", "--pace", "0")
    port = urlsplit(model.base_url).port
    running = {"data_api_url": data_api, "offline_openai_port": port, "listen": None}
    write_json(state_dir / "stack.json", running)
    yield os.environ | {"LLM_OBSERVE_STATE_DIR": str(state_dir)}
    (state_dir / "stack.json").unlink()
    model.stop()


def run_command(
    environment: dict[str, str], *arguments: str | Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.sam_local", *arguments],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def prepared(described: dict[str, str], built: Path) -> str:
    """All that the command prints, for a build that is there."""
    done = run_command(described, "DemoRunFunction", "--built", built)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def parameters(prepared: str, state_dir: Path) -> dict[str, str]:
    """The variables that env.json has for all functions."""
    file = state_dir / "env.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    read: dict[str, dict[str, str]] = json.loads(file.read_text())
    return read["Parameters"]


def test_the_settings_are_the_demos(parameters: dict[str, str], data_api: str) -> None:
    """Addresses lead out of a container, keys are there, and nobody asks AWS for a secret."""
    port = urlsplit(data_api).port

    assert parameters["SUPABASE_URL"] == f"http://host.docker.internal:{port}"
    assert parameters["OPENAI_BASE_URL"].startswith("http://host.docker.internal:")
    assert parameters.keys() <= list_declared()
    for name in ("SUPABASE_JWT_SIGNING_KEY", "LLM_OBSERVE_KEY_PEPPER", "LLM_OBSERVE_DIGEST_KEY"):
        assert parameters[name]
        assert parameters[f"{name}_SECRET_ARN"] == ""
    assert parameters["LLM_OBSERVE_DEV"] == "true"


def test_the_output_tells_no_secret(prepared: str, parameters: dict[str, str]) -> None:
    """What is printed names the file, and nothing of what is in it."""
    secrets = [parameters[f"{name}"] for name in parameters if name.endswith(("_KEY", "_PEPPER"))]

    assert len(secrets) > 3
    assert [secret for secret in secrets if secret in prepared] == []


def test_the_demo_runs_on_these_settings(
    parameters: dict[str, str],
    built: Path,
    python: Path,
    tmp_path: Path,
) -> None:
    """The function that needs most of them answers under the emulator which SAM's image has."""
    install_runtime_client(python, tmp_path / "client")
    [function] = [each for each in FUNCTIONS if each.name == "DemoRunFunction"]
    path = (
        built / function.name,
        built / "FunctionsLayer" / "python",
        tmp_path / "client",
    )
    # Outside a container that name leads nowhere.
    variables = {n: v.replace("host.docker.internal", LOOPBACK) for n, v in parameters.items()}
    event = (REPOSITORY / "tests/functions/events/demo_run.json").read_bytes()
    with run_emulator(function, python, path, variables, tmp_path / "log") as emulated:
        answer = emulated.invoke(event)

    assert (answer["statusCode"], json.loads(answer["body"])["offline"]) == (200, True)


def read_commands(printed: str) -> list[list[str]]:
    """The command lines that are printed, as a shell splits them."""
    return [shlex.split(line) for line in printed.splitlines() if line.startswith("  ")]


def test_the_commands_are_sams(prepared: str) -> None:
    """Sam reads each up to where it needs a container: options, template, settings, function."""
    commands = read_commands(prepared)
    assert [command[2] for command in commands] == ["invoke", "start-api"]
    for command in commands:
        done = run_sam(command, DOCKER_HOST="tcp://127.0.0.1:9")
        assert done.returncode != 0
        assert "container runtime" in done.stderr, done.stderr


def test_sam_reads_the_settings_before(prepared: str) -> None:
    """Sam has read the settings by then: where their file is missing, it stops before."""
    [invoke, _] = read_commands(prepared)
    other = [word.replace("env.json", "no-env.json") for word in invoke]
    refused = run_sam(other, DOCKER_HOST="tcp://127.0.0.1:9")

    assert refused.returncode != 0
    assert "no-env.json" in refused.stderr
    assert "container runtime" not in refused.stderr


def run_sam(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ | {"SAM_CLI_TELEMETRY": "0"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_demo_it_is_explained(tmp_path: Path) -> None:
    """Nothing is built where no demo runs, nor for a function that is none."""
    missing = run_command(os.environ | {"LLM_OBSERVE_STATE_DIR": str(tmp_path)})
    unknown = run_command(os.environ | {"LLM_OBSERVE_STATE_DIR": str(tmp_path)}, "Health")

    assert (missing.returncode, unknown.returncode) == (1, 1)
    assert "make demo" in missing.stderr
    assert "HealthFunction" in unknown.stderr


def test_linux_is_told_to_listen(prepared: str) -> None:
    """A demo on 127.0.0.1 alone is not reached from Docker's bridge: the output says what to do."""
    told = 'make demo ARGS="--listen 172.17.0.1"' in prepared

    assert told == (sys.platform == "linux")


def test_the_documents_have_these_commands() -> None:
    """README and the events' page name the target and the flag, and no other way."""
    pages = [
        (REPOSITORY / page).read_text()
        for page in ("README.md", "tests/functions/events/README.md")
    ]
    makefile = (REPOSITORY / "Makefile").read_text()

    assert all("make sam-env" in page and "--docker-network" not in page for page in pages)
    assert re.search(r"^sam-env:.*## ", makefile, re.MULTILINE)


@pytest.fixture(scope="module")
def demo(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that containers reach."""
    state_dir = tmp_path_factory.mktemp("demo") / "state"
    environment = make_environment(settings) | {"LLM_OBSERVE_STATE_DIR": str(state_dir)}
    demo = Demo(state_dir, environment)
    demo.start("--without-ui", "--listen", "0.0.0.0")
    yield demo
    demo.end()
    demo.run("reset")


@pytest.mark.skipif(
    not has_container_engine(),
    reason="No container engine answers `docker info`; tests/infra/build/test_emulated.py runs the "
    "functions under the same emulator without one.",
)
@pytest.mark.parametrize(
    "function",
    [each for each in read_all_functions(TEMPLATE) if not each.takes_messages],
    ids=lambda function: function.name,
)
def test_the_printed_command_answers(demo: Demo, built: Path, function: Function) -> None:
    """Each function answers its event in Lambda's own image."""
    done = run_command(demo.environment, function.name, "--built", built)
    [invoke, _] = read_commands(done.stdout)
    answered = run_sam(invoke)
    answer: Any = json.loads(answered.stdout.splitlines()[-1]) if not answered.returncode else {}

    outcome = answer.get("statusCode", answer.get("outcome"))
    assert outcome in {200, 201, 404, "done"}, answered.stdout + answered.stderr
