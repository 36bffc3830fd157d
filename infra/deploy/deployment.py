"""A deployment by its name: where its parts are, and what is known of it between two runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from infra.deploy.cloud import Cloud
from infra.deploy.errors import DeployError
from infra.deploy.questions import Answers
from infra.local.settings import REPOSITORY
from infra.local.state import StateError, open_state_dir, read_json, write_json

SECRETS: Final = {
    "signing-key": "SUPABASE_JWT_SIGNING_KEY",
    "digest-key": "LLM_OBSERVE_DIGEST_KEY",
    "key-pepper": "LLM_OBSERVE_KEY_PEPPER",
}
"""The three secrets of docs/security.md, by the last part of their names."""


@dataclass(frozen=True)
class Deployment:
    """One environment of one account."""

    environment: str
    answers: Answers
    variables: Mapping[str, str] = field(repr=False)
    """The environment of the process, which the tools inherit."""
    folder: Path = REPOSITORY
    """The place of all that is written: the record, samconfig.toml, the build."""
    minutes: float = 0.0
    """How long a step may wait for somebody to do something by hand."""

    @cached_property
    def cloud(self) -> Cloud:
        """Give the account at AWS."""
        return Cloud(self.answers["region"])

    @property
    def stack_name(self) -> str:
        """Give the name of the stack, of its logs and of its uploads."""
        return f"llm-observe-{self.environment}"

    def name_secret(self, part: str) -> str:
        """Give a secret's name."""
        return f"llm-observe/{self.environment}/{part}"

    def name_parameter(self, part: str) -> str:
        """Give an SSM parameter's name."""
        return f"/llm-observe/{self.environment}/{part}"

    def tell(self, line: str) -> None:
        """Write a line for whoever runs the command."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def keep(self) -> None:
        """Keep the answers that are no secrets for the next run."""
        path = find_record(self.environment, self.folder)
        open_state_dir(path.parent)
        write_json(path, {"answers": self.answers.list_open(), "account": self.cloud.account})

    def read_secrets(self) -> dict[str, str]:
        """Read the three secrets into memory, each under its variable.

        Raises:
            DeployError: if one is not there.
        """
        found = {name: self.cloud.read_secret(self.name_secret(name)) for name in SECRETS}
        if missing := [self.name_secret(name) for name, value in found.items() if value is None]:
            raise DeployError(f"Secrets Manager has no {', '.join(missing)}.")
        return {SECRETS[name]: str(value) for name, value in found.items()}

    def make_project_variables(self) -> dict[str, str]:
        """Give what `make access` and `make doctor` read to reach this project."""
        return {
            "SUPABASE_URL": self.answers["supabase_url"],
            "SUPABASE_PUBLISHABLE_KEY": self.answers["supabase_publishable_key"],
        } | self.read_secrets()


def find_record(environment: str, folder: Path = REPOSITORY) -> Path:
    """Give the file that keeps what is known of an environment."""
    return folder / ".deploy" / f"{environment}.json"


def read_record(environment: str, folder: Path = REPOSITORY) -> dict[str, Any]:
    """Read what an earlier run kept; nothing if there was none.

    Raises:
        DeployError: if the file is broken.
    """
    path = find_record(environment, folder)
    broken = DeployError(f"{path} is broken: delete it, the next run asks again.")
    try:
        record = read_json(path) or {}
    except StateError as error:
        raise broken from error
    if not isinstance(record.get("answers", {}), dict):
        raise broken
    return record
