"""Empty accounts: moto in the place of AWS, a bare Postgres and its Data API as a new project."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import boto3
from moto.cloudformation.models import cloudformation_backends
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from moto.server import ThreadedMotoServer

from infra.deploy.__main__ import main
from infra.deploy.building import describe_sources, find_build
from infra.deploy.deployment import Deployment
from infra.deploy.questions import Answers
from infra.local.children import Leashes, RunningChild
from infra.local.keys import StackKeys, load_keys, public_jwk
from infra.local.ports import LOOPBACK, free_port
from infra.local.services import auth_child, data_api_child
from infra.local.settings import Settings
from infra.local.throwaway import Database, ThrowawayServer
from tests.infra.deploy.fakes import FakeApi, FakeVercel, serve

REGION: Final = "eu-central-1"
FAKE_SAM: Final = Path(__file__).with_name("fake_sam.py")
AWS: Final = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def connect(url: str, service: str) -> Any:
    """Give a client of moto's."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Accounts:
    """The accounts, the folder in which one deploys, and the command."""

    folder: Path
    aws_url: str
    vercel_url: str
    database: Database
    settings: Settings
    keys: StackKeys
    leashes: Leashes
    port: int
    auth_port: int
    api_url: str
    changes: dict[str, str] = field(default_factory=dict)
    project: RunningChild | None = None
    auth: RunningChild | None = None

    @property
    def variables(self) -> dict[str, str]:
        """Give what a person's shell has."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return (
            AWS
            | {
                "PATH": path,
                "HOME": os.environ["HOME"],
                "AWS_ENDPOINT_URL": self.aws_url,
                "AWS_REGION": REGION,
                "SUPABASE_URL": f"http://{LOOPBACK}:{self.port}",
                "SUPABASE_PUBLISHABLE_KEY": self.keys.publishable_key,
                "DATABASE_URL": f"{self.database.owner_url}?sslmode=disable",
                "SAM": str(self.folder / "bin" / "sam"),
                "FAKE_SAM_API_URL": self.api_url,
                "SUPABASE_SECRET_KEY": self.keys.secret_key,
                "VERCEL_API_URL": self.vercel_url,
            }
            | self.changes
        )

    def run(self, *arguments: str, **changes: str) -> Done:
        """Run the command in this process; an empty change takes a variable away."""
        variables = {k: v for k, v in (self.variables | changes).items() if v}
        command = ["--folder", str(self.folder), *arguments]
        before, out, err = dict(os.environ), io.StringIO(), io.StringIO()
        os.environ.clear()
        os.environ.update(variables)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = main(command)
        finally:
            os.environ.clear()
            os.environ.update(before)
        return Done(code, out.getvalue(), err.getvalue())

    def connect(self, service: str) -> Any:
        """Give a client of AWS."""
        return connect(self.aws_url, service)

    def read_secrets(self, environment: str) -> dict[str, str]:
        """Give the environment's secrets by the last part of their names."""
        client = self.connect("secretsmanager")
        names = (f"llm-observe/{environment}/{part}" for part in _SECRETS)
        return {
            name.rpartition("/")[2]: client.get_secret_value(SecretId=name)["SecretString"]
            for name in names
        }

    def import_key(self, key: str) -> None:
        """Do what a person does in Supabase's settings: trust a key."""
        public = [public_jwk(json.loads(key)), public_jwk(self.keys.signing_key)]
        self.keys.jwks_path.write_text(json.dumps({"keys": public}))
        self.restart()

    def take_back(self, stack: str) -> None:
        """Give a stack the state of one that CloudFormation could not make."""
        stacks = cloudformation_backends[ACCOUNT_ID][REGION].stacks
        [found] = [each for each in stacks.values() if each.name == stack]
        found.status = "ROLLBACK_COMPLETE"

    def start_auth(self) -> None:
        """Start the project's Auth."""
        child = auth_child(
            self.settings,
            self.keys,
            self.database.auth_admin_url,
            port=self.auth_port,
            base_url=f"http://{LOOPBACK}:{self.port}",
        )
        self.auth = self.leashes.start(child)
        self.auth.wait_until_ready()

    def stop(self) -> None:
        """Stop the project."""
        for running in filter(None, (self.project, self.auth)):
            running.stop()

    def restart(self) -> None:
        """Have the project read its keys and its schema again."""
        if self.project is not None:
            self.project.stop()
        child = data_api_child(
            self.settings, self.keys, self.database.authenticator_url, self.port, self.auth_port
        )
        self.project = self.leashes.start(child)
        self.project.wait_until_ready()

    def pretend_built(self, environment: str, **parameters: str) -> None:
        """Leave a note that the build is of these sources; tests/infra/build makes real ones."""
        deployment = Deployment(environment, Answers({}, parameters), {}, self.folder)
        build = find_build(deployment)
        build.mkdir(parents=True, exist_ok=True)
        (build / ".built-from").write_text(describe_sources(deployment))


_SECRETS: Final = ("signing-key", "digest-key", "key-pepper")


@contextmanager
def open_accounts(
    settings: Settings, server: ThrowawayServer, leashes: Leashes, folder: Path, name: str
) -> Iterator[Accounts]:
    """Open empty ones, for as long as the block."""
    moto = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    vercel, api = serve(FakeVercel), serve(FakeApi)
    accounts = Accounts(
        folder,
        f"http://{host}:{port}",
        f"http://{LOOPBACK}:{vercel.server_port}",
        server.create_database(name),
        settings,
        load_keys(folder / "keys"),
        leashes,
        free_port(),
        free_port(),
        f"http://{LOOPBACK}:{api.server_port}",
    )
    _install_sam(folder)
    try:
        accounts.start_auth()
        accounts.restart()
        yield accounts
    finally:
        accounts.stop()
        for server_of_a_fake in (vercel, api):
            server_of_a_fake.shutdown()
            server_of_a_fake.server_close()
        moto.stop()
        server.drop_database(name)


def _install_sam(folder: Path) -> None:
    (folder / "bin").mkdir()
    program = folder / "bin" / "sam"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE_SAM} "$@"\n')
    program.chmod(0o755)
