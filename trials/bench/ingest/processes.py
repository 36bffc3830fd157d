"""What processes cost, read from /proc: processor time and resident memory of whole trees."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICK: Final = 1 / os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
# Places after the name in /proc/<pid>/stat, by proc_pid_stat(5): ppid, and user, system time of
# the process and of children that have ended.
_PARENT: Final = 1
_TIMES: Final = slice(11, 15)


def list_tree(root: int) -> set[int]:
    """List ``root`` and everything that descends from it and runs."""
    children: dict[int, list[int]] = {}
    for pid, fields in _read_all():
        children.setdefault(int(fields[_PARENT]), []).append(pid)
    tree, found = set[int](), [root]
    while found:
        pid = found.pop()
        tree.add(pid)
        found += children.get(pid, ())
    return tree


def read_parent(pid: int) -> int:
    """Give the process that started ``pid``."""
    return next(int(fields[_PARENT]) for found, fields in _read_all() if found == pid)


def read_cpu(roots: Iterable[int], without: Iterable[int] = ()) -> float:
    """Read the seconds of processor time, user and system, of the trees so far.

    What has ended is in its parent's times; ``without`` are processes to leave out.
    """
    wanted = set[int]().union(*map(list_tree, roots)) - set(without)
    ticks = (map(int, fields[_TIMES]) for pid, fields in _read_all() if pid in wanted)
    return sum(map(sum, ticks)) * _TICK


def read_rss(roots: Iterable[int]) -> int:
    """Read the bytes of memory that the trees have resident, shared pages once per process."""
    wanted = set[int]().union(*map(list_tree, roots))
    return sum(map(_read_rss, wanted))


def _read_all() -> Iterator[tuple[int, list[str]]]:
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            # The name is in parentheses and may hold anything, parentheses too.
            yield int(folder.name), text.rpartition(")")[2].split()


def _read_rss(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0
