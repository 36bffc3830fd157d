"""AWS's Runtime Interface Emulator, the one that ``sam local invoke`` puts into its container.

It ships inside ``aws-sam-cli`` as a program of its own, so it needs no container here.
https://github.com/aws/aws-lambda-runtime-interface-emulator
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from infra.build.programs import RUNTIME, find_tool
from infra.local.aws.template import Function
from infra.local.ports import free_port

REPOSITORY = Path(__file__).parents[3]
_GROUP = "lambda-runtime"
"""What Lambda's own Python images run: https://github.com/aws/aws-lambda-python-runtime-interface-client"""
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_BOOTSTRAP = """
import os
from awslambdaric.__main__ import main
main([os.environ["LAMBDA_TASK_ROOT"], os.environ["_HANDLER"]])
"""
"""What Lambda's own bootstrap does once its paths are set: the handler is what _HANDLER says then,
and the emulator puts its last argument there."""
_INVOKE = "/2015-03-31/functions/function/invocations"


def find_emulator() -> Path:
    """The emulator's program for this machine, beside SAM CLI's Python code."""
    name = f"aws-lambda-rie-{_MACHINES[platform.machine().lower()]}"
    sam = find_tool("sam", REPOSITORY, ".venv-sam").resolve()
    (found,) = sam.parents[1].glob(f"lib/python*/site-packages/samcli/local/rapid/{name}")
    return found


def read_locked(package: str) -> str:
    """The version of a package that uv.lock holds."""
    lock = tomllib.loads((REPOSITORY / "uv.lock").read_text())
    return next(str(p["version"]) for p in lock["package"] if p["name"] == package)


def install_runtime_client(python: Path, target: Path) -> None:
    """Install AWS's runtime client for Lambda's Python; on Lambda it comes with the runtime."""
    install(python, target, _export(_GROUP), "--require-hashes")


def install(python: Path, target: Path, requirements: list[str], *options: str) -> None:
    """Install lines of requirements into a folder, as the author of a function does."""
    command = (_find_uv(), "pip", "install", "--quiet", "--python", python, "--target", target)
    text = "\n".join(requirements)
    read_input = (*options, "--requirements", "-")
    subprocess.run((*command, *read_input), input=text, text=True, check=True)


def _export(group: str) -> list[str]:
    locked = ("--frozen", "--only-group", group, "--no-emit-project")
    command = (_find_uv(), "export", "--quiet", "--no-header", "--no-annotate", *locked)
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()


def _find_uv() -> Path:
    return find_tool("uv", REPOSITORY, ".venv-uv", ".venv")


class EmulatedFunction:
    """A function behind a running emulator."""

    def __init__(self, port: int, log: Path) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            timeout=60,
            trust_env=False,
            # The emulator accepts a moment after its process has started.
            transport=httpx.HTTPTransport(retries=8),
        )
        self._log = log

    def invoke(self, event: bytes) -> Any:
        """What the function answers to an event."""
        answer = self.send(event)
        assert answer.status_code == 200, self.read_log()
        return answer.json()

    def send(self, event: bytes) -> httpx.Response:
        """What the emulator says, whether or not the function has come up."""
        return self._client.post(_INVOKE, content=event)

    def read_log(self) -> str:
        """All that the function and the emulator wrote."""
        return self._log.read_text(errors="replace")

    def close(self) -> None:
        self._client.close()


@contextmanager
def run_emulator(
    function: Function,
    python: Path,
    path: tuple[Path, ...],
    variables: Mapping[str, str],
    log: Path,
    wrapper: Path | None = None,
) -> Iterator[EmulatedFunction]:
    """Serve a function; ``path`` is its own folder first, then what Lambda would have beside it.

    ``wrapper`` is the script that AWS_LAMBDA_EXEC_WRAPPER would name.
    """
    port, api_port = free_port(), free_port()
    addresses = (
        ("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
        ("--runtime-api-address", f"127.0.0.1:{api_port}"),
    )
    # -S: nothing but the artifact and the standard library can be imported.
    runtime = (python, "-S", "-P", "-c", _BOOTSTRAP, function.handler)
    command = runtime if wrapper is None else (wrapper, *runtime)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [find_emulator(), "--log-level", "error", *sum(addresses, ()), *command],
            cwd=path[0],
            env={**_describe(function, path), **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    emulated = EmulatedFunction(port, log)
    try:
        yield emulated
    finally:
        emulated.close()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _describe(function: Function, path: tuple[Path, ...]) -> dict[str, str]:
    """What Lambda and ``sam local`` set; with AWS_SAM_LOCAL development mode is accepted."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_SAM_LOCAL": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{RUNTIME}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout_s),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_REGION": "eu-central-1",
        "LAMBDA_TASK_ROOT": str(path[0]),
        # The emulator wants some; nothing is ever signed with them.
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
    }
