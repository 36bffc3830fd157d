"""The nested stack of the alarms: what it is told by template.yaml, and what it makes of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from infra.alarms.alarm import PAGE, TOPIC, Alarm, all_of
from infra.alarms.functions import EACH, list_function_alarms, name_condition
from infra.alarms.queue import QUEUED, QUEUES, SENDERS_LOGS, describe_filters, list_queue_alarms
from infra.local.aws.template import Function

_EMAIL: Final = "HasEmail"


def make_stack(functions: Sequence[Function]) -> dict[str, Any]:
    """Make the template that watches these functions, their API and their queue."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"llm-observe - alarms, and the topic that they are sent to. See {PAGE}.",
        "Parameters": dict(_list_parameters(functions)),
        "Conditions": dict(_list_conditions(functions)),
        "Resources": {
            **_describe_topic(),
            **describe_filters(),
            "ApiFailing": _watch_api().describe(),
            **{name: alarm.describe() for name, alarm in list_queue_alarms()},
            **{name: alarm.describe() for name, alarm in list_function_alarms(functions)},
        },
        "Outputs": {
            "Topic": {
                "Description": "ARN of the topic that hears of every alarm",
                "Value": {"Ref": TOPIC},
            }
        },
    }


def _list_parameters(functions: Sequence[Function]) -> Iterator[tuple[str, Any]]:
    told = {
        "Stack": "Name of the stack that is watched.",
        "Api": "Id of its HTTP API.",
        "AlarmEmail": "Address that hears of alarms, or empty.",
        "FunctionAlarms": "Whether each function has alarms of its own.",
        **dict.fromkeys(QUEUES, "Name of the queue; empty in sync mode."),
        **dict.fromkeys(SENDERS_LOGS, "Name of the log group."),
        **{each.name: "Name of the function, or empty." for each in functions},
    }
    for name, description in told.items():
        yield name, {"Type": "String", "Description": description}


def _list_conditions(functions: Sequence[Function]) -> Iterator[tuple[str, Any]]:
    yield _EMAIL, _is_given("AlarmEmail")
    yield QUEUED, _is_given(QUEUES[0])
    yield EACH, {"Fn::Equals": [{"Ref": "FunctionAlarms"}, "true"]}
    for function in functions:
        if function.condition and (condition := name_condition(function)):
            yield f"Has{function.name}", _is_given(function.name)
            yield condition, all_of([EACH, f"Has{function.name}"])


def _is_given(parameter: str) -> dict[str, Any]:
    return {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}


def _describe_topic() -> dict[str, Any]:
    """Describe the topic: without a key, since CloudWatch may not use AWS's own for SNS.

    https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
    """
    return {
        TOPIC: {
            "Type": "AWS::SNS::Topic",
            "Properties": {"DisplayName": {"Fn::Sub": "${Stack} alarms"}},
        },
        "AlarmSubscription": {
            "Type": "AWS::SNS::Subscription",
            "Condition": _EMAIL,
            "Properties": {
                "TopicArn": {"Ref": TOPIC},
                "Protocol": "email",
                "Endpoint": {"Ref": "AlarmEmail"},
            },
        },
    }


def _watch_api() -> Alarm:
    return Alarm(
        section="API answers 5xx",
        happened="More than one request in a hundred, and five at least, was answered with 5xx.",
        subject="${Stack}",
        namespace="AWS/ApiGateway",
        metric="5xx",
        beside="Count",
        dimensions={"ApiId": {"Ref": "Api"}},
        expression="IF(m1 >= 5, 100 * m1 / m2, 0)",
    )
