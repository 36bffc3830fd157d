"""Deletes the traces that deletions name, in batches, each with its sums in one transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from functions.common.job import create_job, run_in_database

EVERY: Final = timedelta(minutes=5)
"""As its schedule in template.yaml."""

handler = create_job("deletions", run_in_database, every=EVERY, step_seconds=32)
