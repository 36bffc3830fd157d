"""A Chromium for the UI's tests: one that is there, else one that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.local.settings import REPOSITORY, Settings

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# https://playwright.dev/docs/browsers#managing-browser-binaries
_CACHES = {"darwin": "Library/Caches/ms-playwright", "linux": ".cache/ms-playwright"}
_PROGRAMS = (
    "chromium-*/chrome-linux*/chrome",
    "chromium_headless_shell-*/chrome-*/*headless*shell",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)
_APPLICATIONS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
_DOWNLOAD_SECONDS = 180
_UI = REPOSITORY / "ui"


class ChromiumError(RuntimeError):
    """No Chromium, and none could be installed."""


def find_or_install_chromium(settings: Settings) -> Path:
    """The browser's program; raises ChromiumError telling what was tried."""
    if settings.chromium_path is not None:
        if not os.access(settings.chromium_path, os.X_OK):
            raise ChromiumError(f"CHROMIUM_PATH={settings.chromium_path} is no program.")
        return settings.chromium_path
    tried = []
    for install in (None, _download, _install_package):
        if install is not None and (reason := install(settings)):
            tried.append(reason)
        if (found := next(filter(_can_run, _find(settings)), None)) is not None:
            return found
    raise ChromiumError(
        "The UI's tests need a Chromium; none is installed, and\n  "
        + "\n  ".join(tried)
        + "\nInstall one and put it on PATH, or name it in CHROMIUM_PATH."
    )


def _find(settings: Settings) -> Iterator[Path]:
    for name in _NAMES:
        if (found := shutil.which(name, path=settings.environment.get("PATH"))) is not None:
            yield Path(found)
    yield from (path for path in _APPLICATIONS if path.is_file())
    given = settings.environment.get("PLAYWRIGHT_BROWSERS_PATH")
    cache = Path(given) if given else Path.home() / _CACHES.get(sys.platform, _CACHES["linux"])
    for pattern in _PROGRAMS:
        yield from sorted(cache.glob(pattern), reverse=True)


def _can_run(program: Path) -> bool:
    """Whether it starts: a downloaded browser may lack libraries of this system."""
    command = [str(program), "--version"]
    try:
        return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _download(settings: Settings) -> str | None:
    """Playwright's own download; the reason if it failed."""
    program = _UI / "node_modules" / ".bin" / "playwright"
    if not program.exists():
        return f"{program} is missing (run `make setup`)."
    return _run(settings, [str(program), "install", "chromium"])


def _install_package(settings: Settings) -> str | None:
    """Debian's package, for root; the reason if it failed."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return "apt-get needs root on Debian."
    if reason := _run(settings, ["apt-get", "update", "-q"]):
        return reason
    return _run(settings, ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"])


def _run(settings: Settings, command: list[str]) -> str | None:
    environment = {**settings.environment, "DEBIAN_FRONTEND": "noninteractive"}
    shown = " ".join([Path(command[0]).name, *command[1:]])
    try:
        result = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd=_UI,
            env=environment,
            timeout=_DOWNLOAD_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"`{shown}` took more than {_DOWNLOAD_SECONDS} s."
    if result.returncode == 0:
        return None
    lines = (result.stderr or result.stdout).strip().splitlines()
    return f"`{shown}` failed: {lines[-1] if lines else f'code {result.returncode}'}"
