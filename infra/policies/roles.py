"""The roles of a deployed template, each with every policy that gives it rights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from infra.policies.cloudformation import Deployed
from infra.policies.simulation import Policy


@dataclass(frozen=True, slots=True)
class Role:
    """A role of a template, as IAM would hold it."""

    name: str
    arn: str
    trust: Policy
    policies: list[Policy] = field(default_factory=list)
    boundary: Policy | None = None


def read_roles(deployed: Deployed) -> dict[str, Role]:
    """Give the roles by logical id, with the policies that other resources attach to them."""
    managed = {
        deployed.name_arn(name): properties["PolicyDocument"]
        for name, properties in deployed.of_type("AWS::IAM::ManagedPolicy").items()
    }
    roles = {
        name: _read_role(name, properties, deployed, managed)
        for name, properties in deployed.of_type("AWS::IAM::Role").items()
    }
    for attached in deployed.of_type("AWS::IAM::Policy").values():
        for name in attached["Roles"]:
            roles[name.removeprefix(f"{deployed.stack}-")].policies.append(
                attached["PolicyDocument"]
            )
    return roles


def _read_role(
    name: str, properties: dict[str, Any], deployed: Deployed, managed: dict[str, Policy]
) -> Role:
    inline = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    attached = [managed[arn] for arn in properties.get("ManagedPolicyArns", [])]
    boundary = properties.get("PermissionsBoundary")
    return Role(
        name=name,
        arn=deployed.name_arn(name),
        trust=properties["AssumeRolePolicyDocument"],
        policies=inline + attached,
        boundary=managed.get(boundary) if boundary else None,
    )
