"""Folds the hours whose spans changed into roll-ups, so that sums over them are quick again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from functions.common.job import create_job, run_in_database

EVERY: Final = timedelta(minutes=5)
"""As its schedule in template.yaml."""

handler = create_job("roll_ups", run_in_database, every=EVERY, step_seconds=120)
