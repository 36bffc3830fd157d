"""For ``make dev``: notice that a Python source was edited."""

from __future__ import annotations

from pathlib import Path

from infra.local.settings import REPOSITORY

_WATCHED = ("functions", "src", "infra/local")


class Sources:
    """The Python files of the API and their times of change."""

    def __init__(self) -> None:
        self._times = _read_times()

    def changed(self) -> str | None:
        """The first file that was edited, added or removed since the last call."""
        before, self._times = self._times, _read_times()
        paths = sorted(path for path, _ in before.items() ^ self._times.items())
        return str(paths[0].relative_to(REPOSITORY)) if paths else None


def _read_times() -> dict[Path, int]:
    files = (path for folder in _WATCHED for path in (REPOSITORY / folder).rglob("*.py"))
    return {path: path.stat().st_mtime_ns for path in files if path.exists()}
