"""Postgres of the local stack: a data directory of our own, or the server that was given.

Passwords over TCP and the socket alike (scram), a private socket directory, no superuser for
the migrations: as close to a hosted project as one machine allows.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local.account import Account, run_as, unprivileged_account
from infra.local.bootstrap import AUTH_ADMIN, AUTHENTICATOR, OWNER, SUPERUSER, Passwords
from infra.local.children import Child
from infra.local.installation import choose_installation, make_reachable
from infra.local.ports import LOOPBACK, free_port, is_port_free
from infra.local.settings import Settings
from infra.local.shared_root import claim, make_shared_root, sweep
from infra.local.state import open_state_dir, read_json, write_json

DATABASE = "postgres"
_RECORD = "postgres.json"
_PASSWORDS = ("superuser", "owner", "authenticator", "auth_admin")
_SOCKET_PATH_BYTES = 100
"""sun_path holds 104 bytes on macOS, 108 on Linux, with the file's name and a final NUL."""
_SOCKET_NAME = ".s.PGSQL.65535"
_BASE_OPTIONS = {
    "listen_addresses": LOOPBACK,
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failing statement and the DETAIL of its error can quote a row, and rows hold content.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_THROWAWAY_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class PostgresError(RuntimeError):
    """Postgres could not be set up, or runs already."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One data directory, the programs and the account that run it, and its passwords."""

    root: Path
    bin: Path
    port: int
    passwords: Passwords = field(repr=False)
    socket_dir: Path
    account: Account | None = None
    durable: bool = True

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.root / "data"

    @property
    def superuser_url(self) -> str:
        """For bootstrap only; the stack itself never runs as superuser."""
        return self.url(SUPERUSER, self.passwords.superuser)

    @property
    def owner_url(self) -> str:
        """The role that owns the database and runs the migrations."""
        return self.url(OWNER, self.passwords.owner)

    @property
    def authenticator_url(self) -> str:
        """The Data API's login."""
        return self.url(AUTHENTICATOR, self.passwords.authenticator)

    @property
    def auth_admin_url(self) -> str:
        """Auth's login."""
        return self.url(AUTH_ADMIN, self.passwords.auth_admin)

    def url(self, role: str, password: str, database: str = DATABASE) -> str:
        """A connection URL over TCP for ``role``."""
        return f"postgresql://{role}:{password}@{LOOPBACK}:{self.port}/{database}"

    def child(self) -> Child:
        """The server as a process of the stack, stopped by SIGINT (fast shutdown)."""
        options = _BASE_OPTIONS | ({} if self.durable else _THROWAWAY_OPTIONS)
        options |= {"port": str(self.port), "unix_socket_directories": str(self.socket_dir)}
        arguments = [f"--{name}={value}" for name, value in options.items()]
        return Child(
            name="postgres",
            argv=(str(self.bin / "postgres"), "-D", str(self.data), *arguments),
            health=self.superuser_url,
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stop_signal=signal.SIGINT,
            account=self.account,
        )


def open_cluster(settings: Settings, *, durable: bool = True) -> Cluster:
    """The cluster recorded in the state directory, made where there is none.

    ``durable=False`` trades safety on a power cut for speed. Raises PostgresError if the
    data directory is in use, ``InstallationError`` if no Postgres fits it.
    """
    state_dir = open_state_dir(settings.state_dir)
    account = unprivileged_account()
    record = read_json(state_dir / _RECORD) or _new_record(state_dir, account)
    # A record of an earlier version lacks the roles that are new since.
    record["passwords"] = _draw_passwords() | record["passwords"]
    root = Path(record["root"])
    major = _data_major(root / "data")
    installation = choose_installation(settings, major)
    cluster = Cluster(
        root=root,
        bin=make_reachable(installation, account, root),
        port=_usable_port(record["port"]),
        passwords=Passwords(**record["passwords"]),
        socket_dir=Path(record["socket_dir"]),
        account=account,
        durable=durable,
    )
    write_json(state_dir / _RECORD, record | {"port": cluster.port})
    if major is None:
        _initialise(cluster)
    else:
        refuse_if_running(cluster)
    return cluster


def remove_cluster(state_dir: Path) -> None:
    """Delete the recorded data, wherever it lives; raises PostgresError if it runs."""
    record = read_json(state_dir / _RECORD)
    if record is None:
        return
    root, socket_dir = Path(record["root"]), Path(record["socket_dir"])
    if (pid := _running_pid(root / "data")) is not None:
        raise PostgresError(
            f"Postgres (process {pid}) still runs on {root}: stop `make demo` first."
        )
    for directory in (root, socket_dir):
        shutil.rmtree(directory, ignore_errors=True)
    (state_dir / _RECORD).unlink()


def refuse_if_running(cluster: Cluster) -> None:
    """Raise PostgresError if a server runs on the data; clear what a crash left.

    A process id in ``postmaster.pid`` may since belong to another program, and then Postgres
    would not start. Whether its socket answers tells the two apart.
    """
    if (pid := _running_pid(cluster.data)) is not None:
        raise PostgresError(f"Postgres already runs on {cluster.data} (process {pid}).")
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
    for leftover in cluster.socket_dir.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)


