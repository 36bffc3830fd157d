"""SAM CLI itself reads what the path writes for it, up to where only AWS can go on."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from moto.server import ThreadedMotoServer

from infra.deploy.samconfig import write_section
from infra.deploy.stack import write_overrides
from infra.local.ports import LOOPBACK
from infra.local.settings import REPOSITORY
from tests.infra.deploy.accounts import AWS, REGION, connect

PARAMETERS = {
    "Exporters": "supabase,otlp",
    "TenantCreation": "@example.com,@example.org",
    "CorsOrigins": "",
    "SigningKeySecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a/b-c",
}
NESTED = """
Resources:
  Topic: { Type: AWS::SNS::Topic }
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
{parameters}
Resources:
  Queue: {{ Type: AWS::SQS::Queue }}
  Alarms:
    Type: AWS::CloudFormation::Stack
    Properties: {{ TemplateURL: nested.yaml }}
"""


def test_sam_reads_the_section_that_the_path_writes(tmp_path: Path) -> None:
    """Each parameter as it is meant, the bucket, the capabilities; the templates are uploaded."""
    names = "\n".join(f"  {name}: {{ Type: String }}" for name in PARAMETERS)
    (tmp_path / "template.yaml").write_text(TEMPLATE.format(parameters=names))
    (tmp_path / "nested.yaml").write_text(NESTED)
    settings = {
        "stack_name": "llm-observe-staging",
        "region": REGION,
        "s3_bucket": "uploads",  # for resolve_s3, whose bucket moto does not make whole
        "s3_prefix": "llm-observe-staging",
        "capabilities": "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND",
        "confirm_changeset": False,
        "fail_on_empty_changeset": False,
        "parameter_overrides": write_overrides(PARAMETERS),
    }
    write_section(tmp_path / "samconfig.toml", "staging", settings)
    moto = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    moto.start()
    try:
        host, port = moto.get_host_and_port()
        url = f"http://{host}:{port}"
        place = {"LocationConstraint": REGION}
        s3 = connect(url, "s3")
        s3.create_bucket(Bucket="uploads", CreateBucketConfiguration=place)
        said = deploy(tmp_path, url)
        uploaded = s3.list_objects_v2(Bucket="uploads", Prefix="llm-observe-staging/")
    finally:
        moto.stop()

    told = {name.strip(): value.strip() for name, _, value in map(_part, said.splitlines())}
    assert json.loads(told["Parameter overrides"]) == PARAMETERS
    assert told["Capabilities"] == '["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]'
    assert uploaded["KeyCount"] == 2


def _part(line: str) -> tuple[str, str, str]:
    return line.partition(" : ")


def deploy(folder: Path, url: str) -> str:
    """Run the command of the path, and give its output."""
    sam = REPOSITORY / ".venv-sam" / "bin" / "sam"
    files = ["--template-file", "template.yaml", "--config-file", str(folder / "samconfig.toml")]
    done = subprocess.run(
        [str(sam), "deploy", *files, "--config-env", "staging"],
        cwd=folder,
        env=os.environ | AWS | {"AWS_ENDPOINT_URL": url, "SAM_CLI_TELEMETRY": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout
