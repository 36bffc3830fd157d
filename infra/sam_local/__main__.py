"""``python -m infra.sam_local [FUNCTION]``: make `sam local` ready, and print its command."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.build.__main__ import build, name_arch
from infra.build.programs import BuildError, find_tool
from infra.local.settings import REPOSITORY, Settings, SettingsError, read_settings
from infra.local.state import StateError
from infra.sam_local.commands import Commands, find_function
from infra.sam_local.environment import SamLocalError, find_demo, write_environment

_EXPECTED_ERRORS = (BuildError, SamLocalError, SettingsError, StateError)


def main() -> int:
    """Write the settings, build for this machine, and say what to run; 1 where that cannot be."""
    parser = argparse.ArgumentParser(prog="python -m infra.sam_local")
    parser.add_argument("function", nargs="?", default="HealthFunction", help="its logical id")
    parser.add_argument(
        "--built", type=Path, metavar="FOLDER", help="take this build, and make none"
    )
    arguments = parser.parse_args()
    try:
        sys.stdout.write(_prepare(read_settings(), arguments.function, arguments.built))
    except _EXPECTED_ERRORS as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _prepare(settings: Settings, name: str, built: Path | None) -> str:
    function, running = find_function(name), find_demo(settings)
    arch = name_arch("host")
    environment = write_environment(settings, running)
    if built is None:
        built = REPOSITORY / ".aws-sam" / "build"
        build(arch, built)
    commands = Commands(find_tool("sam", REPOSITORY, ".venv-sam"), built, environment, arch)
    return f"""
{environment} has the running demo's settings and keys; it is yours alone.
{_warn_of(running["listen"])}
One call of {name}, in Lambda's own container:

  {commands.invoke(function)}

The whole API, in a container for each function:

  {commands.start_api()}
"""


def _warn_of(listen: str | None) -> str:
    """Say what a container on Linux reaches: Docker Desktop leads to 127.0.0.1, the bridge not."""
    if listen is not None or sys.platform != "linux":
        return ""
    return (
        "The demo listens on 127.0.0.1 alone, which no container on Linux reaches. Start it by\n"
        '`make demo ARGS="--listen 172.17.0.1"`, the address of Docker\'s bridge.\n'
    )


if __name__ == "__main__":
    sys.exit(main())
