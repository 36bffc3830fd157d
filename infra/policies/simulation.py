"""Requests to AWS, and whether IAM would allow them: policies of the caller and of the resource."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.policies.cloudformation import ACCOUNT

_FOLDER = Path(__file__).parent
Policy = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A call that a principal makes, with all the policies that decide on it."""

    principal: str
    action: str
    resource: str
    policies: Sequence[Policy]
    resource_policy: Policy | None = None
    boundary: Policy | None = None
    context: Mapping[str, str] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """The request in the simulator's words."""
        described: dict[str, Any] = {
            "request": {
                "principal": self.principal,
                "action": self.action,
                "resource": {"resource": self.resource, "accountId": ACCOUNT},
                "contextVariables": dict(self.context),
            },
            "identityPolicies": [
                {"name": f"policy-{number}", "policy": _date(policy)}
                for number, policy in enumerate(self.policies)
            ],
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
        }
        if self.resource_policy is not None:
            described["resourcePolicy"] = self.resource_policy
        if self.boundary is not None:
            described["permissionBoundaryPolicies"] = [
                {"name": "boundary", "policy": self.boundary}
            ]
        return described


def simulate(requests: Sequence[Request]) -> list[bool]:
    """Tell of each request whether it is allowed; ValueError where AWS has no such request."""
    done = subprocess.run(
        ["node", _FOLDER / "simulate.mjs"],
        input=json.dumps([request.describe() for request in requests]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError(f"A request could not be simulated: {done.stderr}")
    verdicts: list[str] = json.loads(done.stdout)
    return [verdict == "Allowed" for verdict in verdicts]


def _date(policy: Policy) -> Policy:
    """Give a policy its version: SAM leaves the old one, whose language is the same here."""
    return {"Version": "2012-10-17", **policy}
