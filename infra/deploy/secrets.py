"""The secrets of an environment: drawn once, stored in Secrets Manager, shown nowhere."""

from __future__ import annotations

from infra.access.drawing import draw_secret
from infra.deploy.deployment import SECRETS, Deployment
from infra.deploy.parameters import OPENAI, OPENAI_PART, wants_demo
from infra.deploy.steps import Seen


class Secrets:
    """A secret that is there is left as it is: another would end keys and digests."""

    name = "secrets"

    def look(self, deployment: Deployment) -> Seen:
        """Say which are missing."""
        missing = _list_missing(deployment)
        names = ", ".join(map(deployment.name_secret, missing or _list_wanted(deployment)))
        return Seen(not missing, names if not missing else f"draw and store {names}")

    def act(self, deployment: Deployment) -> str:
        """Draw and store them; take back the deletion of one that is still kept."""
        missing = _list_missing(deployment)
        for part in missing:
            _store(deployment, part)
        return ", ".join(map(deployment.name_secret, missing))


def _list_wanted(deployment: Deployment) -> list[str]:
    chosen = deployment.answers.parameters
    own_key = wants_demo(chosen) and OPENAI not in chosen
    return [*SECRETS, *([OPENAI_PART] if own_key else [])]


def _list_missing(deployment: Deployment) -> list[str]:
    return [part for part in _list_wanted(deployment) if not _is_there(deployment, part)]


def _is_there(deployment: Deployment, part: str) -> bool:
    found = deployment.cloud.find_secret(deployment.name_secret(part))
    return found is not None and not found.deleted


def _store(deployment: Deployment, part: str) -> None:
    cloud, name = deployment.cloud, deployment.name_secret(part)
    if cloud.find_secret(name) is not None:
        cloud.restore_secret(name)
        return
    given = deployment.answers["openai_api_key"] if part == OPENAI_PART else None
    key = deployment.answers.parameters.get("SecretsKmsKeyArn", "")
    cloud.create_secret(name, given or draw_secret(SECRETS[part]), key)
