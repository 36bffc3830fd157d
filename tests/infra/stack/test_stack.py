"""The supervisor behind ``make demo``, run as a user runs it, with all its real children."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from infra.local.ports import free_port, is_port_free
from infra.local.settings import REPOSITORY, Settings
from infra.local.stack import LOCK_FILE
from infra.local.state import is_locked
from tests.infra.stack.demo import PORTS, Demo, make_environment
from tests.infra.stack.waiting import wait_until

SERVICES = {"postgres", "data_api", "offline_openai", "api", "ui"}


@pytest.fixture(scope="module")
def environment(settings: Settings) -> dict[str, str]:
    """The environment of a demo without OpenAI, without a given database, on ports of its own."""
    return make_environment(settings)


@pytest.fixture(scope="module")
def demo(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that has been started once, and is ended and cleared after the module."""
    state_dir = tmp_path_factory.mktemp("demo") / "state"
    demo = Demo(state_dir, environment | {"LLM_OBSERVE_STATE_DIR": str(state_dir)})
    demo.start()
    yield demo
    if demo.process is not None and demo.process.poll() is None:
        demo.end()
    assert demo.run("reset").returncode == 0


@pytest.fixture
def running(demo: Demo) -> Demo:
    """The demo, started again if a test ended it."""
    if demo.process is None or demo.process.poll() is not None:
        demo.start()
    return demo


@pytest.fixture
def stopped(demo: Demo) -> Demo:
    """The demo with its data, but not running."""
    if demo.process is not None and demo.process.poll() is None:
        demo.end()
    return demo


def test_stack_file_leads_everywhere(running: Demo) -> None:
    """stack.json holds working URLs and living processes, for the owner's eyes only."""
    stack = running.stack
    assert set(stack) == {
        "api_url", "ui_url", "data_api_url", "database_url", "publishable_key", "pids",
        "offline_openai_port", "listen",
    }  # fmt: skip
    assert stat.S_IMODE((running.state_dir / "stack.json").stat().st_mode) == 0o600
    assert set(stack["pids"]) == SERVICES | {"supervisor"}
    for pid in stack["pids"].values():
        os.kill(pid, 0)
    assert httpx.get(f"{stack['api_url']}/health").json()["status"] == "ok"
    assert httpx.get(stack["ui_url"], follow_redirects=True).status_code == 200
    with psycopg.connect(stack["database_url"]) as connection:
        assert connection.execute("select current_user").fetchone() == ("postgres",)


def test_output_tells_steps_and_addresses(running: Demo) -> None:
    """Each step stands there with its time, then one block with what a newcomer needs."""
    for name in ("postgres", "migrations", "prices", "data_api", "api", "ui"):
        assert any(
            line.split()[:1] == [name] and " s " in line for line in running.output.splitlines()
        ), name
    block = running.output.split("Ready in", 1)[1]
    for word in (
        running.stack["ui_url"],
        "sample",
        "tenant-123",
        "tenant-456",
        "Ctrl-C",
        "offline",
    ):
        assert word in block


def test_without_request_nothing_else_is_opened(running: Demo) -> None:
    """By default a second address of this machine reaches neither Data API nor model."""
    stack = running.stack
    for port in (httpx.URL(stack["data_api_url"]).port, stack["offline_openai_port"]):
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.2:{port}/")
    assert "Listening" not in running.output


def test_output_and_logs_hold_no_secret(running: Demo) -> None:
    """Neither what is printed nor any log holds a key or the database's password."""
    password = running.stack["database_url"].split("@")[0].rsplit(":", 1)[1]
    signing_key = json.loads((running.state_dir / "signing_key.json").read_text())["d"]
    texts = [path.read_text() for path in (running.state_dir / "logs").iterdir()]
    for text in [running.output, *texts]:
        assert password not in text
        assert signing_key not in text
        assert running.stack["publishable_key"] not in text


def test_files_are_the_owners_alone(running: Demo) -> None:
    """Logs, keys, locks, the database: nobody else on the machine may read any of it."""
    logs = list((running.state_dir / "logs").glob("*.log"))
    files = list(running.state_dir.rglob("*"))

    assert {log.stem for log in logs} >= {"api", "data_api", "postgres"}
    assert [str(path) for path in files if _is_open_to_others(path)] == []


