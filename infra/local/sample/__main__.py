"""``python -m infra.local.sample``: fill the tenant ``sample`` with the last week's traffic.

A repeated run adds what is missing up to now, and nothing twice.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import psycopg

from infra.local.sample.delivery import DeliveryError, deliver_sample
from infra.local.settings import read_settings as read_stack_settings
from llm_observe.config import read_settings
from llm_observe.errors import ConfigurationError


def main() -> int:
    """Write the sample; gives the exit code."""
    database_url = read_stack_settings().database_url
    if database_url is None:
        sys.stderr.write("Set DATABASE_URL to label the tenant: the stack's runner does.\n")
        return 1
    try:
        done = deliver_sample(read_settings(), database_url, datetime.now(UTC))
    except (ConfigurationError, DeliveryError, psycopg.Error) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    since = done.start.isoformat(timespec="minutes")
    sys.stdout.write(f"{done.spans:,} generated spans in {done.traces:,} traces since {since}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
