"""A deployment is a list of steps; each looks at what is there before it does anything.

So a run that ended in the middle is gone on with by the same command, on any machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from infra.deploy.deployment import Deployment
from infra.deploy.errors import DeployError


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of a step: ``text`` says what is there, or else what would be done."""

    done: bool
    text: str


class Step(Protocol):
    """One step of the path."""

    @property
    def name(self) -> str:
        """Give the word by which it is told."""

    def look(self, deployment: Deployment) -> Seen:
        """Say what is there; it changes nothing, and raises DeployError where it cannot see."""

    def act(self, deployment: Deployment) -> str:
        """Do it and say what was done; raises DeployError."""


def plan(steps: Iterable[Step], deployment: Deployment) -> None:
    """Tell what each step would do, and do none.

    Raises:
        DeployError: if a step cannot see what is there; its name stands before the message.
    """
    for step in steps:
        with _named(step, deployment):
            seen = step.look(deployment)
        deployment.tell(f"{'done' if seen.done else 'to do':<6} {step.name}: {seen.text}")


def run(steps: Iterable[Step], deployment: Deployment) -> None:
    """Do what is not done, in order.

    Raises:
        DeployError: if a step fails; its name stands before the message.
    """
    for step in steps:
        with _named(step, deployment):
            seen = step.look(deployment)
            text = seen.text if seen.done else step.act(deployment)
        deployment.tell(f"{'there' if seen.done else 'done':<6} {step.name}: {text}")
        deployment.keep()


@contextmanager
def _named(step: Step, deployment: Deployment) -> Iterator[None]:
    try:
        yield
    except DeployError as error:
        deployment.tell(f"failed {step.name}")
        raise DeployError(f"{step.name}: {error}") from error
