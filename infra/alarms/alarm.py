"""One alarm, as CloudFormation wants it, and the sections of the page that explains them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

TOPIC: Final = "AlarmTopic"
PAGE: Final = "docs/operations.md"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that goes off where ``threshold`` is reached in ``periods`` of so many seconds."""

    section: str
    """The heading in the page that says what to do."""
    happened: str
    """A sentence for the person who gets the mail."""
    metric: str
    namespace: str
    dimensions: Mapping[str, Any]
    subject: str
    """The words by which a mail names it, beside the section: CloudFormation's ``Fn::Sub``."""
    statistic: str = "Sum"
    threshold: float = 1
    seconds: int = 300
    periods: int = 1
    missing_is_bad: bool = False
    """Whether no measurement alarms, and less than the threshold: a run that was not done."""
    condition: str | None = None
    expression: str | None = None
    """Of the metric, ``m1``, and of ``beside``, ``m2``; the alarm watches its value."""
    beside: str | None = None
    """A second metric of the same dimensions."""

    def describe(self) -> dict[str, Any]:
        """Give the resource of CloudFormation."""
        comparison = "LessThan" if self.missing_is_bad else "GreaterThanOrEqualTo"
        watched = self._describe_expression() if self.expression else self._describe_metric()
        properties = {
            # Begins with the stack's name, which a role that deploys may be held to.
            "AlarmName": {"Fn::Sub": f"{self.subject}-{self.section.lower().replace(' ', '-')}"},
            "AlarmDescription": f'{self.happened} See {PAGE}, "{self.section}".',
            "AlarmActions": [{"Ref": TOPIC}],
            "OKActions": [{"Ref": TOPIC}],
            **watched,
            "EvaluationPeriods": self.periods,
            "Threshold": self.threshold,
            "ComparisonOperator": f"{comparison}Threshold",
            "TreatMissingData": "breaching" if self.missing_is_bad else "notBreaching",
        }
        alarm: dict[str, Any] = {"Type": "AWS::CloudWatch::Alarm"}
        if self.condition:
            alarm["Condition"] = self.condition
        return alarm | {"Properties": properties}

    def _describe_metric(self) -> dict[str, Any]:
        return {
            **self._name_metric(self.metric),
            "Statistic": self.statistic,
            "Period": self.seconds,
        }

    def _describe_expression(self) -> dict[str, Any]:
        metrics: list[dict[str, Any]] = [
            {
                "Id": f"m{number}",
                "ReturnData": False,
                "MetricStat": {
                    "Metric": self._name_metric(name),
                    "Stat": self.statistic,
                    "Period": self.seconds,
                },
            }
            for number, name in enumerate((self.metric, self.beside), 1)
            if name
        ]
        return {"Metrics": [*metrics, {"Id": "watched", "Expression": self.expression}]}

    def _name_metric(self, name: str) -> dict[str, Any]:
        dimensions = [{"Name": key, "Value": value} for key, value in self.dimensions.items()]
        told = {"Fn::Sub": name} if "${" in name else name
        return {"Namespace": self.namespace, "MetricName": told, "Dimensions": dimensions}


def all_of(conditions: Sequence[str]) -> dict[str, Any]:
    """Give the condition that all of these hold."""
    return {"Fn::And": [{"Condition": name} for name in conditions]}
