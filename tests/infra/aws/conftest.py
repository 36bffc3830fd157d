from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.infra.aws.running import Api

_TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: { Runtime: python3.12, Timeout: 20, MemorySize: 256 }
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefinitionBody:
        paths:
          /spared/{kind}:
            get:
              x-amazon-apigateway-integration:
                responseParameters:
                  "500": { "overwrite:statuscode": "503", "append:header.Retry-After": "2" }
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/
      Handler: echo.handle
      Environment: { Variables: { URL: !Sub "https://${Api}" } }
      Events:
        Any: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: ANY, Path: "/echo/{proxy+}" } }
        One: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: get, Path: "/echo/{name}" } }
        Fixed: { Type: HttpApi, Properties: { Method: GET, Path: /echo/fixed } }
  Answer:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/
      Handler: answer.handle
      Events:
        Post: { Type: HttpApi, Properties: { Method: POST, Path: /answer } }
  Trouble:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/
      Handler: trouble.handle
      Timeout: 1
      Events:
        Get: { Type: HttpApi, Properties: { Method: GET, Path: "/trouble/{kind}" } }
        Spared: { Type: HttpApi, Properties: { Method: GET, Path: "/spared/{kind}" } }
  Broken:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/
      Handler: broken.handle
      Events:
        Get: { Type: HttpApi, Properties: { Method: GET, Path: /broken } }
"""

_CODE = {
    "echo": """
import os

def handle(event, context):
    return {
        "event": event,
        "context": {
            "function_name": context.function_name,
            "aws_request_id": context.aws_request_id,
            "remaining": context.get_remaining_time_in_millis(),
            "memory": context.memory_limit_in_mb,
            "arn": context.invoked_function_arn,
        },
        "names": sorted(name for name in os.environ if name.startswith("AWS_LAMBDA")),
        "pid": os.getpid(),
    }
""",
    "answer": """
import json

def handle(event, context):
    return json.loads(event["body"])
""",
    "trouble": """
import os
import time

def handle(event, context):
    kind = event["pathParameters"]["kind"]
    if kind == "raise":
        raise ValueError(event["rawQueryString"])
    if kind == "die":
        os._exit(3)
    if kind == "hang":
        time.sleep(60)
    if kind == "object":
        return object()
    if kind == "large":
        return "x" * (7 * 1024 * 1024)
    time.sleep(0.3)
    return {"pid": os.getpid()}
""",
    "broken": "raise RuntimeError('cannot start')\n",
}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template whose functions show what they are given and fail on demand."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "code").mkdir()
    for name, code in _CODE.items():
        (folder / "code" / f"{name}.py").write_text(code)
    path = folder / "template.yaml"
    path.write_text(_TEMPLATE)
    return path


@pytest.fixture(scope="session")
def running(template: Path) -> Iterator[Api]:
    api = Api(template)
    yield api
    api.stop()


@pytest.fixture
def http(running: Api) -> Iterator[httpx.Client]:
    """A client of the emulator."""
    with httpx.Client(base_url=running.url, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def own(template: Path) -> Iterator[Api]:
    """An emulator that one test may stop and read the output of."""
    api = Api(template)
    yield api
    api.stop()
