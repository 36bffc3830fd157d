"""The last step: `make doctor` on what was deployed."""

from __future__ import annotations

from infra.deploy.deployment import Deployment
from infra.deploy.errors import DeployError
from infra.deploy.stack import find_api
from infra.deploy.steps import Seen
from llm_observe.doctor.checks import has_failed
from llm_observe.doctor.examination import examine
from llm_observe.doctor.report import write_text


class Doctor:
    """Every check of docs/doctor.md; it is made at every run."""

    name = "doctor"

    def look(self, _deployment: Deployment) -> Seen:
        """Leave the checks to the run: one of them writes a span."""
        return Seen(done=False, text="check the project, the API and the dashboard")

    def act(self, deployment: Deployment) -> str:
        """Check all, and tell each check."""
        addresses = {
            "LLM_OBSERVE_API_URL": find_api(deployment) or "",
            "LLM_OBSERVE_DASHBOARD_URL": deployment.answers["dashboard_url"],
        }
        checks = examine(deployment.make_project_variables() | addresses)
        report = write_text(checks)
        if has_failed(checks):
            raise DeployError(f"\n{report}")
        deployment.tell(report.rstrip())
        return "nothing failed"
