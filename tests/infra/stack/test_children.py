"""Processes on their leash: they start, answer, stop, and never outlive who started them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.children import Child, ChildError, Leashes, RunningChild, stop_leftovers
from infra.local.ports import free_port, is_port_free
from infra.local.settings import REPOSITORY
from tests.infra.stack.waiting import wait_until

# A parent that starts a grandchild and serves; both ignore the polite signal when told to.
SERVE = """
import http.server, os, signal, subprocess, sys
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[2], "w").write(str(grandchild.pid))
http.server.HTTPServer(
    ("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler
).serve_forever()
"""

# A supervisor that starts one child and then waits, to be killed.
SUPERVISE = """
import sys, time
from pathlib import Path
from infra.local.children import Child, Leashes
argv = tuple(sys.argv[3:])
running = Leashes(Path(sys.argv[1])).start(Child("server", argv, sys.argv[2]))
running.wait_until_ready()
print(running.process.pid, running.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def leashes(tmp_path: Path) -> Iterator[Leashes]:
    """Leashes of a state directory of their own."""
    leashes = Leashes(tmp_path / "state")
    yield leashes
    leashes.close()


def _server(tmp_path: Path, *words: str) -> Child:
    port = free_port()
    argv = (sys.executable, "-c", SERVE, str(port), str(tmp_path / "grandchild"), *words)
    return Child("server", argv, f"http://127.0.0.1:{port}/")


def _grandchild(tmp_path: Path) -> int:
    return int((tmp_path / "grandchild").read_text())


def _is_alive(pid: int) -> bool:
    """Whether ``pid`` runs; a zombie that nobody has reaped yet does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True, text=True
    )
    return state.stdout.strip()[:1] not in {"", "Z"}


def _start_supervised(tmp_path: Path, child: Child) -> tuple[subprocess.Popen[str], int, int]:
    command = [sys.executable, "-c", SUPERVISE, str(tmp_path / "state"), child.health, *child.argv]
    supervisor = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    leash, pid = map(int, supervisor.stdout.readline().split())
    supervisor.stdout.close()
    return supervisor, leash, pid


def test_stop_ends_the_whole_family(leashes: Leashes, tmp_path: Path) -> None:
    """Stopping a child stops what the child started too."""
    running = leashes.start(_server(tmp_path))
    running.wait_until_ready()
    pids = [running.process.pid, running.pid, _grandchild(tmp_path)]
    assert len(set(pids)) == 3
    running.stop()
    wait_until(lambda: not any(map(_is_alive, pids)))


def test_stop_kills_what_will_not_listen(leashes: Leashes, tmp_path: Path) -> None:
    """A child that ignores the stop signal is killed after the grace period."""
    running = leashes.start(_server(tmp_path, "stubborn"))
    running.wait_until_ready()
    pid = running.pid
    running.stop(seconds=0.2)
    wait_until(lambda: not _is_alive(pid) and not _is_alive(_grandchild(tmp_path)))


def test_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    """SIGKILL of the supervisor, which can run no code of its own, still ends every process."""
    supervisor, leash, pid = _start_supervised(tmp_path, _server(tmp_path))
    family = [leash, pid, _grandchild(tmp_path)]
    assert all(map(_is_alive, family))
    supervisor.kill()
    supervisor.wait()
    wait_until(lambda: not any(map(_is_alive, family)))


def test_leftover_is_stopped_at_the_next_start(tmp_path: Path) -> None:
    """When supervisor and leash are both killed, the next start finds the child by its lock."""
    child = _server(tmp_path)
    supervisor, leash, pid = _start_supervised(tmp_path, child)
    os.kill(leash, signal.SIGKILL)
    supervisor.kill()
    supervisor.wait()
    assert _is_alive(pid)
    assert stop_leftovers(tmp_path / "state") == ["server"]
    assert not _is_alive(pid)
    assert is_port_free(int(child.argv[3]))
    assert stop_leftovers(tmp_path / "state") == []


def test_process_id_in_an_unheld_lock_is_left_alone(leashes: Leashes, tmp_path: Path) -> None:
    """A recorded process id that belongs to somebody else by now is not signalled."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        record = f'{{"group": {stranger.pid}, "pid": {stranger.pid}, "stop": 9}}'
        (tmp_path / "state" / "run" / "server.lock").write_text(record)
        assert stop_leftovers(tmp_path / "state") == []
        assert stranger.poll() is None


def test_second_start_of_a_running_child_is_refused(leashes: Leashes, tmp_path: Path) -> None:
    """One name runs once per state directory; the message says that it runs."""
    first = leashes.start(_server(tmp_path))
    first.wait_until_ready()
    second = leashes.start(_server(tmp_path))
    assert second.process.wait() == 75
    assert "running already" in second.log.read_text()
    first.stop()


def test_early_end_shows_the_log(leashes: Leashes) -> None:
    """A child that ends before it answers is an error with its exit code and last words."""
    argv = (sys.executable, "-c", "import sys; sys.exit('the reason')")
    running = leashes.start(Child("broken", argv, f"http://127.0.0.1:{free_port()}/"))
    with pytest.raises(
        ChildError, match=r"broken ended with code 1.*broken\.log:\n  \| the reason"
    ):
        running.wait_until_ready()


def test_silence_has_a_time_limit(leashes: Leashes) -> None:
    """A child that runs but never answers is an error that names the limit."""
    argv = (sys.executable, "-c", "import time; time.sleep(600)")
    url = f"http://127.0.0.1:{free_port()}/"
    running = leashes.start(Child("mute", argv, url, start_seconds=0.3))
    with pytest.raises(ChildError, match="mute did not answer within 0 s"):
        running.wait_until_ready()
    running.stop()


def test_lock_of_a_command_is_free_after_it(leashes: Leashes, tmp_path: Path) -> None:
    """A child that does its work and ends leaves nothing held, and its failure is an error."""
    leashes.start(Child("task", (sys.executable, "-c", "pass"), "")).wait_until_done()
    assert stop_leftovers(tmp_path / "state") == []
    failing: RunningChild = leashes.start(Child("task", (sys.executable, "-c", "1/0"), ""))
    with pytest.raises(ChildError, match="ZeroDivisionError"):
        failing.wait_until_done()


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_port_is_taken_on_either_loopback(family: socket.AddressFamily) -> None:
    """A listener on ::1 takes the port as much as one on 127.0.0.1: localhost leads to both."""
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        listener.listen()
        assert not is_port_free(listener.getsockname()[1])
