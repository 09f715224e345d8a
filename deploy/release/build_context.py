"""Where the images of a release are built from, on this machine."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from pathlib import Path

from gonogo.deploy.compose import dockerfile as recipes
from gonogo.deploy.compose.development import VARIABLES
from gonogo.deploy.compose.dockerfile import Stage
from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import Service
from gonogo.deploy.release.build_source import Source, source
from gonogo.deploy.target.target import Target

DEFAULT_PLATFORM = "DOCKER_DEFAULT_PLATFORM"
"""The variable with which Compose builds for another platform than the engine's own."""


def context(target: Target, service: Service) -> Path | None:
    """Return the folder on this machine that a service is built from; None for a context that is a URL.

    Compose resolved it on the target, relative to ``path``; here the same way leads from ``source``.
    """
    return here(target, str((service.build or {}).get("context") or target.path))


def here(target: Target, given: str) -> Path | None:
    """Return where a path lies on this machine that Compose resolved; None for what is no path."""
    # Compose makes every path absolute, so what is not is a URL, another service, an image.
    if not given.startswith("/"):
        return None
    return (target.source / posixpath.relpath(given, str(target.path))).resolve()


def dockerfile(target: Target, service: Service) -> Path | None:
    """Return the Dockerfile that a service is built with; None where it is inline or the context a URL."""
    build, folder = service.build or {}, context(target, service)
    if folder is None or build.get("dockerfile_inline"):
        return None
    return folder / str(build.get("dockerfile", "Dockerfile"))


def buildable(target: Target, service: Service) -> str:
    """Return what keeps a service from being built here; empty when nothing does."""
    folder, file = context(target, service), dockerfile(target, service)
    if folder is not None and not folder.is_dir():
        return f"{service.name}: its build context {folder} does not exist on this machine"
    if file is not None and not file.is_file():
        return f"{service.name}: there is no {file} to build it with"
    stage, found = str((service.build or {}).get("target") or ""), stages(target, service)
    if stage and found and recipes.built(found, stage) is None:
        return f"{service.name}: its Dockerfile has no stage {stage}"
    return ""


def stages(target: Target, service: Service) -> list[Stage]:
    """Return the stages of a service's Dockerfile; none where it cannot be read on this machine."""
    arguments = {name: str(value) for name, value in ((service.build or {}).get("args") or {}).items()}
    return recipes.stages(_text(target, service), arguments)


def secrets_in(target: Target, model: Model) -> list[str]:
    """Return what redaction has to know of the Dockerfiles of the built services."""
    texts = {_text(target, model.services[name]) for name in model.built()}
    return [secret for text in sorted(texts) for secret in recipes.secrets_in(text)]


def _text(target: Target, service: Service) -> str:
    """Return a service's Dockerfile; nothing where it cannot be read on this machine."""
    file = dockerfile(target, service)
    try:
        inline = (service.build or {}).get("dockerfile_inline")
        return str(inline) if inline else file.read_text("utf-8-sig", "replace") if file else ""
    except OSError:
        return ""


def built_stages(target: Target, model: Model) -> dict[str, Stage]:
    """Return the stage that each built service would run, with those variables alone that matter here."""
    found = {}
    for name in model.built():
        service = model.services[name]
        stage = recipes.built(stages(target, service), str((service.build or {}).get("target") or ""))
        if stage:
            told = {key: text for key, text in stage.variables.items() if key in VARIABLES}
            found[name] = replace(stage, variables=told)
    return found


def sources(target: Target, model: Model) -> dict[str, Source]:
    """Return what git says of each built service's context, those alone that lie on this machine."""
    folders = {name: context(target, model.services[name]) for name in model.built()}
    found = {folder: source(target, folder) for folder in set(folders.values()) if folder}
    return {name: found[folder] for name, folder in folders.items() if folder}
