"""``python translate.py TEMPLATE`` prints what SAM makes of it, in SAM CLI's environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

_ANY_SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:any"  # noqa: S105  # no secret, an ARN


def main() -> None:
    """Print the template; the folders of code become what `sam deploy` has uploaded by then."""
    document = yaml_parse(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for resource in document["Resources"].values():
        for place in ("CodeUri", "ContentUri"):
            if place in resource.get("Properties", {}):
                resource["Properties"][place] = "s3://bucket/key"
    shared = document.get("Globals", {}).get("Function")
    if shared:
        shared["CodeUri"] = "s3://bucket/key"
    parameters = {
        name: each.get("Default", _ANY_SECRET) for name, each in document["Parameters"].items()
    }
    json.dump(Translator({}, Parser(), None).translate(document, parameters), sys.stdout)


if __name__ == "__main__":
    main()
