"""A template as CloudFormation reads it: SAM's resources made plain, each reference a value.

Only what templates of this repository use is understood; another function is an error.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from infra.build.programs import find_tool
from infra.local.settings import REPOSITORY

REGION: Final = "eu-central-1"
ACCOUNT: Final = "123456789012"
_PSEUDO: Final = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
}
_ABSENT: Final = object()
_TRANSLATE: Final = Path(__file__).with_name("translate.py")
_ARNS: Final = {
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::{account}:policy/{name}",
    "AWS::IAM::OIDCProvider": (
        "arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com"
    ),
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::S3::Bucket": "arn:aws:s3:::{lower}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
}
"""The ARN of what `!GetAtt X.Arn` means; ``name`` is the stack's and the logical id."""


class UnknownFunctionError(ValueError):
    """The template uses a function of CloudFormation that is not understood here."""


@dataclass(frozen=True)
class Deployed:
    """A template with its parameters' values, under a stack's name."""

    document: Mapping[str, Any]
    stack: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources that these parameters make, by logical id, with their values."""
        return {
            name: self._resolve(resource)
            for name, resource in self.document["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"])
        }

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def name_arn(self, name: str) -> str:
        """The ARN that a resource would have."""
        kind = self.document["Resources"][name]["Type"]
        if kind not in _ARNS:
            raise UnknownFunctionError(f"{name} is a {kind}, whose ARN is not known.")
        named = f"{self.stack}-{name}"
        return _ARNS[kind].format(account=ACCOUNT, region=REGION, name=named, lower=named.lower())

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            items = [self._resolve(item) for item in value]
            return [item for item in items if item is not _ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._call(function, argument)
        items_by_name = {key: self._resolve(item) for key, item in value.items()}
        return {key: item for key, item in items_by_name.items() if item is not _ABSENT}

    def _call(self, function: str, argument: Any) -> Any:
        match function:
            case "Ref":
                return self._refer(argument)
            case "Fn::GetAtt":
                name, attribute = argument if isinstance(argument, list) else argument.split(".")
                return self.name_arn(name) if attribute == "Arn" else f"{name}.{attribute}"
            case "Fn::If":
                condition, then, otherwise = argument
                return self._resolve(then if self._holds(condition) else otherwise)
            case "Fn::Sub":
                return self._substitute(argument)
        raise UnknownFunctionError(f"{function} is not understood.")

    def _refer(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _ABSENT
        if name == "AWS::StackName":
            return self.stack
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name in self.document["Parameters"]:
            given = self.parameters.get(name, self.document["Parameters"][name].get("Default"))
            if given is None:
                raise UnknownFunctionError(f"The parameter {name} needs a value.")
            return str(given)
        kind = self.document["Resources"][name]["Type"]
        # A managed policy refers to itself by its ARN, most others by their name.
        if kind in {"AWS::IAM::ManagedPolicy", "AWS::IAM::OIDCProvider"}:
            return self.name_arn(name)
        return f"{self.stack}-{name}"

    def _substitute(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})

        def replace(found: re.Match[str]) -> str:
            name = found[1]
            if name in own:
                return str(self._resolve(own[name]))
            if "." in name:
                return str(self._call("Fn::GetAtt", name))
            return str(self._refer(name))

        return re.sub(r"\$\{([\w:.]+)\}", replace, text)

    def _holds(self, condition: Any) -> bool:
        if isinstance(condition, str):
            return self._holds(self.document["Conditions"][condition])
        [(function, argument)] = condition.items()
        match function:
            case "Condition":
                return self._holds(argument)
            case "Fn::Equals":
                left, right = (str(self._resolve(each)) for each in argument)
                return left == right
            case "Fn::Not":
                return not self._holds(argument[0])
            case "Fn::And":
                return all(map(self._holds, argument))
            case "Fn::Or":
                return any(map(self._holds, argument))
        raise UnknownFunctionError(f"{function} is not understood.")


def translate(template: Path) -> dict[str, Any]:
    """Give a template as SAM's own translator makes it for CloudFormation."""
    python = find_tool("python", REPOSITORY, ".venv-sam")
    done = subprocess.run(
        [python, _TRANSLATE, template],
        capture_output=True,
        text=True,
        check=True,
        env={"AWS_DEFAULT_REGION": REGION},
    )
    document: dict[str, Any] = json.loads(done.stdout)
    return document
