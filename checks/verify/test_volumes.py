"""Whether what runs has the mounts that its release gives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.checks.verify.recorded import as_given, model_of, record_of
from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import Mount, Service
from gonogo.deploy.host.container import Container
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.target.target import Target


def mount_faults(model: Model, service: Service, container: Container) -> Iterator[str]:
    """Yield, for each mount of the model, in words, how the container differs from it."""
    there = {_plain(place): (kind, source) for kind, source, place in container.mounts}
    closed = {_plain(place) for place in container.read_only}
    for mount in service.mounts:
        place = _plain(mount.target)
        if mount.type not in ("volume", "bind"):
            continue
        if place not in there:
            yield f"{container.name} has nothing mounted at {mount.target}, instead of {_name(model, mount)}"
            continue
        kind, source = there[place]
        wanted = model.volume_of(mount) or mount.source
        if kind != mount.type or (wanted and _plain(source) != _plain(wanted)):
            yield f"{container.name} has {kind} {source} at {mount.target}, instead of {_name(model, mount)}"
        elif mount.read_only != (place in closed):
            yield f"{container.name} {'may not' if place in closed else 'may'} write to {mount.target}"


def _name(model: Model, mount: Mount) -> str:
    return f"{mount.type} {model.volume_of(mount) or mount.source}".rstrip()


def _plain(path: str) -> str:
    return str(PurePosixPath(path)) if path.startswith("/") else path


@pytest.mark.check(
    "volumes.running",
    reason="L3, L4: a database that starts healthy on another volume has lost its data all the same.",
    fix="Stop writing to it; see which file started the container, and start it from the release's.",
    data=True,
)
def test_volumes_running(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """Every container has mounted what the release's files give, and may write where they let it."""
    model, record = model_of(release), record_of(release)
    ours = [one for one in host.project(target.project).containers if one.service in model.services]
    faults = {one: list(mount_faults(model, model.services[one.service], one)) for one in ours}
    found = f"{sum(len(one.mounts) for one in ours)} mounts of {len(ours)} containers"
    as_given(expect, record, faults, found=found, expected="the mounts that the release gives")
