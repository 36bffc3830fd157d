"""The programs a build needs, found wherever a machine has them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

RUNTIME = "3.12"
_PYTHON = f"python{RUNTIME}"
# Where pyenv, uv and python.org's installer keep interpreters that are not on PATH.
_INSTALLATIONS = (
    (Path.home() / ".pyenv" / "versions", f"{RUNTIME}*/bin/{_PYTHON}"),
    (Path.home() / ".local" / "share" / "uv" / "python", f"cpython-{RUNTIME}*/bin/{_PYTHON}"),
    (Path("/usr/local/bin"), _PYTHON),
    (Path("/opt"), f"python/{RUNTIME}*/bin/{_PYTHON}"),
    (Path("/Library/Frameworks/Python.framework/Versions"), f"{RUNTIME}/bin/{_PYTHON}"),
)
# "cpython" and the magic number of 3.12's bytecode: what the Lambda runtime must read.
_PROBE = "import sys; assert sys.implementation.cache_tag == 'cpython-312'; print(sys.executable)"


class BuildError(RuntimeError):
    """The build cannot be made; the message says what is missing and how to get it."""


def find_python() -> Path:
    """Find a working CPython of the Lambda runtime's minor version; BuildError if there is none."""
    for candidate in _list_pythons():
        answer = subprocess.run(
            [candidate, "-c", _PROBE], capture_output=True, text=True, check=False
        )
        # A pyenv shim is on PATH and fails when its version is not the selected one.
        if answer.returncode == 0:
            return Path(answer.stdout.strip())
    raise BuildError(
        f"The layer's bytecode must be compiled by Python {RUNTIME}, the Lambda runtime's own "
        f"version, and no working {_PYTHON} is on PATH or among the interpreters of pyenv and uv. "
        f"Install one, for example with `uv python install {RUNTIME}`."
    )


def _list_pythons() -> Iterator[Path]:
    for folder in os.get_exec_path():
        if (path := Path(folder) / _PYTHON).is_file():
            yield path
    for installed, pattern in _INSTALLATIONS:
        yield from sorted(installed.glob(pattern), reverse=True)


def find_tool(name: str, repository: Path, *environments: str) -> Path:
    """Find a program in the repository's virtual environments, else on PATH, or raise BuildError.

    ``environments`` are their folder names, in order of preference.
    """
    for environment in environments:
        path = repository / environment / "bin" / name
        if path.is_file():
            return path
    if (found := shutil.which(name)) is not None:
        return Path(found)
    raise BuildError(f"{name} is not installed; `make setup setup-sam` installs it.")
