"""The account that runs Postgres: the server refuses root, so root lends it an existing account."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_CANDIDATES = ("postgres", "nobody")


class AccountError(LookupError):
    """No account of this machine may run Postgres."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine with its primary group."""

    name: str
    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """The account that runs Postgres for root, ``None`` when not root; raises AccountError."""
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise AccountError(
        f"Postgres does not run as root, and there is no user {' or '.join(_CANDIDATES)}."
    )


def run_as(account: Account | None, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run ``argv`` as ``account`` with a bare environment; raises PermissionError if it may not.

    The environment is bare because libpq and initdb read two dozen variables of it.
    """
    return subprocess.run(
        list(argv),
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