def _new_record(state_dir: Path, account: Account | None) -> dict[str, Any]:
    if account is None:
        root = open_state_dir(state_dir.resolve() / "postgres")
    else:
        sweep(_RECORD, _running_on)
        root = make_shared_root(state_dir, account, _running_on)
    record = {
        "root": str(root),
        "socket_dir": str(_make_socket_dir(root, account)),
        "port": free_port(),
        "passwords": _draw_passwords(),
    }
    write_json(state_dir / _RECORD, record)
    if account is not None:
        claim(root, state_dir)
    return record


def _draw_passwords() -> dict[str, str]:
    return {role: secrets.token_urlsafe(24) for role in _PASSWORDS}


def _make_socket_dir(root: Path, account: Account | None) -> Path:
    socket_dir = root / "socket"
    if len(os.fsencode(socket_dir / _SOCKET_NAME)) < _SOCKET_PATH_BYTES:
        socket_dir.mkdir(mode=0o700, exist_ok=True)
    else:
        socket_dir = Path(tempfile.mkdtemp(prefix="llm-observe-", dir="/tmp"))
    _hand_over(socket_dir, account)
    return socket_dir


def _initialise(cluster: Cluster) -> None:
    """Run initdb beside the final place and move it there, so that a crash leaves no half."""
    unfinished = cluster.root / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    _hand_over(unfinished, cluster.account)
    descriptor, name = tempfile.mkstemp(dir=cluster.root)
    password_file = Path(name)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(cluster.passwords.superuser)
        _hand_over(password_file, cluster.account)
        # Nothing here outlives a power cut that could not be made again: no fsync.
        arguments = ["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256"]
        arguments += [f"--username={SUPERUSER}", f"--pwfile={password_file}", f"-D{unfinished}"]
        result = run_as(cluster.account, [str(cluster.bin / "initdb"), *arguments])
    finally:
        password_file.unlink()
    if result.returncode != 0:
        raise PostgresError(
            f"initdb failed with code {result.returncode}:\n{result.stderr.strip()}"
        )
    unfinished.rename(cluster.data)


def _hand_over(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _usable_port(recorded: int) -> int:
    return recorded if is_port_free(recorded) else free_port()


def _data_major(data: Path) -> int | None:
    try:
        return int((data / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def _running_on(root: Path) -> int | None:
    return _running_pid(root / "data")


def _running_pid(data: Path) -> int | None:
    """The process id of the server on ``data``, ``None`` if its socket does not answer.

    Lines of postmaster.pid: 1 process, 4 port, 5 socket directory (Postgres' pidfile.h).
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 5:  # noqa: PLR2004  # a crash in the middle of writing it
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, suppress(OSError):
        probe.connect(f"{lines[4]}/.s.PGSQL.{lines[3]}")
        return int(lines[0])
    return None
