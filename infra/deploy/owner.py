"""The first owner: an invitation by Supabase Auth, and the membership."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import psycopg

from infra.deploy.deployment import Deployment
from infra.deploy.errors import DeployError
from infra.deploy.questions import NOBODY
from infra.deploy.steps import Seen
from infra.local.settings import REPOSITORY

_OWNED: Final = """
select from public.memberships m join auth.users u on u.id = m.user_id
where lower(u.email) = lower(%s) and m.tenant_id = %s and m.role = 'owner'
"""


class Owner:
    """Somebody who can log in and let others in."""

    name = "owner"

    def look(self, deployment: Deployment) -> Seen:
        """Ask the database whether the address owns the tenant."""
        email, tenant = deployment.answers["owner_email"], deployment.answers["owner_tenant"]
        if email == NOBODY:
            return Seen(done=True, text="nobody is invited")
        if owns(deployment.answers["database_url"], email, tenant):
            return Seen(done=True, text=f"{email} owns {tenant}")
        return Seen(done=False, text=f"invite {email} as owner of {tenant}")

    def act(self, deployment: Deployment) -> str:
        """Do what `make access ARGS="invite …"` does; it tells the way in."""
        answers = deployment.answers
        command = [sys.executable, "-m", "infra.access", "invite", "--role", "owner"]
        command += ["--email", answers["owner_email"], "--tenant", answers["owner_tenant"]]
        if answers["dashboard_url"]:
            command += ["--dashboard", answers["dashboard_url"]]
        secret = {"SUPABASE_SECRET_KEY": answers["supabase_secret_key"]}
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            env={**deployment.variables, **deployment.make_project_variables(), **secret},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DeployError(done.stderr.strip())
        return done.stdout.strip()


def owns(url: str, email: str, tenant: str) -> bool:
    """Say whether an address owns a tenant; nobody does as long as there is no schema.

    Raises:
        DeployError: if the database does not answer.
    """
    try:
        with psycopg.connect(url) as connection:
            return connection.execute(_OWNED, (email, tenant)).fetchone() is not None
    except psycopg.errors.UndefinedTable:
        return False
    except psycopg.Error as error:
        raise DeployError(f"the database did not answer: {error}") from error
