"""What marks a service as made for development, by its build stage, its variables and its command (L6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gonogo.deploy.compose.service import Service

MODES = (
    "NODE_ENV",
    "APP_ENV",
    "APP_ENVIRONMENT",
    "ENVIRONMENT",
    "RAILS_ENV",
    "RACK_ENV",
    "FLASK_ENV",
    "DJANGO_ENV",
    "MIX_ENV",
    "ASPNETCORE_ENVIRONMENT",
    "DOTNET_ENVIRONMENT",
)
"""Variables by which frameworks choose between development and production."""
SWITCHES = ("DEBUG", "APP_DEBUG", "FLASK_DEBUG", "DJANGO_DEBUG")
VARIABLES = (*MODES, *SWITCHES)

_STAGE = re.compile(
    r"(.*[-_.])?(dev|devel|develop|development|debug)([-_.].*)?|tests?|testing", re.IGNORECASE
)
_MODE = re.compile(r"(dev|develop|development|debug|local|test|testing)", re.IGNORECASE)
_ON = re.compile(r"(1|true|yes|on)", re.IGNORECASE)
_BEGIN = r"(?:^|[\s/;&|(\"'])"
_SERVERS = re.compile(
    _BEGIN
    + r"""(?:
      (?:next|nuxt|nuxi|astro|remix|gatsby|fastapi)\s+(?:dev|develop)
    | (?:npm|pnpm|yarn|bun)\s+(?:run\s+|run-script\s+)?(?:dev|develop|start:dev|serve:dev|dev:\S+)
    | vite(?!\s+(?:build|preview)) | nodemon | ts-node-dev | webpack-dev-server | webpack\s+serve
    | ng\s+serve | vue-cli-service\s+serve | react-scripts\s+start
    | flask\s(?:.*\s)?run\s(?:.*\s)?--debug | flask\s(?:.*\s)?--debug\s(?:.*\s)?run
    | (?:uvicorn|gunicorn|hypercorn)\s(?:.*\s)?--reload
    | manage\.py\s+runserver | artisan\s+serve | dotnet\s+watch
    )(?=$|[\s;&|)\"'])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class ImageDefaults:
    """What an image, or what builds it, has of its own: variables, command, and the stage that is built."""

    variables: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    stage: str = ""


@dataclass(frozen=True)
class Declared:
    """What the target file demands: the stage by service, the value by variable."""

    stages: Mapping[str, str]
    environment: Mapping[str, str]


def faults(services: Iterable[Service], declared: Declared, own: Mapping[str, ImageDefaults]) -> list[str]:
    """Return what is wrong, in words that name the service and the value.

    ``own``: what is known of each service's image itself.
    """
    services = list(services)
    names = {service.name for service in services}
    found = [
        f"images.stages of the target file names {name}, which the stack does not have"
        for name in sorted(set(declared.stages) - names)
    ]
    for service in services:
        image = own.get(service.name, ImageDefaults())
        found += _stage(service, declared.stages.get(service.name), image.stage)
        found += _variables(service, declared.environment, image.variables)
        words = " ".join((*service.entrypoint, *service.command)) or image.command
        if server := _server(words):
            found.append(f"{service.name} is started with `{server}`, a development server")
    return found


def _stage(service: Service, declared: str | None, last: str) -> Iterator[str]:
    stage = str((service.build or {}).get("target") or "")
    if declared is not None and stage != declared:
        is_ = f"is built with stage {stage}" if stage else "is built without naming a stage"
        yield f"{service.name} {is_ if service.build else 'is not built'}, and {declared} is declared"
    if _STAGE.fullmatch(stage):
        yield f"{service.name} is built with the stage {stage}"
    elif not stage and _STAGE.fullmatch(last):
        yield f"{service.name} is built with the stage {last}, the last of its Dockerfile"


def _variables(service: Service, declared: Mapping[str, str], image: Mapping[str, str]) -> Iterator[str]:
    arguments = {k: str(v) for k, v in ((service.build or {}).get("args") or {}).items()}
    effective = {**image, **service.environment}
    wrong = {name: v for name, v in declared.items() if name in effective and effective[name] != v}
    for name, value in wrong.items():
        yield f"{service.name} has {name}={effective[name]}, and {value} is declared"
    for where, given in (("", effective), ("the build argument ", arguments)):
        for name in VARIABLES:
            value = given.get(name, "").strip()
            if (_MODE if name in MODES else _ON).fullmatch(value) and (where or name not in wrong):
                yield f"{service.name} has {where}{name}={value}"


def _server(words: str) -> str:
    match = _SERVERS.search(words)
    return " ".join(match.group().strip("\"'/;&|( ").split()) if match else ""
