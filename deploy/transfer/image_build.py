"""Images on this machine: building them, and their ids."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import OF, Service
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.images import REVISION
from gonogo.deploy.host.own_variables import own_variables
from gonogo.deploy.release.build_context import context, here
from gonogo.deploy.release.build_source import source
from gonogo.deploy.release.records import tagged
from gonogo.deploy.target.target import Target

BUILD_TIMEOUT_S = 3600
LAST_LINES = 8


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


def makers(model: Model) -> dict[str, list[str]]:
    """Return the services that are built, and for each those that run its image: a build is done once.

    Done twice, it would make another image. What is the same build may go by several names.
    """
    found: dict[str, list[str]] = {}
    for name in model.built():
        found.setdefault(json.dumps(model.services[name].build, sort_keys=True), []).append(name)
    return {names[0]: names for names in found.values()}


def build_file(target: Target, model: Model, version: str, place: Callable[[str], str] | None = None) -> str:
    """Return the Compose file that builds the model's images: its build sections and nothing else.

    ``place``: where a path that Compose resolved lies for the engine that builds; by default, here.

    Each image gets the tag of the release, so that builds at the same time do not take each other's images.
    Arguments come from the target's env file, so the file may hold secrets: it is for standard input.
    """
    place = place or (lambda given: str(here(target, given) or given))
    builds = makers(model)
    maker = {name: first for first, names in builds.items() for name in names}
    services = {}
    for first, names in builds.items():
        own, *others = dict.fromkeys(tagged(model.services[name].image, version) for name in names)
        section = _build(target, model.services[first], place, maker)
        if others:
            section["tags"] = [*section.get("tags", ()), *others]
        services[first] = {"image": own, "build": section}
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
        env={**own_variables(), **({} if buildkit else {"DOCKER_BUILDKIT": "0"})},
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
    target: Target, service: Service, place: Callable[[str], str], maker: Mapping[str, str]
) -> dict[str, Any]:
    section = dict(service.build or {})
    if more := section.get("additional_contexts"):
        other = {f"{OF}{name}": f"{OF}{first}" for name, first in maker.items()}
        section["additional_contexts"] = {key: other.get(str(at), place(str(at))) for key, at in more.items()}
    folder = context(target, service)
    if folder is not None:
        section["context"] = place(str(section.get("context") or target.path))
        revision = source(target, folder).label
        labels = section.get("labels") or {}
        if revision and isinstance(labels, dict):
            section["labels"] = {**labels, REVISION: revision}
    return section


def _has_buildx() -> bool:
    argv = ["docker", "buildx", "version"]
    return subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0
