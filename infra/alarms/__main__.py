"""Writes ``infra/deploy/alarms.yaml``: ``python -m infra.alarms``; ``--check`` compares instead."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import yaml

from infra.alarms.stack import make_stack
from infra.generated import write_or_compare
from infra.local.aws.template import read_all_functions

_REPOSITORY: Final = Path(__file__).parents[2]
_STACK: Final = _REPOSITORY / "infra" / "deploy" / "alarms.yaml"
_HEADER: Final = (
    "# Made by `make alarms` from template.yaml and infra/alarms; "
    "docs/operations.md says what to do at each.\n"
)


class _Dumper(yaml.SafeDumper):
    """YAML without aliases, which CloudFormation does not take."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # of every value
        """Write what stands twice twice."""
        return True


def main() -> int:
    """Write or check the nested stack."""
    stack = make_stack(read_all_functions(_REPOSITORY / "template.yaml"))
    text = _HEADER + yaml.dump(
        stack, Dumper=_Dumper, sort_keys=False, width=120, default_flow_style=None
    )
    stale = "infra/deploy/alarms.yaml is not of this template.yaml. Run `make alarms`."
    return write_or_compare(_STACK, text, stale=stale)


if __name__ == "__main__":
    sys.exit(main())
