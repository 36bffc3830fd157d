"""The supervisor behind ``make demo``: start everything in order, keep it up, stop it all."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from infra.local.caller import Caller
from infra.local.children import Child, ChildError, Leashes, RunningChild, stop_leftovers
from infra.local.database import StackDatabase, start_database
from infra.local.keys import StackKeys, load_keys
from infra.local.migrations import apply_migrations
from infra.local.people import Person, invite_people
from infra.local.ports import free_port, require_free_ports
from infra.local.prices import set_prices
from infra.local.ready import describe_ready
from infra.local.reload import Sources
from infra.local.report import Reporter
from infra.local.services import (
    api_child,
    auth_child,
    data_api_child,
    local_url,
    offline_openai_child,
    sample_child,
    ui_child,
)
from infra.local.settings import Settings
from infra.local.state import open_state_dir, read_json, take_lock, write_json

STACK_FILE = "stack.json"
LOCK_FILE = "stack.lock"
_WATCH_SECONDS = 0.5
_RESTART_SECONDS = 1.0
_MOST_RESTARTS = 5
_RESTART_WINDOW_SECONDS = 60.0


class StackError(RuntimeError):
    """The stack cannot start, or cannot go on."""


@dataclass(slots=True)
class Stack:
    """Everything that runs, in the order in which it was started."""

    settings: Settings
    reporter: Reporter
    leashes: Leashes
    keys: StackKeys
    dev: bool
    with_ui: bool
    offline_port: int | None
    auth_port: int | None = None
    """Where Auth listens; None: nobody logs in, and the API is in development mode."""
    people: list[Person] = field(default_factory=list)
    children: dict[str, RunningChild] = field(default_factory=dict)
    database: StackDatabase | None = None

    def _describe_login(self) -> dict[str, Any]:
        if not self.login:
            return {}
        people = [person.describe() for person in self.people]
        return {"secret_key": self.keys.secret_key, "login": people}

    @property
    def login(self) -> bool:
        """Whether callers have to say who they are, as on a deployed stack."""
        return self.auth_port is not None

    def start(self, *children: Child) -> None:
        """Start ``children`` side by side."""
        for child in children:
            self.children[child.name] = self.leashes.start(child)

    def stop(self) -> None:
        """Stop everything, what was started last first."""
        running = list(self.children.values())[::-1]
        for child in running:
            if child.child.name != "postgres":
                child.ask_to_stop()
        for child in running:
            child.stop()

    def write_stack_file(self) -> None:
        """Tell scripts where everything is (0600: it holds the database's password)."""
        if self.database is None:
            raise StackError("The stack has no database yet.")
        pids = {name: child.pid for name, child in self.children.items()}
        write_json(
            self.settings.state_dir / STACK_FILE,
            {
                "api_url": local_url(self.settings.api_port),
                "ui_url": local_url(self.settings.ui_port) if self.with_ui else None,
                "data_api_url": local_url(self.settings.data_api_port),
                "offline_openai_port": self.offline_port,
                "listen": self.settings.listen,
                "database_url": self.database.owner_url,
                "publishable_key": self.keys.publishable_key,
                **self._describe_login(),
                "pids": {"supervisor": os.getpid()} | pids,
            },
        )


@contextmanager
def hold_stack(settings: Settings) -> Iterator[None]:
    """Be the only one who starts, stops or clears this state directory's stack."""
    state_dir = open_state_dir(settings.state_dir)
    lock = take_lock(state_dir / LOCK_FILE)
    if lock is None:
        pids = (read_json(state_dir / STACK_FILE) or {}).get("pids", {})
        process = f" (process {pids['supervisor']})" if "supervisor" in pids else ""
        raise StackError(f"The stack of {state_dir} is running already{process}.")
    try:
        yield
    finally:
        os.close(lock)


def run_stack(
    settings: Settings,
    reporter: Reporter,
    *,
    dev: bool,
    with_parent: bool,
    with_ui: bool = True,
    login: bool = False,
) -> None:
    """Start the stack and keep it up until a signal arrives or, ``with_parent``, make is gone.

    With ``login`` it is as deployed: the API lets nobody in who does not say who calls.
    """
    caller = Caller.now() if with_parent else Caller()
    if login and settings.database_url is not None:
        raise StackError(
            "--login makes people in the stack's own Postgres: unset DATABASE_URL. "
            "A Supabase project has an Auth of its own; give the dashboard its SUPABASE_URL."
        )
    with hold_stack(settings):
        (settings.state_dir / STACK_FILE).unlink(missing_ok=True)
        for name in stop_leftovers(settings.state_dir):
            reporter.write(f"  stopped {name}, left over from an earlier run")
        require_free_ports(settings, with_ui=with_ui)
        stack = Stack(
            settings=settings,
            reporter=reporter,
            leashes=Leashes(settings.state_dir),
            keys=load_keys(settings.state_dir),
            dev=dev,
            with_ui=with_ui,
            offline_port=_offline_port(settings),
            auth_port=free_port() if login else None,
        )
        try:
            _start_all(stack)
            stack.write_stack_file()
            reporter.write(
                describe_ready(
                    settings,
                    reporter.seconds,
                    offline=stack.offline_port is not None,
                    with_ui=with_ui,
                    people=stack.people,
                )
            )
            _keep_up(stack, caller)
        finally:
            (settings.state_dir / STACK_FILE).unlink(missing_ok=True)
            stack.stop()
            reporter.write("Stopped.")


def _offline_port(settings: Settings) -> int | None:
    return None if settings.openai_key_given else settings.offline_openai_port or free_port()


def _start_all(stack: Stack) -> None:
    settings, step = stack.settings, stack.reporter.step
    with step("postgres") as note:
        stack.database = start_database(settings, stack.leashes)
        if stack.database.server is not None:
            stack.children["postgres"] = stack.database.server
        note.detail = stack.database.description
    with step("migrations") as note:
        applied = apply_migrations(stack.database.owner_url)
        note.detail = f"{len(applied)} applied" if applied else "up to date"
    with step("prices") as note:
        counts = set_prices(stack.database.owner_url)
        note.detail = f"{counts['added']:,} added, {counts['closed']:,} closed"
    _start_edge(stack, stack.database)
    if stack.offline_port is not None:
        stack.start(offline_openai_child(settings, stack.offline_port))
    # Started early: they boot while the sample data is made.
    stack.start(api_child(settings, stack.keys, stack.offline_port, jobs=True, login=stack.login))
    if stack.with_ui:
        keys = stack.keys if stack.login else None
        stack.start(ui_child(settings, dev=stack.dev, login=keys))
    _wait(stack, "data_api")
    _load_sample(stack, stack.database)
    if stack.auth_port is not None:
        _invite(stack, stack.database, stack.auth_port)
    for name in stack.children:
        if name not in {"postgres", "data_api"}:
            _wait(stack, name)


def _start_edge(stack: Stack, database: StackDatabase) -> None:
    """Start the two that share the project's URL: the Data API and, where asked for, Auth."""
    settings, keys, port = stack.settings, stack.keys, stack.settings.data_api_port
    if stack.auth_port is not None and database.auth_admin_url is not None:
        dsn, base_url = database.auth_admin_url, local_url(port)
        stack.start(auth_child(settings, keys, dsn, port=stack.auth_port, base_url=base_url))
    stack.start(data_api_child(settings, keys, database.authenticator_url, port, stack.auth_port))


def _invite(stack: Stack, database: StackDatabase, auth_port: int) -> None:
    """Make the people of tenant ``sample``, as soon as Auth answers."""
    stack.children["auth"].wait_until_ready()
    with stack.reporter.step("people") as note:
        state_dir, secret = stack.settings.state_dir, stack.keys.secret_key
        auth_url = local_url(auth_port)
        stack.people = invite_people(state_dir, auth_url, secret, database.owner_url)
        note.detail = ", ".join(person.email for person in stack.people)


def _wait(stack: Stack, name: str) -> None:
    with stack.reporter.step(name) as note:
        stack.children[name].wait_until_ready()
        note.detail = stack.children[name].child.health


def _load_sample(stack: Stack, database: StackDatabase) -> None:
    """Bring tenant ``sample`` up to now: the whole week at first, later the hours it lacks."""
    child = sample_child(stack.settings, stack.keys, stack.offline_port, database.owner_url)
    with stack.reporter.step("sample data") as note:
        stack.leashes.start(child).wait_until_done()
        note.detail = "a week of generated traffic for tenant sample"


def _keep_up(stack: Stack, caller: Caller) -> None:
    """Start again what ends; give up on what keeps ending."""
    restarts: dict[str, list[float]] = {}
    sources = Sources() if stack.dev else None
    while caller.is_there():
        time.sleep(_WATCH_SECONDS)
        if sources is not None and (changed := sources.changed()):
            ours = [name for name in ("auth", "data_api", "api") if name in stack.children]
            stack.reporter.write(f"  {changed} changed: starting {' and '.join(ours)} again")
            for service in ours:
                stack.children[service].stop()
                stack.start(stack.children[service].child)
            stack.write_stack_file()
        for name, running in stack.children.items():
            if running.exit_code is not None:
                _start_again(stack, name, restarts.setdefault(name, []))


def _start_again(stack: Stack, name: str, restarts: list[float]) -> None:
    running = stack.children[name]
    event = running.describe(f"ended with code {running.exit_code}")
    now = time.monotonic()
    restarts[:] = [*(one for one in restarts if now - one < _RESTART_WINDOW_SECONDS), now]
    if len(restarts) > _MOST_RESTARTS:
        raise ChildError(f"{event}\nIt keeps ending, so the stack stops.")
    stack.reporter.write(f"{event}\nStarting {name} again.")
    running.stop()
    time.sleep(_RESTART_SECONDS)
    stack.start(running.child)
    stack.write_stack_file()
