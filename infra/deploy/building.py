"""The build: layers and functions, made again when their sources or their processor changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.build.__main__ import build
from infra.build.programs import BuildError
from infra.deploy.deployment import Deployment
from infra.deploy.errors import DeployError
from infra.deploy.steps import Seen
from infra.local.settings import REPOSITORY

_SOURCES: Final = (
    "src",
    "functions",
    "infra/build",
    "infra/deploy/alarms.yaml",
    "template.yaml",
    "uv.lock",
)
_MADE: Final = frozenset({"__pycache__", "dist"})
_NOTE: Final = ".built-from"
"""The file of a build that tells which sources it was made from; a new build removes it."""


class Build:
    """The layers and functions that `make build` makes."""

    name = "build"

    def look(self, deployment: Deployment) -> Seen:
        """Compare the sources with those of the last build."""
        if is_built(deployment):
            return Seen(done=True, text=f"for {_name_arch(deployment)}, of these sources")
        return Seen(done=False, text=f"build layers and functions for {_name_arch(deployment)}")

    def act(self, deployment: Deployment) -> str:
        """Build, and note from what."""
        output = find_build(deployment)
        try:
            build(_name_arch(deployment), output)
        except BuildError as error:
            raise DeployError(str(error)) from error
        note_build(deployment)
        return f"for {_name_arch(deployment)}"


def find_build(deployment: Deployment) -> Path:
    """Give the folder of the build."""
    return deployment.folder / ".aws-sam" / "build"


def is_built(deployment: Deployment) -> bool:
    """Say whether the build is of these sources."""
    note = find_build(deployment) / _NOTE
    return note.is_file() and note.read_text() == describe_sources(deployment)


def note_build(deployment: Deployment) -> None:
    """Note that the build is of these sources."""
    (find_build(deployment) / _NOTE).write_text(describe_sources(deployment))


def describe_sources(deployment: Deployment) -> str:
    """Give a digest of everything that a build is made from."""
    digest = hashlib.sha256(_name_arch(deployment).encode())
    for path in _list_sources():
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(REPOSITORY)} {content}\n".encode())
    return digest.hexdigest()


def _list_sources() -> Iterator[Path]:
    for name in _SOURCES:
        root = REPOSITORY / name
        found = [root] if root.is_file() else sorted(root.rglob("*"))
        yield from (path for path in found if path.is_file() and not _MADE & {*path.parts})


def _name_arch(deployment: Deployment) -> str:
    return deployment.answers.parameters.get("Arch", "arm64")
