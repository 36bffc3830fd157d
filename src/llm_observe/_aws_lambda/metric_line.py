"""One line of CloudWatch's embedded metric format per invocation.

Specification: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
It tells what the database cannot: what was lost because the database could not be reached.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from llm_observe._delivery.ledger import Ledger

_NAMESPACE: Final = "llm-observe"
_NOTHING: Final[Mapping[str, int]] = MappingProxyType({"emitted": 0, "stored": 0, "dropped": 0})


class MetricLine:
    """Writes how the ledger changed since the last line."""

    def __init__(self) -> None:
        self._told = _NOTHING
        self._process_id: str | None = None

    def write(self, ledger: Ledger, service: str) -> None:
        """Write one line to standard output, which Lambda logs, if anything has changed."""
        now = ledger.snapshot()
        if now["process_id"] != self._process_id:
            # Another process' ledger: a fork's, a restored snapshot's or another instance's.
            self._process_id, self._told = now["process_id"], _NOTHING
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
            "service": service,
            "process_id": now["process_id"],
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def _declare(names: list[str]) -> dict[str, Any]:
    metrics = [{"Name": name, "Unit": "Count"} for name in names]
    directive = {"Namespace": _NAMESPACE, "Dimensions": [["service"]], "Metrics": metrics}
    return {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}}
