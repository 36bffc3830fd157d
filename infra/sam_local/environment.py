"""The variables of a function in a container: the demo's, by a name that leads out of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import yaml

from infra.local.aws.template import _Loader
from infra.local.keys import load_keys
from infra.local.services import function_environment
from infra.local.settings import REPOSITORY, Settings
from infra.local.stack import STACK_FILE
from infra.local.state import read_json, write_json

HOST: Final = "host.docker.internal"
"""This machine's name within a container, which `--add-host` gives it also on Linux."""
ENVIRONMENT_FILE: Final = "env.json"
_ADDRESSES: Final = ("SUPABASE_URL", "OPENAI_BASE_URL")


class SamLocalError(RuntimeError):
    """Nothing can be made ready; the message says what to do first."""


def find_demo(settings: Settings) -> Mapping[str, Any]:
    """Give what the running demo says of itself; SamLocalError if none runs."""
    running = read_json(settings.state_dir / STACK_FILE)
    if running is None:
        raise SamLocalError("No demo is running. Start it, in another terminal, by `make demo`.")
    return running


def write_environment(settings: Settings, running: Mapping[str, Any], host: str = HOST) -> Path:
    """Write ``env.json`` beside the demo's keys, for its owner's eyes, and give its path."""
    path = settings.state_dir / ENVIRONMENT_FILE
    write_json(path, {"Parameters": read_parameters(settings, running, host)})
    return path


def read_parameters(
    settings: Settings, running: Mapping[str, Any], host: str = HOST
) -> dict[str, str]:
    """Give those variables that template.yaml declares: SAM replaces no others.

    Raises:
        SamLocalError: if the demo calls OpenAI with a key that is not given here.
    """
    offline_port = running["offline_openai_port"]
    if offline_port is None and not settings.openai_key_given:
        raise SamLocalError("The demo calls OpenAI: set OPENAI_API_KEY for this command, too.")
    told = function_environment(settings, load_keys(settings.state_dir), offline_port)
    told["SUPABASE_URL"] = running["data_api_url"]
    declared = list_declared()
    parameters = {name: value for name, value in told.items() if name in declared}
    for name in _ADDRESSES:
        if name in parameters and urlsplit(parameters[name]).hostname == "127.0.0.1":
            parameters[name] = parameters[name].replace("//127.0.0.1", f"//{host}")
    # The values are here, so nobody needs to be asked for them.
    return parameters | {name: "" for name in declared if name.endswith("_SECRET_ARN")}


def list_declared() -> set[str]:
    """Give every variable that a function of template.yaml has."""
    text = (REPOSITORY / "template.yaml").read_text(encoding="utf-8")
    template = yaml.load(text, _Loader)  # noqa: S506  # a SafeLoader with inert tags
    groups = [template["Globals"]["Function"], *_list_functions(template)]
    return {name for group in groups for name in group.get("Environment", {}).get("Variables", {})}


def _list_functions(template: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
