"""The template's parameters: a deployment gives some itself, the others may be chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from infra.deploy.deployment import Deployment
from infra.deploy.errors import DeployError
from infra.local.aws.template import read_document

SECRETS: Final = {
    "SigningKeySecretArn": "signing-key",
    "DigestKeySecretArn": "digest-key",
    "KeyPepperSecretArn": "key-pepper",
}
"""The secret whose ARN each of these is."""
STORED: Final = {
    "SupabaseUrl": "supabase-url",
    "SupabasePublishableKey": "supabase-publishable-key",
}
"""The SSM parameter whose name each of these is."""
OPENAI: Final = "OpenAiKeySecretArn"
OPENAI_PART: Final = "openai-api-key"
OWN: Final = frozenset({*SECRETS, *STORED, "Environment"})
"""The parameters that a deployment gives itself."""


@cache
def read_parameters(template: Path) -> Mapping[str, Mapping[str, Any]]:
    """Read the declarations of template.yaml."""
    declared: Mapping[str, Mapping[str, Any]] = read_document(template)["Parameters"]
    return declared


def check_chosen(chosen: Mapping[str, str], template: Path) -> None:
    """Hold what was chosen against the template, before anything is touched.

    Raises:
        DeployError: if a name is unknown or not to be chosen, or a value not allowed.
    """
    declared = read_parameters(template)
    for name, value in chosen.items():
        if name not in declared:
            raise DeployError(f"template.yaml has no parameter {name}.")
        if name in OWN:
            raise DeployError(f"{name} is set by the deployment itself.")
        if not _allows(declared[name], value):
            meaning = declared[name].get("Description", "")
            raise DeployError(f"{name} cannot be {value!r}. {meaning}".rstrip())


def write_parameters(deployment: Deployment) -> dict[str, str]:
    """Give the values of a deployment: its own, and what was chosen.

    Raises:
        DeployError: if a secret is not there yet.
    """
    own = {"Environment": deployment.environment}
    own |= {name: deployment.name_parameter(part) for name, part in STORED.items()}
    own |= {name: _find_arn(deployment, part) for name, part in SECRETS.items()}
    chosen = dict(deployment.answers.parameters)
    if wants_demo(chosen) and OPENAI not in chosen:
        own[OPENAI] = _find_arn(deployment, OPENAI_PART)
    return own | chosen


def wants_demo(chosen: Mapping[str, str]) -> bool:
    """Say whether the endpoints are wanted that spend the money of OpenAI's key."""
    return chosen.get("EnableDemo") == "true"


def _find_arn(deployment: Deployment, part: str) -> str:
    name = deployment.name_secret(part)
    secret = deployment.cloud.find_secret(name)
    if secret is None or secret.deleted:
        raise DeployError(f"Secrets Manager has no {name}.")
    return secret.arn


def _allows(declaration: Mapping[str, Any], value: str) -> bool:
    allowed = declaration.get("AllowedValues")
    if allowed is not None and value not in map(str, allowed):
        return False
    if declaration["Type"] == "Number":
        return _is_between(declaration, value)
    return re.fullmatch(str(declaration.get("AllowedPattern", ".*")), value) is not None


def _is_between(declaration: Mapping[str, Any], value: str) -> bool:
    if not re.fullmatch(r"\d{1,9}", value):
        return False
    low, high = declaration.get("MinValue", 0), declaration.get("MaxValue", float("inf"))
    return bool(low <= int(value) <= high)
