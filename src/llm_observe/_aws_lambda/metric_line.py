"""One line of CloudWatch's embedded metric format per invocation.

Specification: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
It tells what the database cannot: what was lost because the database could not be reached.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from llm_observe._delivery.ledger import Ledger

_NAMESPACE = "llm-observe"


class MetricLine:
    """Writes how the ledger changed since the last line."""

    def __init__(self, ledger: Ledger, service: str) -> None:
        self._ledger = ledger
        self._service = service
        self._told = {"emitted": 0, "stored": 0, "dropped": 0}

    def write(self) -> None:
        """Write one line to standard output, which Lambda logs, if anything has changed."""
        now = self._ledger.snapshot()
        totals = {
            "emitted": now["emitted"],
            "stored": now["stored"],
            "dropped": sum(now["dropped"].values()),
        }
        changes = {f"spans_{name}": totals[name] - self._told[name] for name in totals}
        if not any(changes.values()):
            return
        self._told = totals
        line = {
            **_declare(list(changes)),
            **changes,
            **{f"total_{name}": count for name, count in totals.items()},
            "spans_waiting": now["waiting"],
            "dropped": now["dropped"],
            "service": self._service,
            "process_id": now["process_id"],
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    def renew(self) -> None:
        """Start over as another process."""
        self._told = dict.fromkeys(self._told, 0)


def _declare(names: list[str]) -> dict[str, Any]:
    metrics = [{"Name": name, "Unit": "Count"} for name in names]
    directive = {"Namespace": _NAMESPACE, "Dimensions": [["service"]], "Metrics": metrics}
    return {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}}
