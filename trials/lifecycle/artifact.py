"""What runs: what `sam build` makes for Lambda, and AWS's own runtime client, made once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from infra.build.programs import RUNTIME, find_python
from tests.infra.build.runtime_emulator import install_runtime_client, read_locked

REPOSITORY: Final = Path(__file__).parents[2]
_CACHE: Final = REPOSITORY / ".aws-sam" / "lifecycle"
_KEPT_SECONDS: Final = 3600.0
"""How long what was built stays for a run that may still use it."""
_FUNCTION: Final = Path(__file__).with_name("function")


@dataclass(frozen=True, slots=True)
class Artifact:
    """What `sam build` made, AWS's runtime client, and the Python that runs both."""

    python: Path
    built: Path
    client: Path

    def command(self, handler: str) -> list[str]:
        """How Lambda starts a function."""
        return [str(self.python), "-S", "-P", "-m", "awslambdaric", handler]

    def variables(self, function: str | None) -> dict[str, str]:
        """What Lambda sets by itself; the function's own variables come on top.

        ``function`` is one of template.yaml. What it may import is its own folder, the layer and
        the runtime client, beside the standard library and the tests' own modules.
        """
        own = [self.built / function] if function else []
        folders = (*own, _FUNCTION, self.built / "FunctionsLayer" / "python", self.client)
        return {
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "PYTHONDONTWRITEBYTECODE": "1",
            # The runtime client polls in a thread, so that SIGTERM is heard, from 3.12 on.
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{RUNTIME}",
            "AWS_LAMBDA_FUNCTION_NAME": function or "lifecycle",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_REGION": "eu-central-1",
            "LAMBDA_TASK_ROOT": str(folders[0]),
        }

    def describe(self) -> str:
        """The versions of what runs."""
        probe = "import platform; print(platform.python_version())"
        python = subprocess.run([self.python, "-c", probe], capture_output=True, check=True)
        versions = f"Python {python.stdout.decode().strip()}", f"awslambdaric {self.client.name}"
        return ", ".join((*versions, f"llm-observe {version('llm-observe')}"))


def make_artifact() -> Artifact:
    """Build what has changed since the last time; BuildError if something is missing for it."""
    python = find_python()
    built = _keep_one("built", _digest_sources(), _build)
    client = _keep_one("client", read_locked("awslambdaric"), _install_client)
    return Artifact(python, built, client)


def _keep_one(kind: str, name: str, make: Callable[[Path], None]) -> Path:
    """Give the folder of that name, made if it is not there; those unused for long go."""
    wanted = _CACHE / kind / name
    wanted.parent.mkdir(parents=True, exist_ok=True)
    # Another run may be making the same, or using what was made before an edit.
    with (wanted.parent / ".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not wanted.is_dir():
            _remove_old(wanted.parent)
            # A build that breaks must not pass for one that is done.
            unfinished = Path(mkdtemp(dir=wanted.parent))
            make(unfinished)
            unfinished.rename(wanted)
        os.utime(wanted)
    return wanted


def _remove_old(folder: Path) -> None:
    for made in folder.iterdir():
        if made.is_dir() and time.time() - made.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(made)


def _build(output: Path) -> None:
    _run(sys.executable, "-m", "infra.build", "--arch", "host", "--output", str(output))


def _install_client(output: Path) -> None:
    install_runtime_client(find_python(), output)


def _run(*command: str) -> None:
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)


def _digest_sources() -> str:
    digest = hashlib.sha256()
    folders = (REPOSITORY / "src", REPOSITORY / "functions", REPOSITORY / "infra" / "build")
    sources = [path for folder in folders for path in folder.rglob("*.py")]
    data = list((REPOSITORY / "src" / "llm_observe").rglob("*.json"))
    single = [
        REPOSITORY / name
        for name in ("uv.lock", "template.yaml", "src/Makefile", "src/layer/llm-observe")
    ]
    for path in sorted(sources + data + single):
        digest.update(str(path.relative_to(REPOSITORY)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
