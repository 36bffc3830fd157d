"""The dashboard's settings at Vercel: set by its REST API, or told."""

from __future__ import annotations

from typing import Any, Final

import httpx

from infra.deploy.deployment import Deployment
from infra.deploy.errors import DeployError
from infra.deploy.stack import find_api
from infra.deploy.steps import Seen

_TIMEOUT: Final = 20
_VERCEL: Final = "https://api.vercel.com"
_TOLD: Final = """set these for the Vercel project of the folder ui/, and deploy it there:
{variables}
  In Supabase's settings of Auth: site URL {site},
  redirect URLs {site}/api/auth/callback**"""


class Dashboard:
    """The variables of the dashboard's server."""

    name = "dashboard"

    def look(self, deployment: Deployment) -> Seen:
        """Compare Vercel's settings with the wanted ones, if there is a token to ask with."""
        wanted = list_variables(deployment)
        if not _has_token(deployment):
            return Seen(done=False, text=f"tell {', '.join(wanted)}")
        if not _list_stale(deployment, wanted):
            return Seen(done=True, text=f"{deployment.answers['vercel_project']} has them")
        project = deployment.answers["vercel_project"]
        return Seen(done=False, text=f"set {', '.join(wanted)} for {project}")

    def act(self, deployment: Deployment) -> str:
        """Set what is stale, or tell all."""
        wanted = list_variables(deployment)
        if not _has_token(deployment):
            return _tell(deployment, wanted)
        stale = _list_stale(deployment, wanted)
        body = [_describe(name, wanted[name]) for name in stale]
        _ask(deployment, "POST", params={"upsert": "true"}, json=body)
        return f"{', '.join(stale)} set; they hold from Vercel's next deployment on"


def list_variables(deployment: Deployment) -> dict[str, str]:
    """Give the variables; none of them is a secret."""
    return {
        "API_URL": find_api(deployment) or "<the stack's ApiUrl>",
        "SUPABASE_URL": deployment.answers["supabase_url"],
        "SUPABASE_PUBLISHABLE_KEY": deployment.answers["supabase_publishable_key"],
    }


def _has_token(deployment: Deployment) -> bool:
    return bool(deployment.answers["vercel_token"] and deployment.answers["vercel_project"])


def _tell(deployment: Deployment, wanted: dict[str, str]) -> str:
    variables = "\n".join(f"  {name}={value}" for name, value in wanted.items())
    site = deployment.answers["dashboard_url"] or "https://<dashboard>"
    return _TOLD.format(variables=variables, site=site)


def _list_stale(deployment: Deployment, wanted: dict[str, str]) -> list[str]:
    there = {
        each["key"]: each.get("value")
        for each in _ask(deployment, "GET").get("envs", [])
        if "production" in each.get("target", ())
    }
    return [name for name, value in wanted.items() if there.get(name) != value]


def _describe(name: str, value: str) -> dict[str, Any]:
    # Plain, so that the next run can compare; https://vercel.com/docs/rest-api/projects
    return {"key": name, "value": value, "type": "plain", "target": ["production"]}


def _ask(deployment: Deployment, method: str, **more: Any) -> dict[str, Any]:
    answers = deployment.answers
    team = {"teamId": answers["vercel_team"]} if answers["vercel_team"] else {}
    more["params"] = more.get("params", {}) | team
    base = deployment.variables.get("VERCEL_API_URL", _VERCEL)
    try:
        answer = httpx.request(
            method,
            f"{base}/v10/projects/{answers['vercel_project']}/env",
            headers={"Authorization": f"Bearer {answers['vercel_token']}"},
            timeout=_TIMEOUT,
            **more,
        ).raise_for_status()
    except httpx.HTTPStatusError as error:
        raise DeployError(
            f"Vercel answered {error.response.status_code}. Has VERCEL_TOKEN the project "
            f"{answers['vercel_project']}, and is it a team's (--set vercel_team=…)?"
        ) from error
    except httpx.HTTPError as error:
        raise DeployError(f"Vercel did not answer ({type(error).__name__}).") from error
    document: dict[str, Any] = answer.json()
    return document
