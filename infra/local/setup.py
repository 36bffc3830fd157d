"""``python -m infra.local.setup``: what the stack needs, from the lock files, once each.

Runs before the virtual environment exists: standard library only, on the machine's own Python.
A step is done again when the content it is made from changed, not when a file was touched.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from infra.local.report import Reporter, Step
from infra.local.settings import SettingsError, read_settings

LOWEST_PYTHON = (3, 11)
LOWEST_NODE = 20
UV_VERSION = "0.13.9"
_ROOT = Path(__file__).resolve().parents[2]
_UI = _ROOT / "ui"
_SUPABASE = _ROOT / "infra" / "schema"
_POLICIES = _ROOT / "infra" / "policies"
_VERCEL = _ROOT / "infra" / "vercel"
_STAMP = ".llm-observe-stamp"
_NOT_BUILT_FROM = {"node_modules", ".next", "test-results", "playwright-report", "e2e", "out"}
_WRITTEN_BY_BUILD = ("next-env.d.ts", ".tsbuildinfo")


class SetupError(RuntimeError):
    """Something that the machine must have is missing, or a step failed."""


def main() -> int:
    """Do the steps named on the command line, in order; exit code 1 with a message on failure."""
    steps: dict[str, Callable[[Step], None]] = {
        "python": set_up_python,
        "node": set_up_node,
        "ui": build_ui,
        "sam": set_up_sam,
        "fuzz": set_up_fuzz,
        "supabase": set_up_supabase,
        "policies": set_up_policies,
        "vercel": set_up_vercel,
    }
    parser = argparse.ArgumentParser(prog="python -m infra.local.setup")
    parser.add_argument("steps", nargs="+", choices=steps)
    reporter = Reporter()
    try:
        for name in parser.parse_args().steps:
            with reporter.step(f"setup {name}") as step:
                steps[name](step)
    except (SetupError, SettingsError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    return 0


def set_up_python(step: Step) -> None:
    """``.venv`` with what uv.lock says."""
    environment = _ROOT / ".venv"
    _sync(step, environment, [])


def set_up_sam(step: Step) -> None:
    """``.venv-sam``: SAM CLI pins old versions of much, so it lives alone."""
    _sync(step, _ROOT / ".venv-sam", ["--only-group", "sam"])


def set_up_fuzz(step: Step) -> None:
    """``.venv-fuzz``: the functions, and what is thrown at them."""
    _sync(step, _ROOT / ".venv-fuzz", ["--no-default-groups", "--group", "fuzz"])


def set_up_node(step: Step) -> None:
    """``ui/node_modules`` with what package-lock.json says."""
    _install_packages(step, _UI)


def set_up_supabase(step: Step) -> None:
    """``infra/schema/node_modules``: Supabase's command line, 135 MB that no demo needs."""
    _install_packages(step, _SUPABASE)


def set_up_policies(step: Step) -> None:
    """``infra/policies/node_modules``: the simulator of IAM, 19 MB that only the tests need."""
    _install_packages(step, _POLICIES)


def set_up_vercel(step: Step) -> None:
    """``infra/vercel/node_modules``: Vercel's command line, 255 MB for `make vercel-build`."""
    _install_packages(step, _VERCEL)


def build_ui(step: Step) -> None:
    """``ui/.next/standalone``: the dashboard's server with its static files beside it."""
    standalone = _UI / ".next" / "standalone"
    digest = _digest(_ui_sources(), _node_version())
    if _is_done(standalone, digest, step):
        return
    run(["npm", "run", "build"], _UI)
    if not (standalone / "server.js").is_file():
        raise SetupError(f"The build of ui made no {standalone / 'server.js'}.")
    _stamp(standalone, digest)
    step.detail = "next build"


def _install_packages(step: Step, directory: Path) -> None:
    version = _node_version()
    digest = _digest([directory / "package.json", directory / "package-lock.json"], version)
    if _is_done(directory / "node_modules", digest, step):
        return
    run(["npm", "ci", "--include=dev", "--no-audit", "--no-fund"], directory)
    _stamp(directory / "node_modules", digest)
    step.detail = f"npm ci, Node {version}"


