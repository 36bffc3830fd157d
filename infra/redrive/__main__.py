"""``python -m infra.redrive [--go]``: what waits beside the queue, and back into it with --go."""

from __future__ import annotations

import argparse
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from functions.common.environment import load_queue_settings
from functions.ingest.span_queue import QueueUnavailableError
from infra.redrive.backlog import Backlog
from llm_observe.errors import ConfigurationError


def main() -> int:
    """Say what waits, and with --go move it; an error is one line and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m infra.redrive", description=__doc__)
    parser.add_argument("--go", action="store_true", help="move it; without, it is only counted")
    go: bool = parser.parse_args().go
    try:
        backlog = Backlog(load_queue_settings(), boto3.client("sqs"), boto3.client("s3"))
        return _redrive(backlog) if go else _count(backlog)
    except ConfigurationError as error:
        return _fail(f"{error} The stack's outputs have them.")
    except ClientError as error:
        return _fail(f"AWS refused: {error.response['Error']['Code']}. {_RIGHTS}")
    except QueueUnavailableError as error:
        return _fail(f"AWS refused: {error}. Nothing is lost; run it again. {_RIGHTS}")
    except BotoCoreError as error:
        return _fail(f"AWS did not answer: {error}")


def _count(backlog: Backlog) -> int:
    unsent = backlog.list_unsent()
    _say(f"Dead letters: about {backlog.count_dead_letters()}.")
    _say(f"In the bucket: {len(unsent.keys)} messages, {unsent.size:,} bytes.")
    _say("Nothing was moved. Add --go to move it: make redrive ARGS=--go")
    return 0


def _redrive(backlog: Backlog) -> int:
    keys = backlog.list_unsent().keys
    unreadable = [key for key in keys if not backlog.send(key)]
    _say(f"Sent from the bucket: {len(keys) - len(unreadable)} messages.")
    letters = backlog.count_dead_letters()
    if letters:
        backlog.move_dead_letters()
        _say(f"SQS moves about {letters} dead letters to the queue, ten a second.")
    else:
        _say("There are no dead letters.")
    if unreadable:
        return _fail(f"No message, left where it is: {', '.join(unreadable)}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _fail(message: str) -> int:
    sys.stderr.write(message + "\n")
    return 1


_RIGHTS = "docs/queue.md says which rights it needs."

if __name__ == "__main__":
    sys.exit(main())
