"""The two ends of the library's ranges: what each is resolved to, and an environment of it."""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.build.programs import find_tool

REPOSITORY: Final = Path(__file__).parents[2]
_EXTRAS: Final = ("openai", "otlp")
_FOLDER: Final = Path(__file__).parent


class RangeError(RuntimeError):
    """An end has no solution, or cannot be installed; the message is uv's."""


class End(Enum):
    """An end of the ranges in pyproject.toml, with the words that uv has for it."""

    LOWEST = "lowest-direct"
    NEWEST = "highest"

    @property
    def kept(self) -> Path:
        """The versions of the last written run, which the short form installs."""
        return _FOLDER / f"{self.name.lower()}.txt"

    def resolve(self) -> str:
        """Ask the registry for this end's versions, one requirement a line; RangeError if none."""
        extras = [word for extra in _EXTRAS for word in ("--extra", extra)]
        plain = ("--no-header", "--no-annotate", "--quiet")
        return _run_uv(
            "pip", "compile", "pyproject.toml", "--resolution", self.value, *extras, *plain
        )


def list_ranges() -> list[Requirement]:
    """Give what the library itself asks for, extras included, in order of their names."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for name in extras for text in extras[name])]
    ranges = [Requirement(text) for text in texts]
    return sorted((r for r in ranges if r.name != project["name"]), key=lambda r: r.name)


def read_versions(requirements: str) -> dict[str, str]:
    """Give each package's version, by its normal name."""
    return dict(_split(requirements))


def _split(requirements: str) -> Iterator[tuple[str, str]]:
    for line in requirements.splitlines():
        name, _, version = line.partition("==")
        yield canonicalize_name(name), version


def make_environment(folder: Path, requirements: str, wheel: Path, *groups: str) -> Path:
    """Make a virtual environment with the library's wheel and nothing above it; give its Python.

    ``groups`` of pyproject.toml are installed beside it.

    Raises:
        RangeError: if what is asked for does not go together.
    """
    listed = folder / "requirements.txt"
    _run_uv("venv", "--quiet", str(folder))
    listed.write_text(requirements, encoding="utf-8")
    python = folder / "bin" / "python"
    extras = f"{wheel}[{','.join(_EXTRAS)}]"
    beside = [word for group in groups for word in ("--group", group)]
    install = ("pip", "install", "--quiet", "--python", str(python), "--requirements", str(listed))
    _run_uv(*install, *beside, extras)
    return python


def _run_uv(*arguments: str) -> str:
    uv = find_tool("uv", REPOSITORY, ".venv-uv", ".venv")
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(
        (uv, *arguments),
        cwd=REPOSITORY,
        env=environment | {"UV_PYTHON_DOWNLOADS": "never"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RangeError(f"`uv {' '.join(arguments[:2])} …` failed:\n{done.stderr}")
    return done.stdout