def _sync(step: Step, environment: Path, arguments: list[str]) -> None:
    if sys.version_info < LOWEST_PYTHON:
        needed, here = ".".join(map(str, LOWEST_PYTHON)), sys.version.split()[0]
        raise SetupError(
            f"Python {needed} or newer is needed, and {sys.executable} is {here}. "
            "Name another: make demo PYTHON=python3.12"
        )
    digest = _digest([_ROOT / "pyproject.toml", _ROOT / "uv.lock"], sys.version)
    if (environment / "bin" / "python").exists() and _is_done(environment, digest, step):
        return
    uv = install_uv()
    command = [str(uv), "sync", "--frozen", "--quiet", "--python", sys.executable, *arguments]
    run(command, _ROOT, UV_PROJECT_ENVIRONMENT=environment.name, UV_PYTHON_DOWNLOADS="never")
    _stamp(environment, digest)
    step.detail = f"uv sync, Python {sys.version.split()[0]}"


def install_uv() -> Path:
    environment = _ROOT / ".venv-uv"
    uv = environment / "bin" / "uv"
    digest = _digest([], f"{UV_VERSION} {sys.version}")
    if uv.exists() and _is_done(environment, digest, Step()):
        return uv
    try:
        run([sys.executable, "-m", "venv", "--clear", str(environment)], _ROOT)
    except SetupError as error:
        raise SetupError(
            f"{error}\nOn Debian, `apt install python3-venv` may be missing."
        ) from error
    pip = [str(environment / "bin" / "python"), "-m", "pip"]
    run([*pip, "install", "--quiet", "--disable-pip-version-check", f"uv=={UV_VERSION}"], _ROOT)
    _stamp(environment, digest)
    return uv


def _node_version() -> str:
    hint = f"Node {LOWEST_NODE} or newer is needed (https://nodejs.org)"
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise SetupError(f"{hint}, and there is no node and npm on PATH.")
    answer = subprocess.run(["node", "--version"], check=False, capture_output=True, text=True)
    version = re.match(r"v(\d+)\.", answer.stdout)
    if version is None or int(version[1]) < LOWEST_NODE:
        raise SetupError(f"{hint}, and this is {answer.stdout.strip() or 'broken'}.")
    return answer.stdout.strip()


def _ui_sources() -> Iterable[Path]:
    for folder, folders, files in os.walk(_UI):
        folders[:] = sorted(set(folders) - _NOT_BUILT_FROM)
        yield from (
            Path(folder, name) for name in sorted(files) if not name.endswith(_WRITTEN_BY_BUILD)
        )


def _digest(files: Iterable[Path], *words: str) -> str:
    digest = hashlib.sha256(" ".join(words).encode())
    for path in files:
        if not path.is_file():
            raise SetupError(f"{path} is missing.")
        digest.update(f"\0{path.relative_to(_ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_done(directory: Path, digest: str, step: Step) -> bool:
    stamp = directory / _STAMP
    if not stamp.is_file() or stamp.read_text() != digest:
        return False
    step.detail = "up to date"
    return True


def _stamp(directory: Path, digest: str) -> None:
    (directory / _STAMP).write_text(digest)


def run(command: list[str], directory: Path, **variables: str) -> None:
    """Run ``command``; its output is shown only if it fails, whole."""
    environment = {**read_settings().environment, "NEXT_TELEMETRY_DISABLED": "1", **variables}
    # Another environment that is switched on is not the one to set up.
    environment.pop("VIRTUAL_ENV", None)
    result = subprocess.run(
        command,
        check=False,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode != 0:
        shown = " ".join([Path(command[0]).name, *command[1:]])
        raise SetupError(f"{result.stdout.rstrip()}\n\n`{shown}` failed ({result.returncode}).")


if __name__ == "__main__":
    sys.exit(main())
