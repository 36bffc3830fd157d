"""A fake of `sam deploy`: it holds its arguments against the contract and makes a small stack.

It reads the section of samconfig.toml as SAM CLI does, refuses what CloudFormation would refuse
for template.yaml's parameters, and has CloudFormation (moto's) make a stack of the same name,
parameters and outputs. It builds and uploads nothing.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-cli-command-reference-sam-deploy.html
Where FAKE_SAM_FAILS names a file that is not there yet, it says that the stack could not be made;
moto has no such stack, so that who uses this gives it that state.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Any, TextIO

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY))
from infra.local.aws.template import read_document  # noqa: E402  # a program of its own: the path comes first

KNOWN = {
    "stack_name",
    "region",
    "resolve_s3",
    "s3_prefix",
    "capabilities",
    "confirm_changeset",
    "fail_on_empty_changeset",
    "parameter_overrides",
}


def main() -> int:
    """Answer `--version` and `deploy`."""
    if sys.argv[1:] == ["--version"]:
        say("SAM CLI, version 1.170.0 (a fake)")
        return 0
    parser = argparse.ArgumentParser(prog="sam")
    parser.add_argument("command", choices=["deploy"])
    for name in ("--template-file", "--config-file", "--config-env"):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    document = tomllib.loads(Path(options.config_file).read_text())
    assert document["version"] == 0.1
    section = document[options.config_env]["deploy"]["parameters"]
    assert section.keys() <= KNOWN, section.keys() - KNOWN
    assert section["resolve_s3"], "there is no bucket to upload to"
    pairs = (each.split("=", 1) for each in section["parameter_overrides"])
    parameters = {name: json.loads(value) for name, value in pairs}
    if (problem := judge(parameters)) is not None:
        say(f"Error: Failed to create changeset: {problem}", sys.stderr)
        return 1
    deploy(section, parameters)
    if fails(section["stack_name"]):
        say(f"Error: Failed to create/update the stack: {section['stack_name']}", sys.stderr)
        return 1
    say(f"Successfully created/updated stack - {section['stack_name']} in {section['region']}")
    return 0


def say(line: str, stream: TextIO = sys.stdout) -> None:
    """Write a line."""
    stream.write(line + "\n")


def judge(parameters: dict[str, str]) -> str | None:
    """Say what CloudFormation would refuse."""
    declared: dict[str, dict[str, Any]] = read_document(REPOSITORY / "template.yaml")["Parameters"]
    for name, declaration in declared.items():
        if name not in parameters:
            if "Default" not in declaration:
                return f"Parameters: [{name}] must have values"
            continue
        pattern = declaration.get("AllowedPattern")
        if pattern and not re.fullmatch(pattern, parameters[name]):
            return f"Parameter {name} failed to satisfy constraint: {pattern}"
    unknown = parameters.keys() - declared.keys()
    return f"Parameters: {sorted(unknown)} do not exist in the template" if unknown else None


def fails(stack: str) -> bool:
    """Fail once, where the test wants it."""
    mark = os.environ.get("FAKE_SAM_FAILS")
    if not mark or Path(mark).exists():
        return False
    Path(mark).write_text(stack)
    return True


def deploy(section: dict[str, Any], parameters: dict[str, str]) -> None:
    """Make or change the stack."""
    import boto3  # noqa: PLC0415  # half a second, which `--version` has no need of
    from botocore.exceptions import ClientError  # noqa: PLC0415  # see above

    client = boto3.client("cloudformation", region_name=section["region"])
    template = {
        "Parameters": {name: {"Type": "String"} for name in parameters},
        "Resources": {
            "SpanQueue": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain"},
            "HealthLogs": {"Type": "AWS::Logs::LogGroup"},
        },
        "Outputs": {"ApiUrl": {"Value": os.environ["FAKE_SAM_API_URL"]}},
    }
    given = {
        "StackName": section["stack_name"],
        "TemplateBody": json.dumps(template),
        "Capabilities": section["capabilities"].split(),
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
    }
    try:
        client.create_stack(**given)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AlreadyExistsException":
            raise
        client.update_stack(**given)


if __name__ == "__main__":
    sys.exit(main())
