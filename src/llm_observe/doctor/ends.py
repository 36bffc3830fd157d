"""The checks of a deployment's two ends: its API and its dashboard."""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

import llm_observe
from llm_observe.config import Deployment
from llm_observe.doctor.checks import Check
from llm_observe.doctor.door import ProjectDoor
from llm_observe.doctor.rounds import CHECK_SECONDS, Step

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LOGIN: Final = "/login"
_SEE_API: Final = "Check LLM_OBSERVE_API_URL; `sam deploy` prints the API's address."
_SEE_DASHBOARD: Final = (
    "Check LLM_OBSERVE_DASHBOARD_URL, and see the log of the dashboard's server."
)


def list_end_steps(door: ProjectDoor, deployment: Deployment) -> list[Step]:
    """Give the checks of the addresses that are set; the others are skipped."""
    url = deployment.dashboard_url
    return [
        Step("api", partial(_check_api, deployment.api_url), action=_SEE_API),
        # People log in by the project's Auth.
        Step("dashboard", partial(_check_dashboard, url, door), ("project",), _SEE_DASHBOARD),
    ]


def _check_api(url: str | None) -> Check:
    if url is None:
        return Check("api", "skipped", "LLM_OBSERVE_API_URL is not set.")
    health = httpx.get(f"{url}/health", timeout=CHECK_SECONDS)
    told = _read_json(health)
    if "database" not in told:
        message = (
            f"What answers at LLM_OBSERVE_API_URL is not the API: status {health.status_code}."
        )
        return Check("api", "failed", message, _SEE_API)
    if told.get("status") != "ok":
        message = "The API answers, but its database does not."
        return Check("api", "failed", message, "See the log of the function Health.")
    if not _is_here(url) and _read_json(httpx.get(f"{url}/me", timeout=CHECK_SECONDS)).get("kind"):
        message = "The API asks nobody who calls: it is in development mode."
        return Check("api", "failed", message, "Take LLM_OBSERVE_DEV out of its environment.")
    version = told.get("version")
    if version != llm_observe.__version__:
        message = f"The API is of version {version}, and this is {llm_observe.__version__}."
        return Check("api", "warning", message, "Deploy and install the same version.")
    return Check("api", "ok", f"The API answers, and so does its database; version {version}.")


def _check_dashboard(url: str | None, door: ProjectDoor) -> Check:
    if url is None:
        return Check("dashboard", "skipped", "LLM_OBSERVE_DASHBOARD_URL is not set.")
    page = httpx.get(f"{url}/overview", timeout=CHECK_SECONDS)
    if page.is_redirect and urlsplit(page.headers["location"]).path == _LOGIN:
        return _check_login(url, door)
    if not page.is_success:
        message = f"The dashboard does not show its first page: status {page.status_code}."
        return Check("dashboard", "failed", message, _SEE_DASHBOARD)
    message = "The dashboard answers, and nobody logs in: whoever reaches it reads what it shows."
    if _is_here(url):
        return Check("dashboard", "ok", message)
    action = (
        "Set SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY on its server, or let only you reach it."
    )
    return Check("dashboard", "warning", message, action)


def _check_login(url: str, door: ProjectDoor) -> Check:
    form = httpx.get(f"{url}{_LOGIN}", timeout=CHECK_SECONDS)
    if not form.is_success:
        message = f"The dashboard's page of log-in answers with status {form.status_code}."
        return Check("dashboard", "failed", message, _SEE_DASHBOARD)
    auth = door.ask_unnamed("/auth/v1/settings")
    ways = auth.body.get("external") if isinstance(auth.body, dict) else None
    if not auth.is_success or not isinstance(ways, dict):
        message = f"The dashboard answers; Supabase Auth does not: {auth.explain()}."
        return Check(
            "dashboard", "failed", message, "See whether the project's Auth is switched on."
        )
    offered = sorted(way for way, is_on in ways.items() if is_on is True)
    if not offered:
        message = "Supabase Auth has no way to log in that is switched on."
        return Check(
            "dashboard", "failed", message, "Switch one on in the project's settings of Auth."
        )
    return Check(
        "dashboard", "ok", f"The dashboard answers; people log in by {', '.join(offered)}."
    )


def _is_here(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK


def _read_json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
