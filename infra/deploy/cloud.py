"""The account at AWS: what a deployment reads of it and writes into it, by boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from infra.deploy.errors import DeployError

_RECOVERY_DAYS: Final = 7
"""The shortest time for which AWS keeps a secret that was deleted."""
_TAGS: Final = [{"Key": "application", "Value": "llm-observe"}]


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack as CloudFormation describes it."""

    status: str
    parameters: dict[str, str]
    outputs: dict[str, str]


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret without its value."""

    arn: str
    deleted: bool


@dataclass(frozen=True)
class Cloud:
    """One region of the account that the environment's credentials belong to."""

    region: str

    @cached_property
    def account(self) -> str:
        """Give the account's number.

        Raises:
            DeployError: if nobody is logged in.
        """
        return self.caller.split(":")[4]

    @cached_property
    def caller(self) -> str:
        """Give the ARN of who is logged in; DeployError if nobody is."""
        with told("sts:GetCallerIdentity"):
            return str(self._client("sts").get_caller_identity()["Arn"])

    def find_secret(self, name: str) -> Secret | None:
        """Find a secret, also one that was deleted and is kept for a while."""
        found = _find(
            "secretsmanager:DescribeSecret",
            lambda: self._client("secretsmanager").describe_secret(SecretId=name),
            "ResourceNotFoundException",
        )
        return Secret(found["ARN"], "DeletedDate" in found) if found else None

    def read_secret(self, name: str) -> str | None:
        """Read a secret's value."""
        found = _find(
            "secretsmanager:GetSecretValue",
            lambda: self._client("secretsmanager").get_secret_value(SecretId=name),
            "ResourceNotFoundException",
            "InvalidRequestException",
        )
        return str(found["SecretString"]) if found else None

    def create_secret(self, name: str, value: str, kms_key: str) -> None:
        """Store a new secret, under a KMS key of the account's own if one is named."""
        own = {"KmsKeyId": kms_key} if kms_key else {}
        with told("secretsmanager:CreateSecret"):
            self._client("secretsmanager").create_secret(
                Name=name, SecretString=value, Tags=_TAGS, **own
            )

    def restore_secret(self, name: str) -> None:
        """Take a secret's deletion back."""
        with told("secretsmanager:RestoreSecret"):
            self._client("secretsmanager").restore_secret(SecretId=name)

    def delete_secret(self, name: str) -> None:
        """Delete a secret; for seven days the next deployment can take that back."""
        with told("secretsmanager:DeleteSecret"):
            self._client("secretsmanager").delete_secret(
                SecretId=name, RecoveryWindowInDays=_RECOVERY_DAYS
            )

    def read_parameter(self, name: str) -> str | None:
        """Read an SSM parameter."""
        found = _find(
            "ssm:GetParameter",
            lambda: self._client("ssm").get_parameter(Name=name),
            "ParameterNotFound",
        )
        return str(found["Parameter"]["Value"]) if found else None

    def write_parameter(self, name: str, value: str) -> None:
        """Write an SSM parameter over what it was."""
        with told("ssm:PutParameter"):
            self._client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)

    def delete_parameter(self, name: str) -> None:
        """Delete an SSM parameter."""
        with told("ssm:DeleteParameter"):
            self._client("ssm").delete_parameter(Name=name)

    def find_stack(self, name: str) -> Stack | None:
        """Find a stack."""
        found = _find(
            "cloudformation:DescribeStacks",
            lambda: self._client("cloudformation").describe_stacks(StackName=name),
            "ValidationError",
        )
        if not found:
            return None
        stack = found["Stacks"][0]
        return Stack(
            stack["StackStatus"],
            {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])},
            {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
        )

    def list_resources(self, name: str) -> list[tuple[str, str, str]]:
        """List a stack's resources: logical id, type, physical id, which one never made lacks."""
        with told("cloudformation:ListStackResources"):
            pages = self._client("cloudformation").get_paginator("list_stack_resources")
            return [
                (
                    each["LogicalResourceId"],
                    each["ResourceType"],
                    each.get("PhysicalResourceId", ""),
                )
                for page in pages.paginate(StackName=name)
                for each in page["StackResourceSummaries"]
            ]

    def delete_stack(self, name: str) -> None:
        """Delete a stack and wait until it is gone."""
        with told("cloudformation:DeleteStack"):
            client = self._client("cloudformation")
            client.delete_stack(StackName=name)
            client.get_waiter("stack_delete_complete").wait(
                StackName=name, WaiterConfig={"Delay": 5, "MaxAttempts": 360}
            )

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service)
        return self._clients[service]

    @cached_property
    def _session(self) -> boto3.session.Session:
        # Not boto3's own, which would keep the credentials of the first region.
        return boto3.session.Session(region_name=self.region)

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}


@contextmanager
def told(action: str) -> Iterator[None]:
    """Turn an error of boto3's into one that names the action; boto3's own holds no value."""
    try:
        yield
    except ClientError as error:
        refusal = error.response["Error"]
        raise DeployError(
            f"AWS refused {action} ({refusal.get('Code')}): {refusal.get('Message')}"
        ) from error
    except NoCredentialsError as error:
        raise DeployError(
            "No log-in to AWS was found: set AWS_PROFILE, or the variables of a role."
        ) from error
    except BotoCoreError as error:
        raise DeployError(f"AWS did not take {action}: {error}") from error


def _find(action: str, call: Callable[[], Any], *absent: str) -> Any:
    """Call; None where the answer is that nothing is there."""
    with told(action):
        try:
            return call()
        except ClientError as error:
            if error.response["Error"].get("Code") in absent:
                return None
            raise
