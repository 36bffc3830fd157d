"""Makes the partitions of the months to come: a year ahead, so a missed day is nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from functions.common.job import create_job, run_in_database

EVERY: Final = timedelta(days=1)
"""As its schedule in template.yaml."""

handler = create_job("partitions", run_in_database, every=EVERY)
