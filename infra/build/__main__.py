"""Build the layers and the functions: ``python -m infra.build [--arch arm64|x86_64|host]``.

With ``--wheel`` the library alone, as an application installs it.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

from infra.build.programs import BuildError, find_python, find_tool

REPOSITORY = Path(__file__).resolve().parents[2]
_DEFAULT_OUTPUT = REPOSITORY / ".aws-sam" / "build"
_LAYERS = {"FunctionsLayer": "functions", "LlmObserveLayer": "layer"}
"""The layers of template.yaml, each with the group of pyproject.toml that it ships."""
_MACHINES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "amd64": "x86_64"}


def main() -> None:
    """Build and say what took how long; end with a sentence where that cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m infra.build")
    parser.add_argument(
        "--arch",
        choices=["arm64", "x86_64", "host"],
        # `make build` passes its variable: unset means Lambda's default here, empty the host.
        default=os.environ.get("ARCH", "arm64") or "host",
        help="processor to build for; default: the variable ARCH, else arm64",
    )
    parser.add_argument("--output", type=Path, default=_DEFAULT_OUTPUT, help="where to build")
    parser.add_argument("--wheel", type=Path, metavar="FOLDER", help="build the wheel alone, there")
    arguments = parser.parse_args()
    try:
        if arguments.wheel:
            sys.stdout.write(f"{build_wheel(arguments.wheel)}\n")
        else:
            build(name_arch(arguments.arch), arguments.output.absolute())
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


def build(arch: str, output: Path) -> None:
    """Build for ``arm64`` or ``x86_64`` into a folder; BuildError if a step fails."""
    started = time.monotonic()
    python = find_python()
    uv = find_tool("uv", REPOSITORY, ".venv-uv", ".venv")
    sam = find_tool("sam", REPOSITORY, ".venv-sam")
    environment = _make_environment(arch, python, uv)
    _pack_library(uv, environment)
    template = REPOSITORY / "template.yaml"
    parameters = ("--parameter-overrides", f"Arch={arch}")
    _run(environment, sam, "build", "--template", template, "--build-dir", output, *parameters)
    _compile_functions(python, output, environment)
    took = time.monotonic() - started
    sys.stdout.write(f"Built for {arch} in {output} ({took:.0f} s, bytecode by {python}).\n")


def build_wheel(folder: Path) -> Path:
    """Build the library's wheel into a folder, which then holds no other; BuildError if not."""
    for older in folder.glob("llm_observe-*.whl"):
        older.unlink()
    uv = find_tool("uv", REPOSITORY, ".venv-uv", ".venv")
    _run(dict(os.environ), uv, "build", "--quiet", "--wheel", "--out-dir", folder.absolute())
    [wheel] = folder.glob("llm_observe-*.whl")
    return wheel


def name_arch(wanted: str) -> str:
    """Give Lambda's name of a processor, of this machine's for ``host``; BuildError if none."""
    if wanted != "host":
        return wanted
    machine = platform.machine().lower()
    if machine not in _MACHINES:
        raise BuildError(f"Lambda has no {machine} processors; name one with ARCH=arm64 or x86_64.")
    return _MACHINES[machine]


def _make_environment(arch: str, python: Path, uv: Path) -> dict[str, str]:
    """Return what src/Makefile and SAM CLI read; SAM takes the runtime's python from PATH."""
    given = dict(os.environ)
    return given | {
        "PATH": f"{python.parent}{os.pathsep}{given.get('PATH', os.defpath)}",
        "ARCH": arch,
        "PYTHON": str(python),
        "UV": str(uv),
        "SAM_CLI_TELEMETRY": "0",
        # SAM CLI wants a region and asks nobody there.
        "AWS_DEFAULT_REGION": given.get("AWS_DEFAULT_REGION", "us-east-1"),
        "UV_PYTHON_DOWNLOADS": "never",
    }


def _pack_library(uv: Path, environment: dict[str, str]) -> None:
    """Put each layer's locked requirements and the library's wheel into src/dist/.

    The layers' makefile runs in a copy of src/ and sees nothing else. The wheel, not the sources,
    because it carries the metadata that ``llm_observe.__version__`` is read from.
    """
    packed = REPOSITORY / "src" / "dist"
    shutil.rmtree(packed, ignore_errors=True)
    _run(environment, uv, "build", "--quiet", "--wheel", "--out-dir", packed)
    for layer, group in _LAYERS.items():
        locked = ("--frozen", "--only-group", group, "--no-emit-project")
        plain = ("--no-header", "--no-annotate", "--quiet")
        _run(environment, uv, "export", *locked, *plain, "--output-file", packed / f"{layer}.txt")


def _compile_functions(python: Path, output: Path, environment: dict[str, str]) -> None:
    compileall = (python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")
    for folder in sorted(output.glob("*Function")):
        _run(environment, *compileall, "-s", folder, "-p", "/var/task", folder)


def _run(environment: dict[str, str], *command: str | Path) -> None:
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        step = " ".join((Path(command[0]).name, *map(str, command[1:3])))
        raise BuildError(f"`{step} …` failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
