"""One environment per library, from pins in ``requirements/``, outside the project's own lock.

Python's are virtual environments made by uv, Node's folders filled by npm. They are kept in the
state folder and made anew when their pins change.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from infra.local.settings import REPOSITORY
from infra.local.setup import install_uv
from trials.instrumentations.library import Library

_HERE: Final = Path(__file__).parent
_REQUIREMENTS: Final = _HERE / "requirements"
_ENVIRONMENTS: Final = REPOSITORY / ".local" / "libraries"
_STAMP: Final = "pins.sha256"
_NPM: Final = ("npm", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")


class InstallError(RuntimeError):
    """A library could not be installed; the message is the end of the installer's."""


def lock(library: Library) -> None:
    """Resolve what a library asks for into its pins; InstallError where nothing fits."""
    pins = _find_pins(library)
    if library.script:
        _lock_node(library, pins.parent)
        return
    head = f"# {' '.join(library.asks)}\n# resolved by: python -m trials.instrumentations --lock\n"
    options = ["--quiet", "--no-header", "--no-annotate", "--python-version", "3.11"]
    resolved = _run(
        [str(install_uv()), "pip", "compile", *options, "-"], given="\n".join(library.asks)
    )
    pins.write_text(head + resolved, encoding="utf-8")


def _lock_node(library: Library, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    wanted = dict(ask.split("==") for ask in library.asks)
    package = {"private": True, "type": "module", "dependencies": wanted}
    (folder / "package.json").write_text(f"{json.dumps(package, indent=2)}\n", encoding="utf-8")
    # The lock file stays free of registry addresses, so that it installs through any mirror.
    _run([*_NPM, "--omit-lockfile-registry-resolved", "install", "--package-lock-only"], folder)


def install(library: Library) -> list[str]:
    """Give the command that starts a library's driver, with its pins in place.

    Raises InstallError where they do not install.
    """
    environment = _ENVIRONMENTS / library.name
    pins, stamp = _find_pins(library), environment / _STAMP
    digest = hashlib.sha256(f"{sys.version}\n{pins.read_text()}".encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != digest:
        fill = _fill_node if library.script else _fill_python
        fill(environment, pins)
        stamp.write_text(digest)
    if library.script:
        # Node looks for packages beside the script.
        for script in (_HERE / "scenarios").glob("*.mjs"):
            shutil.copy(script, environment)
        return ["node", str(environment / library.script)]
    python = str(environment / "bin" / "python")
    return [python, "-m", "trials.instrumentations.scenarios.drive", library.name]


def _fill_python(environment: Path, pins: Path) -> None:
    _run(
        [
            str(install_uv()),
            "venv",
            "--quiet",
            "--clear",
            "--python",
            sys.executable,
            str(environment),
        ]
    )
    python = str(environment / "bin" / "python")
    _run([str(install_uv()), "pip", "sync", "--quiet", "--python", python, str(pins)])


def _fill_node(environment: Path, pins: Path) -> None:
    shutil.copytree(pins.parent, environment, dirs_exist_ok=True)
    _run([*_NPM, "ci"], environment)


def _find_pins(library: Library) -> Path:
    if library.script:
        return _REQUIREMENTS / library.name / "package-lock.json"
    return _REQUIREMENTS / f"{library.name}.txt"


def _run(command: list[str], folder: Path | None = None, given: str = "") -> str:
    result = subprocess.run(
        command, check=False, cwd=folder, input=given, capture_output=True, text=True
    )
    if result.returncode != 0:
        raise InstallError(result.stderr.strip()[-600:])
    return result.stdout
