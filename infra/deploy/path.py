"""The path: every step in its order."""

from __future__ import annotations

from typing import Final

from infra.deploy.building import Build
from infra.deploy.dashboard import Dashboard
from infra.deploy.database import Migrations, Prices
from infra.deploy.health import Doctor
from infra.deploy.owner import Owner
from infra.deploy.preflight import Preflight
from infra.deploy.project import Project
from infra.deploy.secrets import Secrets
from infra.deploy.signing import SigningKey
from infra.deploy.stack import Functions
from infra.deploy.steps import Step

STEPS: Final[tuple[Step, ...]] = (
    Preflight(),
    Secrets(),
    Project(),
    Migrations(),
    Prices(),
    Build(),
    # After all that need not wait for a person, before all that need the key.
    SigningKey(),
    Functions(),
    Owner(),
    Dashboard(),
    Doctor(),
)
