"""The OTLP endpoint in queue mode, on moto's SQS and S3, which are fakes, and a real Postgres."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from functions.common.environment import QueueSettings
from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import LOOPBACK, free_port
from infra.local.services import function_environment
from infra.local.settings import Settings
from tests.functions.conftest import run_api
from tests.functions.ingest.spans import JSON_TYPE, to_json
from tests.functions.queue.mapping import FakeEventSourceMapping, Writer, run_writer

MOST_RECEIVES = 3
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Aws:
    """Two queues and a bucket of moto's, and how a function finds them."""

    url: str
    sqs: Any = field(repr=False)
    s3: Any = field(repr=False)
    settings: QueueSettings

    @property
    def environment(self) -> dict[str, str]:
        """What template.yaml sets in queue mode, and where AWS is."""
        return CREDENTIALS | {
            "AWS_ENDPOINT_URL": self.url,
            "LLM_OBSERVE_INGEST_MODE": "queue",
            "LLM_OBSERVE_QUEUE_URL": self.settings.url,
            "LLM_OBSERVE_DEAD_LETTER_URL": self.settings.dead_letter_url,
            "LLM_OBSERVE_CLAIM_BUCKET": self.settings.claim_bucket,
        }

    def receive(self, url: str) -> list[dict[str, Any]]:
        """What is visible in a queue; it stays visible."""
        answer = self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def empty(self) -> None:
        """Delete every message and object. PurgeQueue would do it once a minute."""
        for url in (self.settings.url, self.settings.dead_letter_url):
            for message in self.receive(url):
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        for key in self.list_objects():
            self.s3.delete_object(Bucket=self.settings.claim_bucket, Key=key)

    def list_objects(self) -> dict[str, bytes]:
        """Everything in the bucket, by name."""
        bucket = self.settings.claim_bucket
        found = self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {
            each["Key"]: self.s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
            for each in found
        }


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """The address of moto's server."""
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def aws(moto_url: str) -> Aws:
    """Queues and a bucket of this module's own."""
    named = {
        "endpoint_url": moto_url,
        "region_name": CREDENTIALS["AWS_REGION"],
        "aws_access_key_id": "none",
        "aws_secret_access_key": "none",
    }
    sqs, s3 = (boto3.client(name, **named) for name in ("sqs", "s3"))
    name = f"spans-{uuid.uuid4().hex[:8]}"
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    policy = {
        "deadLetterTargetArn": answer["Attributes"]["QueueArn"],
        "maxReceiveCount": MOST_RECEIVES,
    }
    attributes = {"RedrivePolicy": json.dumps(policy), "MaximumMessageSize": "1048576"}
    queue = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    s3.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": CREDENTIALS["AWS_REGION"]}
    )
    return Aws(moto_url, sqs, s3, QueueSettings(queue, dead, name))


@pytest.fixture(scope="module")
def queueing(
    settings: Settings, keys: StackKeys, data_api: str, leashes: Leashes, aws: Aws
) -> Iterator[str]:
    """The base URL of an API in queue mode."""
    with run_api(settings, keys, data_api, free_port(), leashes, **aws.environment) as url:
        yield url


@pytest.fixture(scope="module")
def writer_environment(
    settings: Settings, keys: StackKeys, data_api: str, aws: Aws
) -> dict[str, str]:
    """What the writer is told: the same Data API and queue."""
    return {
        **function_environment(settings, keys, free_port()),
        "SUPABASE_URL": data_api,
        **aws.environment,
    }


@pytest.fixture(scope="module")
def writer(writer_environment: dict[str, str]) -> Iterator[Writer]:
    """The writer, in a process of its own."""
    with run_writer(writer_environment) as running:
        yield running


@pytest.fixture
def mapping(aws: Aws, writer: Writer) -> FakeEventSourceMapping:
    """Brings what is in the queue to the writer."""
    return FakeEventSourceMapping(aws.sqs, aws.settings.url, writer)


def send_spans(url: str, request: dict[str, Any], tenant: str) -> httpx.Response:
    """Post a request of spans for a tenant."""
    headers = {"content-type": JSON_TYPE, "x-tenant-id": tenant}
    return httpx.post(f"{url}/v1/traces", content=to_json(request), headers=headers, timeout=30)
