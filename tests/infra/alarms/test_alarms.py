from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.jobs.verification import handler as verification
from infra.local.aws.schedule import read_schedule
from infra.local.aws.template import _Loader, read_all_functions, read_jobs

REPOSITORY = Path(__file__).parents[3]
TEMPLATE = REPOSITORY / "template.yaml"
STACK = REPOSITORY / "infra" / "deploy" / "alarms.yaml"
PAGE = REPOSITORY / "docs" / "operations.md"
FUNCTIONS = read_all_functions(TEMPLATE)
Alarms = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def stack() -> Any:
    return yaml.safe_load(STACK.read_text())


@pytest.fixture(scope="module")
def alarms(stack: Any) -> Alarms:
    resources = stack["Resources"]
    return {n: r for n, r in resources.items() if r["Type"] == "AWS::CloudWatch::Alarm"}


@pytest.fixture(scope="module")
def template() -> Any:
    return yaml.load(TEMPLATE.read_text(), _Loader)


def watches(alarm: dict[str, Any], metric: str, name: str) -> bool:
    """Whether an alarm is about this metric of the function that a parameter names."""
    told = alarm["Properties"]
    values = [each["Value"] for each in told.get("Dimensions", [])]
    return bool(told.get("MetricName") == metric and values == [{"Ref": name}])


def test_stack_is_of_this_template() -> None:
    """The file is what `make alarms` writes."""
    command = (sys.executable, "-m", "infra.alarms", "--check")
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_function_is_watched(stack: Any, alarms: Alarms, function: Any) -> None:
    """Errors, throttles and a duration near the timeout alarm, where the function is deployed."""
    found = {
        metric: [each for each in alarms.values() if watches(each, metric, function.name)]
        for metric in ("Errors", "Throttles", "Duration")
    }
    condition = {each.get("Condition") for (each,) in found.values()}
    (duration,) = found["Duration"]
    threshold = duration["Properties"]["Threshold"]

    assert 0.9 * function.timeout_s * 1000 <= threshold < function.timeout_s * 1000
    if function.schedules:
        assert condition == {None}
    elif function.condition is None:
        assert condition == {"EachFunction"}
    else:
        (name,) = condition
        parts = [part["Condition"] for part in stack["Conditions"][name]["Fn::And"]]
        assert parts == ["EachFunction", f"Has{function.name}"]


def test_template_tells_the_stack_all_that_it_asks(stack: Any, template: Any) -> None:
    """Each parameter is given, a function's as its name, or empty where it is not deployed."""
    given = template["Resources"]["Alarms"]["Properties"]["Parameters"]
    for function in FUNCTIONS:
        value = given[function.name]
        if function.condition:
            condition, name, otherwise = value.value
            assert (value.tag, condition, otherwise) == ("If", function.condition, "")
            value = name
        assert (value.tag, value.value) == ("Ref", function.name)

    assert given.keys() == stack["Parameters"].keys()


def test_every_alarm_is_heard_and_explained(alarms: Alarms) -> None:
    """Each goes to the topic, coming and going; name and words lead to a section of the page."""
    (section,) = re.findall(
        r"^## Alarms$(.+?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    headings = re.findall(r"^### (.+)$", section, re.MULTILINE)
    told = {name: alarm["Properties"] for name, alarm in alarms.items()}
    sections = {
        name: re.fullmatch(r'.+\. See docs/operations\.md, "(.+)"\.', each["AlarmDescription"])
        for name, each in told.items()
    }

    assert {str(each["AlarmActions"]) for each in told.values()} == {"[{'Ref': 'AlarmTopic'}]"}
    assert {str(each["OKActions"]) for each in told.values()} == {"[{'Ref': 'AlarmTopic'}]"}
    assert all(sections.values())
    assert {match[1] for match in sections.values() if match} == set(headings)
    for name, match in sections.items():
        assert match
        words = match[1].lower().replace(" ", "-")
        assert re.fullmatch(rf"\$\{{Stack\}}(-\w+)?-{words}", told[name]["AlarmName"]["Fn::Sub"])


def test_every_job_has_an_alarm_for_runs_that_are_missing(alarms: Alarms) -> None:
    """Nothing measured alarms like nothing done, after three schedules or within an hour."""
    found = {
        job.name: [each for each in alarms.values() if watches(each, "jobs_done", job.name)]
        for job in read_jobs(TEMPLATE)
    }

    assert found
    for job in read_jobs(TEMPLATE):
        ((alarm),) = (each["Properties"] for each in found[job.name])
        every = read_schedule(job.schedules[0]).every.total_seconds()
        assert alarm["TreatMissingData"] == "breaching"
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
        assert every <= alarm["Period"] < 2 * every
        periods = alarm["EvaluationPeriods"]
        assert 2 <= periods <= 3 or periods * every == 3600
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
        assert alarm["Period"] * alarm["EvaluationPeriods"] <= 604_800


def test_sums_that_drift_alarm(alarms: Alarms) -> None:
    """By the count that the job measures: one hour is enough, and a run that found none is well."""
    (alarm,) = (
        each["Properties"]
        for each in alarms.values()
        if watches(each, "drifted_hours", "VerificationFunction")
    )
    assert verification.MEASURED == ("drifted_hours",)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "GreaterThanOrEqualToThreshold",
        1,
    )
    assert alarm["TreatMissingData"] == "notBreaching"


def test_spans_that_wait_beside_the_queue_are_counted_wherever_they_come_in(
    stack: Any, template: Any
) -> None:
    """The log of each function that sends to the queue is searched for a line that is logged."""
    filters = [
        each["Properties"]
        for each in stack["Resources"].values()
        if each["Type"] == "AWS::Logs::MetricFilter"
    ]
    senders = {
        resource["Properties"]["LoggingConfig"]["LogGroup"].value
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
        and "LLM_OBSERVE_INGEST_MODE" in str(resource["Properties"].get("Environment"))
    }
    sources = "".join(path.read_text() for path in (REPOSITORY / "functions").rglob("*.py"))
    ((begin),) = {each["FilterPattern"] for each in filters}
    line = re.fullmatch(r'\{ \$\.message = "(.+)\*" \}', begin)

    assert {each["LogGroupName"]["Ref"] for each in filters} == senders != set()
    assert line
    assert f'"{line[1]}' in sources


def test_queue_alarms_go_with_the_queue(alarms: Alarms) -> None:
    """Dead letters, what waits in the bucket and what waits long alarm in queue mode only."""
    queued = {name for name, each in alarms.items() if each.get("Condition") == "Queued"}
    of_queues = {name for name, each in alarms.items() if "AWS/SQS" in str(each)}

    assert queued == of_queues | {"Unsent"}
    assert len(queued) == 3


def test_stack_is_within_quotas(stack: Any) -> None:
    """At most 500 resources and 200 parameters in a template, 51,200 bytes would be no S3's.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    """
    assert len(stack["Resources"]) < 500
    assert len(stack["Parameters"]) < 200
    assert STACK.stat().st_size < 1_000_000