def _is_open_to_others(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
        return stat.S_ISREG(mode) and bool(mode & 0o077)
    except FileNotFoundError:  # Postgres' files come and go.
        return False


def test_second_start_beside_the_first_is_refused(running: Demo) -> None:
    """Two at once in one clone: the second says which process has it, and the first goes on."""
    second = running.run("up")
    assert second.returncode == 1
    assert f"running already (process {running.stack['pids']['supervisor']})" in second.stderr
    assert httpx.get(f"{running.stack['api_url']}/health").status_code == 200


def test_reset_of_a_running_demo_is_refused(running: Demo) -> None:
    """The data of a running demo cannot be cleared under it."""
    reset = running.run("reset")
    assert reset.returncode == 1
    assert "running already" in reset.stderr


def test_psql_opens_the_database(running: Demo) -> None:
    """Make psql reaches the running database as its owner."""
    psql = running.run("psql", "--", "-Atc", "select current_user")
    assert psql.stdout.strip() == "postgres", psql.stderr


def test_psql_without_a_stack_is_explained(stopped: Demo) -> None:
    """Make psql without a demo says how to start one."""
    psql = stopped.run("psql")
    assert psql.returncode == 1
    assert "make demo" in psql.stderr


@pytest.mark.parametrize("name", ["api", "postgres"])
def test_child_that_ends_is_started_again(running: Demo, name: str) -> None:
    """A killed child comes back by itself, and stack.json names the new process."""
    before = running.stack["pids"][name]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: running.stack["pids"][name] != before)
    health = f"{running.stack['api_url']}/health"

    def is_well() -> bool:
        try:
            return httpx.get(health).status_code == 200
        except httpx.TransportError:
            return False

    wait_until(is_well)
    assert f"Starting {name} again" in running.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_stops_everything(running: Demo, number: signal.Signals) -> None:
    """Each polite signal ends all processes, frees the ports and removes stack.json."""
    assert running.end(number) == 0, running.output
    assert running.processes() == []
    assert not (running.state_dir / "stack.json").exists()
    for variable in PORTS:
        assert is_port_free(int(running.environment[variable]))


def test_killed_supervisor_leaves_no_orphan(running: Demo) -> None:
    """After SIGKILL of the supervisor every child ends by itself, and the next start works."""
    running.end(signal.SIGKILL)
    wait_until(lambda: running.processes() == [])
    running.start()
    assert "applied" not in running.output


def test_demo_ends_with_the_make_that_started_it(stopped: Demo) -> None:
    """When make is killed outright, the demo does not stay behind."""
    wait = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    stopped.start(prefix=(sys.executable, "-c", wait))
    stopped.end(signal.SIGKILL)
    wait_until(lambda: stopped.processes() == [])
    wait_until(lambda: not (stopped.state_dir / "stack.json").exists())
    # The supervisor is the last to go, and holds the lock until then.
    wait_until(lambda: not is_locked(stopped.state_dir / LOCK_FILE))


def test_the_dashboard_can_be_left_out(stopped: Demo) -> None:
    """``--without-ui`` starts the rest, takes no port for the dashboard and says so."""
    stopped.start("--without-ui")
    assert set(stopped.stack["pids"]) == SERVICES - {"ui"} | {"supervisor"}
    assert stopped.stack["ui_url"] is None
    assert "Dashboard   not started" in stopped.output
    assert is_port_free(int(stopped.environment["UI_PORT"]))
    assert httpx.get(f"{stopped.stack['api_url']}/health").status_code == 200
    assert stopped.end() == 0


def test_another_address_is_listened_on_on_request(stopped: Demo) -> None:
    """``--listen`` opens the Data API and the offline model there, nothing else, with a warning."""
    stopped.start("--without-ui", "--listen", "127.0.0.2")
    stack = stopped.stack
    data_api = f"http://127.0.0.2:{httpx.URL(stack['data_api_url']).port}"
    model = f"http://127.0.0.2:{stack['offline_openai_port']}/v1/models"
    api = stack["api_url"].replace("127.0.0.1", "127.0.0.2")

    assert httpx.get(f"{data_api}/auth/v1/.well-known/jwks.json").status_code == 200
    assert httpx.get(f"{data_api}/rest/v1/spans").status_code == 401
    assert httpx.get(model).status_code == 200
    assert httpx.get(f"{stack['api_url']}/health").json()["status"] == "ok"
    with pytest.raises(httpx.ConnectError):
        httpx.get(api)
    assert "127.0.0.2, too: whoever reaches that address" in stopped.output


@pytest.mark.parametrize("address", ["everywhere", "127.0.0.1:80", "::1"])
def test_an_address_is_one(stopped: Demo, address: str) -> None:
    """An address to listen on that is none is refused before anything starts."""
    refused = stopped.run("up", "--listen", address)

    assert refused.returncode == 2
    assert "--listen" in refused.stderr


