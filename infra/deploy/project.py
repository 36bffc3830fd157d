"""The project's address in SSM, where the template reads it."""

from __future__ import annotations

from infra.deploy.deployment import Deployment
from infra.deploy.parameters import STORED
from infra.deploy.steps import Seen


class Project:
    """The project's URL and publishable key, neither of which is a secret."""

    name = "parameters"

    def look(self, deployment: Deployment) -> Seen:
        """Compare what is stored with the answers."""
        wanted = _list_wanted(deployment)
        stale = [
            name for name, value in wanted.items() if deployment.cloud.read_parameter(name) != value
        ]
        if stale:
            return Seen(done=False, text=f"write {', '.join(stale)}")
        return Seen(done=True, text=", ".join(wanted))

    def act(self, deployment: Deployment) -> str:
        """Write both."""
        wanted = _list_wanted(deployment)
        for name, value in wanted.items():
            deployment.cloud.write_parameter(name, value)
        return ", ".join(wanted)


def _list_wanted(deployment: Deployment) -> dict[str, str]:
    answers = {"SupabaseUrl": "supabase_url", "SupabasePublishableKey": "supabase_publishable_key"}
    return {
        deployment.name_parameter(part): deployment.answers[answers[name]]
        for name, part in STORED.items()
    }
