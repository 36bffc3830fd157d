"""``python -m infra.deploy ENVIRONMENT``: deploy it; ``--plan`` says what would be done.

``--destroy`` deletes it. Exit codes: 0 done, 1 a step failed, 2 the command was not understood.
"""

from __future__ import annotations

import argparse
import getpass
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from infra.deploy.deployment import Deployment, read_record
from infra.deploy.destruction import REGION, announce, destroy
from infra.deploy.errors import DeployError
from infra.deploy.path import STEPS
from infra.deploy.questions import QUESTIONS, Question, Sources, answer, describe
from infra.deploy.steps import plan, run
from infra.local.settings import REPOSITORY, read_settings

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
"""As the parameter Environment of template.yaml has it."""
_FAILED: Final = 1
_NOT_BEGUN: Final = 2
_GOES_ON: Final = "The same command goes on from here."


def main(arguments: list[str] | None = None) -> int:
    """Run the command; an error that a user can meet is told without a traceback."""
    options = _parse(arguments)
    try:
        deployment = _prepare(options)
    except DeployError as error:
        return _fail(str(error), _NOT_BEGUN)
    except (KeyboardInterrupt, EOFError):
        return _fail("Stopped before anything was done.", _NOT_BEGUN)
    try:
        _do(options, deployment)
    except DeployError as error:
        return _fail(str(error) if options.plan else f"{error}\n{_GOES_ON}", _FAILED)
    except KeyboardInterrupt:
        return _fail(f"Stopped. {_GOES_ON}", _FAILED)
    return 0


def _do(options: argparse.Namespace, deployment: Deployment) -> None:
    if options.destroy:
        announce(deployment)
        destroy(deployment, options.confirm or _ask_for_name())
    elif options.plan:
        plan(STEPS, deployment)
    else:
        run(STEPS, deployment)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make deploy ENV=…", description="docs/deploy.md has the whole path."
    )
    parser.add_argument("environment", type=_read_name, help="its name, such as staging")
    parser.add_argument("--plan", action="store_true", help="say what would be done, do nothing")
    parser.add_argument("--yes", action="store_true", help="ask nothing; what is missing fails")
    parser.add_argument("--wait", type=float, default=0, metavar="MINUTES", help="for the key")
    parser.add_argument(
        "--set", action="append", default=[], type=_read_pair, metavar="NAME=VALUE", dest="given"
    )
    parser.add_argument(
        "--folder", type=Path, default=REPOSITORY, help="where it is written; default: here"
    )
    parser.add_argument("--destroy", action="store_true", help="delete the environment")
    parser.add_argument("--confirm", metavar="NAME", help="its name again, to delete it unasked")
    return parser.parse_args(arguments)


def _read_name(text: str) -> str:
    if _NAME.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("an environment is a word such as staging: ENV=staging")
    return text


def _read_pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError("--set takes NAME=VALUE")
    return name, value


def _prepare(options: argparse.Namespace) -> Deployment:
    variables = read_settings().environment
    sources = Sources(
        dict(options.given),
        variables,
        _read_document(options.folder / "deploy" / f"{options.environment}.toml"),
        read_record(options.environment, options.folder).get("answers", {}),
    )
    asked = sys.stdin.isatty() and not options.yes
    questions = REGION if options.destroy else QUESTIONS
    answers = answer(sources, _ask if asked else None, questions)
    folder, minutes = options.folder.absolute(), options.wait
    return Deployment(options.environment, answers, variables, folder, minutes)


def _read_document(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeployError(f"{path} is not TOML: {error}") from error


def _ask(question: Question) -> str:
    sys.stdout.write(f"{describe(question)}\n")
    prompt = f"{question.name}: "
    return getpass.getpass(prompt) if question.secret else input(prompt)


def _ask_for_name() -> str:
    return input("Its name, to delete it: ") if sys.stdin.isatty() else ""


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"{message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
