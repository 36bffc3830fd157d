"""`sam local invoke` as tests/functions/events/README.md has it, where containers can run."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.build.programs import find_tool
from infra.local.aws.template import Function, read_functions
from infra.local.keys import StackKeys

REPOSITORY = Path(__file__).parents[3]
EVENTS = REPOSITORY / "tests" / "functions" / "events"
FUNCTIONS = read_functions(REPOSITORY / "template.yaml")


def has_container_engine() -> bool:
    """Whether Docker, or what answers by its name, can start a container."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(
    not has_container_engine(),
    reason="No container engine answers `docker info`; tests/infra/build/test_emulated.py runs the "
    "functions under the same emulator without one.",
)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_the_documented_command_answers(
    built: Path, keys: StackKeys, data_api: str, tmp_path: Path, function: Function
) -> None:
    """Each function answers its event in Lambda's own image; without a model the demos say so."""
    variables = {
        "SUPABASE_URL": data_api,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
        "LLM_OBSERVE_KEY_PEPPER": keys.key_pepper,
        "LLM_OBSERVE_DEV": "true",
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }
    environment = tmp_path / "env.json"
    environment.write_text(json.dumps({"Parameters": variables}))
    event = EVENTS / f"{'_'.join(function.path)}.json"
    sam = find_tool("sam", REPOSITORY, ".venv-sam")
    command = (sam, "local", "invoke", function.name, "--event", event)
    options = ("--env-vars", environment, "--docker-network", "host")
    done = subprocess.run(
        [*command, *options, "--template", built / "template.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    answer = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}

    assert answer.get("statusCode") in {200, 201, 404, 502}, done.stdout + done.stderr
