"""``python -m infra.local <command>``: the doors behind make's targets."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address
from types import FrameType

from infra.local.account import AccountError
from infra.local.bootstrap import BootstrapError
from infra.local.children import ChildError
from infra.local.chromium import ChromiumError, find_or_install_chromium
from infra.local.installation import InstallationError
from infra.local.migrations import MigrationError
from infra.local.people import PeopleError
from infra.local.ports import PortError
from infra.local.postgres import PostgresError
from infra.local.report import Reporter
from infra.local.reset import reset_stack
from infra.local.settings import Settings, SettingsError, read_settings
from infra.local.shared_root import SharedRootError
from infra.local.shell import open_shell
from infra.local.stack import StackError, run_stack
from infra.local.state import StateError

_EXPECTED_ERRORS = (
    AccountError,
    BootstrapError,
    ChildError,
    ChromiumError,
    InstallationError,
    MigrationError,
    PeopleError,
    PortError,
    PostgresError,
    SettingsError,
    SharedRootError,
    StackError,
    StateError,
)


class Stopped(BaseException):
    """A signal asked the stack to stop."""


def main() -> int:
    """Run one command; an error that a user can meet is one message and exit code 1."""
    options = _parse()
    reporter = Reporter()
    command: Callable[[argparse.Namespace, Settings, Reporter], None] = options.run
    try:
        command(options, read_settings(), reporter)
    except _EXPECTED_ERRORS as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except Stopped:
        return 0
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local")
    commands = parser.add_subparsers(required=True)
    up = commands.add_parser("up", help="start the stack and keep it up")
    up.add_argument("--dev", action="store_true", help="reload what is edited")
    up.add_argument("--with-parent", action="store_true", help="stop when the caller is gone")
    up.add_argument("--without-ui", action="store_true", help="leave the dashboard out")
    up.add_argument("--login", action="store_true", help="run as deployed: people log in")
    up.add_argument(
        "--listen",
        type=_read_address,
        metavar="ADDRESS",
        help="Data API and offline model listen there, too, for containers (0.0.0.0: everywhere)",
    )
    up.set_defaults(run=_up)
    reset = commands.add_parser("reset", help="delete the stack's data and keys")
    reset.set_defaults(run=lambda _, settings, reporter: reset_stack(settings, reporter))
    psql = commands.add_parser("psql", help="open a shell on the running stack's database")
    psql.add_argument("arguments", nargs="*", help="for psql, after --")
    psql.set_defaults(run=lambda options, settings, _: open_shell(settings, options.arguments))
    chromium = commands.add_parser("chromium", help="find or install a browser, print its path")
    chromium.set_defaults(run=_chromium)
    return parser.parse_args()


def _read_address(text: str) -> str:
    """Give an IPv4 address as it is written; ValueError if it is none."""
    return str(IPv4Address(text))


def _up(options: argparse.Namespace, settings: Settings, reporter: Reporter) -> None:
    _stop_on_signals()
    run_stack(
        replace(settings, listen=options.listen),
        reporter,
        dev=options.dev,
        with_parent=options.with_parent,
        with_ui=not options.without_ui,
        login=options.login,
    )


def _chromium(_: argparse.Namespace, settings: Settings, reporter: Reporter) -> None:
    reporter.write(str(find_or_install_chromium(settings)))


def _stop_on_signals() -> None:
    """Turn the first signal into Stopped; later ones cannot interrupt the stopping.

    SIGHUP stays ignored where it was (nohup); SIGINT does not, since a script's ``&`` ignores it.
    """
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    for number in numbers:
        signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main())
