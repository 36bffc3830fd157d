"""Reads functions and their HttpApi events from a SAM template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# Lambda's own defaults, https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-common.html
_DEFAULT_TIMEOUT_S = 3
_DEFAULT_MEMORY_MB = 128


class TemplateError(ValueError):
    """The template cannot be served; the message says which part of it and why."""


@dataclass(frozen=True)
class RouteKey:
    """A route as API Gateway names it: ``GET /traces/{trace_id}``, ``ANY /{proxy+}``."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_greedy(self) -> bool:
        """Whether its last parameter takes all that is left of a path, slashes included."""
        return "+}" in self.path

    @property
    def takes_every_path(self) -> bool:
        """Whether it takes every path that no other route has."""
        return self.is_greedy and self.path.startswith("/{")

    @property
    def documented(self) -> str:
        """The route as the API's own document names it."""
        return str(self).replace("+}", "}")


ResponseMapping = Mapping[str, Mapping[str, str]]
"""Changes to an answer with a status: ``{"500": {"overwrite:statuscode": "503"}}``."""


@dataclass(frozen=True)
class Function:
    """A function of the template; ``root`` is the folder its handler is imported from."""

    name: str
    handler: str
    root: Path
    timeout_s: int
    memory_mb: int
    routes: tuple[RouteKey, ...]
    mappings: Mapping[RouteKey, ResponseMapping] = field(default_factory=dict)
    takes_messages: bool = False
    """Whether it gets messages of an SQS queue."""
    schedules: tuple[str, ...] = ()
    """The expressions by which EventBridge Scheduler starts it: ``rate(1 hour)``."""
    condition: str | None = None
    """The template's condition without which it is not deployed."""

    @property
    def path(self) -> tuple[str, ...]:
        """The folder of its handler under functions/: ``("demo", "run")``."""
        return tuple(self.handler.split(".")[1:-2])


@dataclass(frozen=True)
class _Intrinsic:
    """A CloudFormation function such as ``!Ref``, which only a deployment can resolve."""

    tag: str
    value: object


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags."""


def _construct_intrinsic(loader: _Loader, tag: str, node: yaml.Node) -> _Intrinsic:
    if isinstance(node, yaml.MappingNode):
        return _Intrinsic(tag, loader.construct_mapping(node, deep=True))
    if isinstance(node, yaml.SequenceNode):
        return _Intrinsic(tag, loader.construct_sequence(node, deep=True))
    return _Intrinsic(tag, node.value)


_Loader.add_multi_constructor("!", _construct_intrinsic)


def read_functions(template: Path) -> list[Function]:
    """Return the template's functions that have HttpApi routes; TemplateError if it is unusable."""
    return [function for function in read_all_functions(template) if function.routes]


def read_consumers(template: Path) -> list[Function]:
    """Return the functions that get messages of a queue, which are not served locally."""
    return [function for function in read_all_functions(template) if function.takes_messages]


def read_jobs(template: Path) -> list[Function]:
    """Return the functions that run on a schedule; TemplateError if it is unusable."""
    return [function for function in read_all_functions(template) if function.schedules]


def read_all_functions(template: Path) -> list[Function]:
    """Return every function of the template; TemplateError if it is unusable."""
    document = read_document(template)
    resources = document["Resources"]
    shared = document.get("Globals", {}).get("Function", {})
    mappings = _read_mappings(resources)
    return [
        _read_function(name, resource, shared, template.absolute().parent, mappings)
        for name, resource in resources.items()
        if resource.get("Type") == "AWS::Serverless::Function"
    ]


def read_document(template: Path) -> dict[str, Any]:
    """Return the whole template, in which CloudFormation's tags say nothing.

    Raises:
        TemplateError: if it is none.
    """
    try:
        with template.open(encoding="utf-8") as text:
            document = yaml.load(text, _Loader)  # noqa: S506  # a SafeLoader with inert tags
    except OSError as error:
        raise TemplateError(f"{template} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise TemplateError(f"{template} is no YAML: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise TemplateError(f"{template} has no Resources.")
    return document


def _read_function(
    name: str,
    resource: Mapping[str, Any],
    shared: Mapping[str, Any],
    folder: Path,
    mappings: Mapping[RouteKey, ResponseMapping],
) -> Function:
    properties = {**shared, **resource.get("Properties", {})}
    handler = properties.get("Handler")
    if not isinstance(handler, str) or "." not in handler:
        raise TemplateError(f"{name} has no Handler of the form package.module.function.")
    build = resource.get("Metadata", {}).get("BuildProperties", {})
    # In that mode SAM packs CodeUri with the packages around it, up to the first plain folder.
    with_parents = build.get("ParentPackageMode") == "auto"
    code = folder / str(properties.get("CodeUri", "."))
    return Function(
        name=name,
        handler=handler,
        root=_find_import_root(code) if with_parents else code,
        timeout_s=_read_number(name, properties, "Timeout", _DEFAULT_TIMEOUT_S),
        memory_mb=_read_number(name, properties, "MemorySize", _DEFAULT_MEMORY_MB),
        routes=tuple(_read_routes(name, properties.get("Events", {}))),
        mappings=mappings,
        takes_messages=any(e.get("Type") == "SQS" for e in properties.get("Events", {}).values()),
        schedules=tuple(_read_schedules(name, properties.get("Events", {}))),
        condition=resource.get("Condition"),
    )


def _read_mappings(resources: Mapping[str, Any]) -> dict[RouteKey, ResponseMapping]:
    """Give the parameter mappings of answers that an API's own definition has, by route.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
    """
    bodies = (
        resource.get("Properties", {}).get("DefinitionBody", {})
        for resource in resources.values()
        if resource.get("Type") == "AWS::Serverless::HttpApi"
    )
    return {
        RouteKey(method.upper(), path): integration["responseParameters"]
        for body in bodies
        for path, methods in body.get("paths", {}).items()
        for method, operation in methods.items()
        if "responseParameters"
        in (integration := operation.get("x-amazon-apigateway-integration", {}))
    }


def _find_import_root(code: Path) -> Path:
    while (code / "__init__.py").is_file():
        code = code.parent
    return code


def _read_number(name: str, properties: Mapping[str, Any], key: str, default: int) -> int:
    value = properties.get(key, default)
    if not isinstance(value, int) or value <= 0:
        raise TemplateError(f"{name} needs a plain number for {key} to be run locally.")
    return value


def _read_routes(name: str, events: Mapping[str, Any]) -> list[RouteKey]:
    routes = []
    for event in events.values():
        if event.get("Type") != "HttpApi":
            continue
        properties = event.get("Properties", {})
        method, path = str(properties.get("Method", "ANY")).upper(), properties.get("Path")
        if not isinstance(path, str) or not path.startswith("/"):
            raise TemplateError(f"{name} has an HttpApi event whose Path is not a path.")
        routes.append(
            RouteKey("ANY" if method in {"ANY", "X-AMAZON-APIGATEWAY-ANY-METHOD"} else method, path)
        )
    return routes


def _read_schedules(name: str, events: Mapping[str, Any]) -> list[str]:
    expressions = [
        event.get("Properties", {}).get("ScheduleExpression")
        for event in events.values()
        if event.get("Type") == "ScheduleV2"
    ]
    if not all(isinstance(expression, str) for expression in expressions):
        raise TemplateError(f"{name} needs a plain text for ScheduleExpression to be run locally.")
    return expressions
