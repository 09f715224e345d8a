"""Whether the running stack is the one that would be replaced."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.container import Container
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target


def strangers(found: Iterable[Container], model: Model, target: Target) -> dict[str, list[str]]:
    """Return the containers, by project, of other projects that look like this very stack.

    Compose's labels tell the project. Such a project was started from the same folder, or runs an image that
    this stack builds, or holds a container name that this stack uses.
    """
    services = model.services.values()
    built = {service.image for service in services if service.build is not None}
    names = {service.container_name for service in services if service.container_name}
    alike: dict[str, list[str]] = {}
    for one in found:
        if not one.project or one.project == target.project or not one.running:
            continue
        if one.folder == str(target.path) or one.named in built or one.name in names:
            alike.setdefault(one.project, []).append(one.name)
    return alike


def holders(found: Iterable[Container], model: Model, project: str) -> dict[str, list[Container]]:
    """Return the containers, stopped ones too, that hold a container name of the model and stay there.

    They are those of other projects and of none, and of another service of this project: what a release
    replaces is the container of the very service. One-off containers are replaced by nothing.
    """
    names = {
        service.container_name: name for name, service in model.services.items() if service.container_name
    }
    held: dict[str, list[Container]] = {}
    for one in found:
        service = names.get(one.name)
        if service and ((one.project, one.service) != (project, service) or one.oneoff):
            held.setdefault(service, []).append(one)
    return held


@pytest.mark.check(
    "project.matches",
    reason="D3, L3: under another project name Compose starts a second stack, with new and empty volumes.",
    fix="Set project in the target file to the name of the running project.",
    data=True,
)
def test_project_matches(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The stack that runs belongs to the project that the target file names, or nothing like it runs."""
    model = release.model
    ours = [one.name for one in host.project(target.project).containers if one.running]
    alike = strangers(host.containers.all, model, target)
    other = "; ".join(f"{name} ({', '.join(sorted(held))})" for name, held in sorted(alike.items()))
    if ours:
        found = f"the project {target.project} runs: {', '.join(sorted(ours))}"
    else:
        found = f"this stack runs as the project {other}" if other else "nothing of this stack runs yet"
    expect(
        ours or not alike,
        found=found,
        expected=f"the project {target.project}, or no stack from {target.path}",
        fix=f'Set project = "{next(iter(sorted(alike)))}" in {target.file}.' if alike else "",
    )


@pytest.mark.check(
    "project.orphans",
    reason="D3: what an earlier project or a removed service left running holds ports, names and memory.",
    fix="Remove them by name once nothing needs them (docker rm): gonogo removes only what a release made.",
    severity="warning",
)
def test_project_orphans(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """Every container of the project belongs to a service of the compose files."""
    known, running = release.files.declared, host.project(target.project).containers
    lost = [f"{one.told} of service {one.service}" for one in running if one.service not in known]
    expect(
        not lost,
        sorted(lost),
        found=f"{len(running)} containers of known services",
        expected=f"in the project {target.project} no container of a service that is gone",
    )


@pytest.mark.check(
    "names.free",
    reason="D3: a container name is held by one container on the whole host, a stopped one too.",
    fix="Remove or rename the holder, or change container_name in the compose file.",
)
def test_names_free(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """Every container_name is free, or held by the container that this release replaces."""
    model = release.model
    ours = any(one.running for one in host.project(target.project).containers)
    # A whole stack under another project name is one fault, and for project.matches to tell.
    told = set() if ours else set(strangers(host.containers.all, model, target))
    wrong = [
        f"{one.name} for {service} is held by {one.told} {_whose(one)}"
        for service, held in sorted(holders(host.containers.all, model, model.name).items())
        for one in held
        if one.project not in told
    ]
    names = sorted(service.container_name for service in model.services.values() if service.container_name)
    expect(
        not wrong,
        wrong,
        found=f"free or ours: {', '.join(names) or 'no container_name is given'}",
        expected="each container_name free, or held by what this release replaces",
    )


def _whose(one: Container) -> str:
    if not one.project:
        return "of no project"
    kind = "one-off container" if one.oneoff else "service"
    return f"of the project {one.project}, {kind} {one.service}"
