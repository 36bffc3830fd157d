"""The way back: the stack, the secrets and the parameters of an environment; never its database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from infra.deploy.deployment import SECRETS, Deployment, find_record
from infra.deploy.errors import DeployError
from infra.deploy.parameters import OPENAI_PART, STORED
from infra.deploy.preflight import check_account
from infra.deploy.questions import QUESTIONS
from infra.deploy.samconfig import remove_section
from infra.deploy.stack import DEPLOYED
from infra.local.aws.template import read_document
from infra.local.settings import REPOSITORY

REGION: Final = tuple(each for each in QUESTIONS if each.name == "region")
"""All that has to be known."""


def announce(deployment: Deployment) -> None:
    """Tell what is deleted, what stays, and what is not touched.

    Raises:
        DeployError: if the environment is in another account, where one of its name may be, too.
    """
    check_account(deployment)
    lines = [f"{deployment.environment}, account {deployment.cloud.account}, is deleted:"]
    resources = _list_resources(deployment)
    kept = _list_kept()
    staying = [each for each in resources if _stays(each, kept)]
    going = [each for each in resources if each not in staying]
    lines.append(f"  stack {deployment.stack_name}: {len(going)} resources, with their logs")
    lines += [f"  secret {name}, for good after 7 days" for name in _list_secrets(deployment)]
    lines += [f"  parameter {name}" for name in _list_parameters(deployment)]
    lines.append("These stay, with what is in them:")
    lines += [f"  {kind} {physical}" for _, kind, physical in staying]
    lines.append("  the database of the Supabase project, and the people who log in there")
    lines.append("  the dashboard at Vercel; uploads in the bucket of SAM CLI")
    deployment.tell("\n".join(lines))


def destroy(deployment: Deployment, confirmed: str) -> None:
    """Delete an environment whose name was given once more.

    Raises:
        DeployError: if it was not, or AWS refuses.
    """
    if confirmed != deployment.environment:
        raise DeployError(
            f"Nothing was deleted: {deployment.environment} was not typed once more. "
            f"Without a terminal: --confirm {deployment.environment}"
        )
    cloud = deployment.cloud
    if cloud.find_stack(deployment.stack_name) is not None:
        cloud.delete_stack(deployment.stack_name)
        deployment.tell(f"deleted stack {deployment.stack_name}")
    for name in _list_parameters(deployment):
        cloud.delete_parameter(name)
        deployment.tell(f"deleted parameter {name}")
    for name in _list_secrets(deployment):
        cloud.delete_secret(name)
        deployment.tell(f"deleted secret {name}")
    _forget(deployment)


def _forget(deployment: Deployment) -> None:
    find_record(deployment.environment, deployment.folder).unlink(missing_ok=True)
    path = deployment.folder / "samconfig.toml"
    if path.exists():
        path.write_text(remove_section(path.read_text(), deployment.environment))


def _list_resources(deployment: Deployment) -> list[tuple[str, str, str]]:
    if deployment.cloud.find_stack(deployment.stack_name) is None:
        return []
    return deployment.cloud.list_resources(deployment.stack_name)


def _list_kept() -> tuple[str, ...]:
    """Give the template's resources that a deleted stack leaves behind."""
    resources = read_document(REPOSITORY / "template.yaml")["Resources"]
    return tuple(name for name, each in resources.items() if _is_kept(each))


def _stays(resource: tuple[str, str, str], kept: tuple[str, ...]) -> bool:
    """Say whether a resource is one of those; SAM adds a digest to the name of a layer."""
    name, kind, _ = resource
    return name in kept or (kind == "AWS::Lambda::LayerVersion" and name.startswith(kept))


def _is_kept(resource: Mapping[str, Any]) -> bool:
    policies = (
        resource.get("DeletionPolicy"),
        resource.get("Properties", {}).get("RetentionPolicy"),
    )
    return "Retain" in policies


def _list_secrets(deployment: Deployment) -> list[str]:
    names = [deployment.name_secret(part) for part in (*SECRETS, OPENAI_PART)]
    found = {name: deployment.cloud.find_secret(name) for name in names}
    return [name for name, secret in found.items() if secret is not None and not secret.deleted]


def _list_parameters(deployment: Deployment) -> list[str]:
    names = [deployment.name_parameter(part) for part in (*STORED.values(), DEPLOYED)]
    return [name for name in names if deployment.cloud.read_parameter(name) is not None]
