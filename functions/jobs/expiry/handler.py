"""Deletes what tenants keep no longer: whole months at once where it can, else in batches."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from functions.common.job import create_job, run_in_database

EVERY: Final = timedelta(hours=1)
"""As its schedule in template.yaml."""

handler = create_job("expiry", run_in_database, every=EVERY)
