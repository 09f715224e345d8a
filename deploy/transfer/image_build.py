"""Images on this machine: where they are built from, building them, and their ids."""

from __future__ import annotations

import json
import os
import posixpath
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from gonogo.deploy.compose import dockerfile as recipes
from gonogo.deploy.compose.development import VARIABLES
from gonogo.deploy.compose.dockerfile import Stage
from gonogo.deploy.compose.image_name import repository
from gonogo.deploy.compose.model import Model, Service
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release import tagged
from gonogo.deploy.target import Target
from gonogo.deploy.transfer.build_source import REVISION, Source, source

DEFAULT_PLATFORM = "DOCKER_DEFAULT_PLATFORM"
"""The variable with which Compose builds for another platform than the engine's own."""

BUILD_TIMEOUT_S = 3600
LAST_LINES = 8


def context(target: Target, service: Service) -> Path | None:
    """Return the folder on this machine that a service is built from; None for a context that is a URL.

    Compose resolved it on the target, relative to ``path``; here the same way leads from ``source``.
    """
    return _here(target, str((service.build or {}).get("context") or target.path))


def _here(target: Target, given: str) -> Path | None:
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
    build, file = service.build or {}, dockerfile(target, service)
    arguments = {name: str(value) for name, value in (build.get("args") or {}).items()}
    try:
        text = build.get("dockerfile_inline") or (file.read_text("utf-8-sig", "replace") if file else "")
    except OSError:
        return []
    return recipes.stages(text, arguments)


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


def local_ids(names: Iterable[str]) -> dict[str, str]:
    """Return the ids of this machine's images by name, those that are there; raises GonogoError."""
    import docker  # noqa: PLC0415  it takes long, and preflight does without
    import requests  # noqa: PLC0415

    from gonogo.deploy.host.docker_sdk import local_engine  # noqa: PLC0415

    engine = local_engine()
    found = {}
    try:
        for name in sorted(set(names)):
            try:
                found[name] = str(engine.images.get(name).id)
            except docker.errors.ImageNotFound:
                continue
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise GonogoError(f"this machine's Docker Engine: {type(error).__name__}: try again") from None
    finally:
        engine.close()
    return found


def makers(model: Model) -> list[str]:
    """Return the services that are built, one for each image: of two builds, one would be another image."""
    found = {repository(model.services[name].image): name for name in reversed(model.built())}
    return sorted(found.values())


def build_file(target: Target, model: Model, version: str, place: Callable[[str], str] | None = None) -> str:
    """Return the Compose file that builds the model's images: its build sections and nothing else.

    ``place``: where a path that Compose resolved lies for the engine that builds; by default, here.

    Each image gets the tag of the release, so that builds at the same time do not take each other's images.
    Arguments come from the target's env file, so the file may hold secrets: it is for standard input.
    """
    services = {name: _build(target, model.services[name], version, place) for name in makers(model)}
    return json.dumps({"name": model.name, "services": services}).replace("$", "$$")


def build(target: Target, model: Model, version: str, say: Callable[[str], None]) -> dict[str, str]:
    """Build the images of the model on this machine and return their ids by service.

    Raises GonogoError with the last lines when a build fails; nothing on the target was touched.
    """
    names = model.built()
    text = build_file(target, model, version)
    status, lines = _run(target, text, _has_buildx(), say)
    if status != 0 and too_old(lines):
        status, lines = _run(target, text, False, say)
    if status != 0:
        raise GonogoError(
            f"building {', '.join(makers(model))} failed on this machine, the target was not touched: "
            + " / ".join(lines[-LAST_LINES:])
        )
    tags = {name: tagged(model.services[name].image, version) for name in names}
    ids = local_ids(tags.values())
    if missing := sorted(set(tags.values()) - set(ids)):
        raise GonogoError(f"the build ended well but made no image {', '.join(missing)}")
    return {name: ids[tag] for name, tag in tags.items()}


def too_old(lines: Iterable[str]) -> bool:
    """Return whether a build failed since Compose wants a later buildx than there is; it had not begun then.

    The classic builder, which Compose takes with DOCKER_BUILDKIT=0, does without.
    """
    return any("requires buildx" in line for line in lines)


def _run(target: Target, text: str, buildkit: bool, say: Callable[[str], None]) -> tuple[int, list[str]]:
    argv = ["docker", "compose", "-f", "-", "--project-directory", str(target.source)]
    process = subprocess.Popen(
        [*argv, "--progress", "plain", "build"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **({} if buildkit else {"DOCKER_BUILDKIT": "0"})},
    )
    try:
        lines = _fed(process, text.encode(), say)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    return process.returncode, lines


def _fed(process: subprocess.Popen[bytes], text: bytes, say: Callable[[str], None]) -> list[str]:
    assert process.stdin and process.stdout
    try:
        process.stdin.write(text)
        process.stdin.close()
    except BrokenPipeError:
        pass  # it ended before it read all; its output tells why
    lines = []
    for raw in process.stdout:
        line = raw.decode("utf-8", "replace").strip()
        if line:
            lines.append(line)
            say(line)
    process.wait(BUILD_TIMEOUT_S)
    return lines


def _build(
    target: Target, service: Service, version: str, place: Callable[[str], str] | None
) -> dict[str, Any]:
    section = dict(service.build or {})
    place = place or (lambda given: str(_here(target, given) or given))
    if more := section.get("additional_contexts"):
        section["additional_contexts"] = {key: place(str(at)) for key, at in more.items()}
    folder = context(target, service)
    if folder is not None:
        section["context"] = place(str(section.get("context") or target.path))
        revision = source(target, folder).label
        labels = section.get("labels") or {}
        if revision and isinstance(labels, dict):
            section["labels"] = {**labels, REVISION: revision}
    return {"image": tagged(service.image, version), "build": section}


def _has_buildx() -> bool:
    argv = ["docker", "buildx", "version"]
    return subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0
