"""Schedules of EventBridge Scheduler as the local stack reads them, and how they tick."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.aws.schedule import read_schedule
from infra.local.aws.template import TemplateError, read_jobs
from tests.infra.aws.running import Api

_NOW = datetime(2026, 11, 29, 13, 30, tzinfo=UTC)
_TEMPLATE = """
Resources:
  Job:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: job.handle
      Events:
        Often: { Type: ScheduleV2, Properties: { ScheduleExpression: EXPRESSION } }
"""
_JOB = """
def handle(event, context):
    return {"outcome": f"{event['source']} {event['detail-type']} {event['detail']}"}
"""


@pytest.mark.parametrize(
    ("expression", "every", "wait"),
    [
        ("rate(1 minute)", timedelta(minutes=1), 60),
        ("rate(5 minutes)", timedelta(minutes=5), 300),
        ("rate(1 hour)", timedelta(hours=1), 3600),
        ("rate(2 days)", timedelta(days=2), 172_800),
        ("cron(17 3 * * ? *)", timedelta(days=1), 13 * 3600 + 47 * 60),
        ("cron(30 13 * * ? *)", timedelta(days=1), 86_400),
        ("cron(31 13 * * ? *)", timedelta(days=1), 60),
        ("cron(0 * * * ? *)", timedelta(hours=1), 1800),
    ],
)
def test_a_schedule_is_read(expression: str, every: timedelta, wait: float) -> None:
    """How often, and how long it is from now until the next time; at the time itself: the next."""
    schedule = read_schedule(expression)
    assert (schedule.every, schedule.seconds_until_next(_NOW)) == (every, wait)


@pytest.mark.parametrize(
    "expression",
    ["rate(0 minutes)", "rate(1 week)", "cron(0 25 * * ? *)", "cron(*/5 * * * ? *)", "at(2026)"],
)
def test_another_schedule_is_refused(expression: str) -> None:
    """In a sentence that says what is understood, rather than run at another time."""
    with pytest.raises(TemplateError, match="not understood locally: rate"):
        read_schedule(expression)


def test_a_schedule_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A parameter's value is known to a deployment alone."""
    template = tmp_path / "template.yaml"
    template.write_text(_TEMPLATE.replace("EXPRESSION", "!Ref HowOften"))
    with pytest.raises(TemplateError, match="Job needs a plain text"):
        read_jobs(template)


def test_a_job_ticks_and_says_so(tmp_path: Path) -> None:
    """With the event of EventBridge Scheduler, one line a run, again and again."""
    (tmp_path / "job.py").write_text(_JOB)
    (tmp_path / "template.yaml").write_text(_TEMPLATE.replace("EXPRESSION", "rate(1 hour)"))
    api = Api(tmp_path / "template.yaml", "--jobs", "0.2")
    lines = [api.read_line() for _ in range(3)]
    api.stop()
    assert all(one.startswith("SCHEDULE Job aws.scheduler Scheduled Event {} ") for one in lines)
