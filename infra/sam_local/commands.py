"""The command lines of `sam local`, with all that a function in a container needs."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.local.aws.template import Function, read_all_functions
from infra.local.settings import REPOSITORY
from infra.sam_local.environment import HOST, SamLocalError

_EVENTS: Final = Path("tests") / "functions" / "events"


@dataclass(frozen=True, slots=True)
class Commands:
    """The parts that every command shares: program, build, settings and processor."""

    sam: Path
    built: Path
    environment: Path
    arch: str

    def invoke(self, function: Function) -> str:
        """One call of a function, with its event file."""
        event = REPOSITORY / _EVENTS / f"{'_'.join(function.path)}.json"
        return self._join("invoke", function.name, "--event", event, *self._options())

    def start_api(self, port: int = 3001) -> str:
        """The API by a container for each function."""
        return self._join("start-api", "--port", port, *self._options())

    def _options(self) -> Sequence[str | Path]:
        return (
            *("--template", self.built / "template.yaml"),
            *("--env-vars", self.environment),
            # Else SAM takes the template's processor, whatever was built.
            *("--parameter-overrides", f"Arch={self.arch}"),
            # `--docker-network host` leaves the container on the bridge, where 127.0.0.1 is itself.
            *("--add-host", f"{HOST}:host-gateway"),
        )

    def _join(self, *words: str | int | Path) -> str:
        return shlex.join([_shorten(self.sam), "local", *map(_shorten, words)])


def find_function(name: str) -> Function:
    """Give the function of template.yaml by its logical id; SamLocalError names all there are."""
    functions = {each.name: each for each in read_all_functions(REPOSITORY / "template.yaml")}
    if name not in functions:
        raise SamLocalError(f"There is no {name}. Name one of: {', '.join(sorted(functions))}.")
    return functions[name]


def _shorten(word: str | int | Path) -> str:
    """Give a path as it is written from the repository, where the commands are run."""
    if isinstance(word, Path) and word.is_relative_to(REPOSITORY):
        return os.fspath(word.relative_to(REPOSITORY))
    return str(word)
