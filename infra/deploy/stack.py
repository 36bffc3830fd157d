"""The stack at AWS, by `sam deploy`, with a section of samconfig.toml for each environment."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from typing import Final

from infra.deploy.building import describe_sources, find_build
from infra.deploy.cloud import Stack
from infra.deploy.deployment import Deployment
from infra.deploy.errors import DeployError
from infra.deploy.parameters import write_parameters
from infra.deploy.preflight import find_sam
from infra.deploy.samconfig import write_section
from infra.deploy.steps import Seen
from infra.local.settings import REPOSITORY

DEPLOYED: Final = "deployed"
"""The SSM parameter that notes what was deployed last, since no stack tells its code."""
_TAKEN_BACK: Final = "ROLLBACK_COMPLETE"
"""The state of a stack that could not be made: nothing is in it, and it takes no update."""
_BROKEN: Final = ("ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
_WELL: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_PROJECT: Final = ("supabase_url", "supabase_publishable_key")


class Functions:
    """The API, its functions and its jobs."""

    name = "stack"

    def look(self, deployment: Deployment) -> Seen:
        """Compare the stack with the build and the parameters."""
        stack = deployment.cloud.find_stack(deployment.stack_name)
        if stack is None:
            return Seen(done=False, text=f"create {deployment.stack_name} by sam deploy")
        _refuse_busy(deployment.stack_name, stack)
        if stack.status == _TAKEN_BACK:
            return Seen(done=False, text=f"delete the empty {deployment.stack_name} and create it")
        noted = deployment.cloud.read_parameter(deployment.name_parameter(DEPLOYED))
        if stack.status in _WELL and noted == _describe_wanted(deployment):
            return Seen(done=True, text=f"{deployment.stack_name} at {find_api(deployment)}")
        return Seen(done=False, text=f"update {deployment.stack_name} by sam deploy")

    def act(self, deployment: Deployment) -> str:
        """Write the section, deploy, and note what was deployed."""
        parameters = write_parameters(deployment)
        path = deployment.folder / "samconfig.toml"
        write_section(path, deployment.environment, _write_settings(deployment, parameters))
        stack = deployment.cloud.find_stack(deployment.stack_name)
        if stack is not None and stack.status == _TAKEN_BACK:
            deployment.cloud.delete_stack(deployment.stack_name)
        _deploy(deployment)
        noted = deployment.name_parameter(DEPLOYED)
        deployment.cloud.write_parameter(noted, _describe_wanted(deployment))
        return f"{deployment.stack_name} at {find_api(deployment)}"


def find_api(deployment: Deployment) -> str | None:
    """Give the API's address; None as long as there is no stack."""
    stack = deployment.cloud.find_stack(deployment.stack_name)
    return stack.outputs.get("ApiUrl") if stack else None


def _deploy(deployment: Deployment) -> None:
    command = [str(find_sam(deployment)), "deploy"]
    command += ["--template-file", str(find_build(deployment) / "template.yaml")]
    command += ["--config-file", str(deployment.folder / "samconfig.toml")]
    command += ["--config-env", deployment.environment]
    # Its output is a person's: minutes pass, and it names each resource as it comes.
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**deployment.variables, "SAM_CLI_TELEMETRY": "0"},
        check=False,
    )
    if done.returncode != 0:
        raise DeployError(
            f"sam deploy ended with {done.returncode}; the lines above say why. "
            "CloudFormation has taken back what it had begun."
        )


def _write_settings(deployment: Deployment, parameters: dict[str, str]) -> dict[str, object]:
    role = deployment.answers["resource_role"]
    return {
        "stack_name": deployment.stack_name,
        "region": deployment.answers["region"],
        "resolve_s3": True,
        "s3_prefix": deployment.stack_name,
        # The alarms are a stack of their own within.
        "capabilities": "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND",
        "confirm_changeset": False,
        **({"role_arn": role} if role else {}),
        "fail_on_empty_changeset": False,
        "parameter_overrides": write_overrides(parameters),
    }


def write_overrides(parameters: Mapping[str, str]) -> list[str]:
    """Write parameters as SAM CLI reads them; unquoted, it refuses an empty value."""
    return [f"{name}={json.dumps(value)}" for name, value in sorted(parameters.items())]


def _describe_wanted(deployment: Deployment) -> str:
    """Give a digest of code, parameters and what CloudFormation reads by their names."""
    wanted = {
        "sources": describe_sources(deployment),
        "parameters": write_parameters(deployment),
        "project": [deployment.answers[name] for name in _PROJECT],
    }
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()


def _refuse_busy(name: str, stack: Stack) -> None:
    if stack.status.endswith("IN_PROGRESS"):
        raise DeployError(f"{name} is being changed ({stack.status}); wait until that has ended.")
    if stack.status in _BROKEN:
        raise DeployError(
            f"{name} is {stack.status}: its events say why. Delete it before the next try: "
            f"aws cloudformation delete-stack --stack-name {name}"
        )
