"""Compares roll-ups with the spans that they sum up, and has those that differ be folded anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from functions.common.job import create_job, run_in_database

EVERY: Final = timedelta(days=1)
"""As its schedule in template.yaml."""
MEASURED: Final = ("drifted_hours",)
"""Of what a run did, what an alarm watches."""

handler = create_job(
    "verification", run_in_database, every=EVERY, measured=MEASURED, step_seconds=120
)
