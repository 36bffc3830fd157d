"""The processes in which functions run, found by their parents (Linux' /proc)."""

from __future__ import annotations

from pathlib import Path


def list_environments(ancestor: int) -> list[Path]:
    """Give the /proc folders of the function environments below a process, by process id."""
    parents = dict(filter(None, map(_read_parent, Path("/proc").glob("[0-9]*/stat"))))
    family = {ancestor}
    while found := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= found
    forks = {pid for pid in family if b"forkserver" in _read_command(pid)}
    # The first of them forks the others and runs nothing itself.
    return [Path("/proc", str(pid)) for pid in sorted(forks) if parents.get(pid) in forks]


def _read_parent(stat: Path) -> tuple[int, int] | None:
    try:
        return int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _read_command(pid: int) -> bytes:
    try:
        return Path("/proc", str(pid), "cmdline").read_bytes()
    except OSError:
        return b""