def test_second_start_keeps_data(running: Demo) -> None:
    """Data outlives a restart, and nothing is made twice."""
    # The sample follows the clock; what was there stays as it was.
    query = (
        "select count(*), sum(cost_usd) from public.spans"
        " where tenant_id = 'sample' and start_time < %s"
    )
    until = (datetime.now(UTC) - timedelta(hours=2),)
    with psycopg.connect(running.stack["database_url"]) as connection:
        before = connection.execute(query, until).fetchone()
        connection.execute("insert into public.tenants (tenant_id) values ('tenant-kept')")
    running.end()
    running.start()
    with psycopg.connect(running.stack["database_url"]) as connection:
        assert connection.execute(query, until).fetchone() == before
        kept = "select count(*) from public.tenants where tenant_id = 'tenant-kept'"
        assert connection.execute(kept).fetchone() == (1,)


def test_failure_half_way_stops_what_was_started(running: Demo) -> None:
    """A start that fails after Postgres came up says why and leaves nothing running."""
    record = "supabase_migrations.schema_migrations"
    with psycopg.connect(running.stack["database_url"]) as connection:
        connection.execute(f"insert into {record} (version, name) values ('9', 'lost')".encode())
    running.end()
    failed = running.run("up")
    assert failed.returncode == 1
    assert "Migration 9_lost is applied" in failed.stderr
    assert running.processes() == []
    with_database_only = running.run("psql")
    assert with_database_only.returncode == 1
    _repair(running, f"delete from {record} where version = '9'")
    running.start()


def _repair(demo: Demo, statement: str) -> None:
    """Run ``statement`` on the stopped demo's data, as its owner."""
    code = (
        "import sys, psycopg\n"
        "from infra.local.children import Leashes\n"
        "from infra.local.postgres import open_cluster\n"
        "from infra.local.settings import read_settings\n"
        "settings = read_settings()\n"
        "cluster = open_cluster(settings)\n"
        "server = Leashes(settings.state_dir).start(cluster.child())\n"
        "server.wait_until_ready()\n"
        "with psycopg.connect(cluster.owner_url) as connection:\n"
        "    connection.execute(sys.argv[1].encode())\n"
        "server.stop()\n"
    )
    command = [sys.executable, "-c", code, statement]
    subprocess.run(command, check=True, cwd=REPOSITORY, env=demo.environment)


@pytest.mark.parametrize("variable", PORTS)
def test_taken_port_is_named_before_anything_starts(
    environment: dict[str, str], tmp_path: Path, variable: str
) -> None:
    """The error names the port and the variable that moves it, and not even initdb has run."""
    ports = {name: str(free_port()) for name in PORTS}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        ports[variable] = str(listener.getsockname()[1])
        place = {"LLM_OBSERVE_STATE_DIR": str(tmp_path / "state")}
        refused = Demo(tmp_path / "state", environment | ports | place).run("up")
    assert refused.returncode == 1
    assert f"Port {ports[variable]} is taken" in refused.stderr
    assert f"make demo {variable}=" in refused.stderr
    assert not (tmp_path / "state" / "postgres.json").exists()


def test_one_port_for_two_services_is_refused(environment: dict[str, str], tmp_path: Path) -> None:
    """Two variables with one port are named both."""
    port = str(free_port())
    change = {"API_PORT": port, "UI_PORT": port, "LLM_OBSERVE_STATE_DIR": str(tmp_path / "state")}
    refused = Demo(tmp_path / "state", environment | change).run("up")
    assert refused.returncode == 1
    assert f"UI_PORT and API_PORT are both {port}" in refused.stderr


@pytest.mark.parametrize("value", ["http", "-1", "0", "65536", "8000.5"])
def test_malformed_port_is_explained(
    environment: dict[str, str], tmp_path: Path, value: str
) -> None:
    """A variable that is no port is named with its value."""
    refused = Demo(tmp_path, environment | {"API_PORT": value}).run("up")
    assert refused.returncode == 1
    assert f"API_PORT must be a port, 1 to 65535, and is '{value}'" in refused.stderr


def test_reset_leaves_a_users_own_files(stopped: Demo) -> None:
    """Reset clears all that the stack made, wherever it lies, and nothing else."""
    own = stopped.state_dir / "notes.txt"
    own.write_text("mine")
    root = Path(json.loads((stopped.state_dir / "postgres.json").read_text())["root"])
    reset = stopped.run("reset")
    assert reset.returncode == 0, reset.stderr
    assert list(stopped.state_dir.iterdir()) == [own]
    assert not root.exists()
