"""What runs: the layer as it is built for Lambda, and AWS's own runtime client, made once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from infra.build.programs import RUNTIME, find_python
from tests.build.runtime_emulator import RUNTIME_CLIENT, install_runtime_client

REPOSITORY: Final = Path(__file__).parents[2]
_CACHE: Final = REPOSITORY / ".aws-sam" / "lifecycle"
_FUNCTION: Final = Path(__file__).with_name("function")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A Python and the folders it may import from, beside its standard library."""

    python: Path
    folders: tuple[Path, ...]

    def command(self, handler: str) -> list[str]:
        """How Lambda starts a function."""
        return [str(self.python), "-S", "-P", "-m", "awslambdaric", f"traced.{handler}"]

    def variables(self) -> dict[str, str]:
        """What Lambda sets by itself; the function's own variables come on top."""
        return {
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join(map(str, self.folders)),
            "PYTHONDONTWRITEBYTECODE": "1",
            # The runtime client polls in a thread, so that SIGTERM is heard, from 3.12 on.
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{RUNTIME}",
            "AWS_LAMBDA_FUNCTION_NAME": "lifecycle",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_REGION": "eu-central-1",
            "LAMBDA_TASK_ROOT": str(_FUNCTION),
        }


def make_artifact() -> Artifact:
    """Build what has changed since the last time; BuildError if something is missing for it."""
    python = find_python()
    layer = _keep_one("layer", _digest_sources(), _build)
    client = _keep_one("client", RUNTIME_CLIENT.replace("==", "-"), _install_client)
    return Artifact(python, (_FUNCTION, layer / "RuntimeLayer" / "python", client))


def _keep_one(kind: str, version: str, make: Callable[[Path], None]) -> Path:
    """Give the folder of a version, made if it is not there; older ones go."""
    wanted = _CACHE / kind / version
    if not wanted.is_dir():
        shutil.rmtree(wanted.parent, ignore_errors=True)
        wanted.parent.mkdir(parents=True)
        # A build that breaks must not pass for one that is done.
        unfinished = Path(mkdtemp(dir=wanted.parent))
        make(unfinished)
        unfinished.rename(wanted)
    return wanted


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
    single = [REPOSITORY / name for name in ("uv.lock", "template.yaml", "src/Makefile")]
    for path in sorted(sources + data + single):
        digest.update(str(path.relative_to(REPOSITORY)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
