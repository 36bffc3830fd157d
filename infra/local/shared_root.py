"""Where root keeps Postgres' data: a folder per state directory that another account can reach."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from infra.local.account import Account

_PARENT = Path("/var/tmp")  # noqa: S108  # survives a reboot, and any user can enter it
_PREFIX = "llm-observe-"
_OWNER_FILE = "state_dir"


class SharedRootError(RuntimeError):
    """The folder is there and not ours, or in use."""


def make_shared_root(
    state_dir: Path, account: Account, running: Callable[[Path], int | None]
) -> Path:
    """An empty folder of root's own, which only the account's group may pass through.

    Not the account's: then no process of that account can plant a link that root would follow.
    ``running`` tells the process that runs on a folder. Raises SharedRootError.
    """
    digest = hashlib.sha256(str(state_dir.resolve()).encode()).hexdigest()[:12]
    root = _PARENT / f"{_PREFIX}{digest}"
    with suppress(FileExistsError):
        root.mkdir(mode=0o710)
    status = root.lstat()
    if root.is_symlink() or status.st_uid != os.geteuid():
        raise SharedRootError(
            f"{root} is there and not ours (user id {status.st_uid}): remove it by hand."
        )
    if (pid := running(root)) is not None:
        raise SharedRootError(
            f"Postgres (process {pid}) runs on {root}, which no state directory records."
        )
    # Data without the record has lost its passwords with it.
    for leftover in root.iterdir():
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    os.chown(root, 0, account.gid)
    root.chmod(0o710)
    return root


def claim(root: Path, state_dir: Path) -> None:
    """Note whose ``root`` is, once ``state_dir`` records it: from then on it can be swept."""
    (root / _OWNER_FILE).write_text(str(state_dir.resolve()), encoding="utf-8")


def sweep(record_name: str, running: Callable[[Path], int | None]) -> None:
    """Delete the folders whose state directory is gone, as after ``rm -rf`` of a clone."""
    for root in _PARENT.glob(f"{_PREFIX}*"):
        owner = root / _OWNER_FILE
        if root.is_symlink() or root.lstat().st_uid != os.geteuid() or not owner.is_file():
            continue
        record = Path(owner.read_text(encoding="utf-8")) / record_name
        if not record.exists() and running(root) is None:
            shutil.rmtree(root, ignore_errors=True)
