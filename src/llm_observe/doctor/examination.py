"""The list of checks: an operator's, by the signing key, or an application's, by its token."""

from __future__ import annotations

from collections.abc import Mapping

from llm_observe.config import Deployment, read_deployment, require_project
from llm_observe.doctor.application import list_application_steps
from llm_observe.doctor.checks import Check
from llm_observe.doctor.door import ProjectDoor
from llm_observe.doctor.ends import list_end_steps
from llm_observe.doctor.ground import list_ground_steps
from llm_observe.doctor.project import list_project_steps
from llm_observe.doctor.rounds import CHECK_SECONDS, Step, go_round
from llm_observe.errors import ConfigurationError
from llm_observe.supabase.tokens import HeldToken, TokenMinter, TokenSource

_MEND_SETTINGS = "README.md, under Settings, lists the variables; .env.example has every one."


def examine(variables: Mapping[str, str] | None = None) -> list[Check]:
    """Look at the project, the API and the dashboard that the settings name, the environment's.

    With ``SUPABASE_JWT_SIGNING_KEY`` the checks are those of a project's operator; with an ingest
    token, of the application that holds it. A test span is written, read back and taken away.
    """
    try:
        deployment = read_deployment(variables)
        url, key = require_project(deployment.settings)
        tokens = _make_tokens(deployment, url)
    except ConfigurationError as error:
        return [Check("settings", "failed", str(error), _MEND_SETTINGS)]
    settings = Check("settings", "ok", f"The settings are well formed; the project is {url}.")
    door = ProjectDoor(url, key, tokens, seconds=CHECK_SECONDS)
    try:
        return [settings, *go_round(_list_steps(door, tokens, deployment))]
    finally:
        door.close()


def _list_steps(door: ProjectDoor, tokens: TokenSource, deployment: Deployment) -> list[Step]:
    own = (
        list_application_steps(door, tokens)
        if isinstance(tokens, HeldToken)
        else list_project_steps(door, deployment)
    )
    return [*list_ground_steps(door), *own, *list_end_steps(door, deployment)]


def _make_tokens(deployment: Deployment, url: str) -> TokenSource:
    settings = deployment.settings
    if settings.signing_key is not None:
        return TokenMinter(settings.signing_key, issuer=f"{url.rstrip('/')}/auth/v1")
    return HeldToken(settings.ingest_token or "")
