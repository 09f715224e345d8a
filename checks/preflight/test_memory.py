"""Whether the target has memory for what the release starts."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.container import Container
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target

MB = 1_000_000


def reserved(model: Model, running: Iterable[Container]) -> dict[str, int]:
    """Return the bytes that each service reserves for containers which do not run yet; 0 left out.

    What a running container has, it gives back before its successor takes it.
    """
    there = [one.service for one in running if one.running]
    lacking = {name: one.scale - there.count(name) for name, one in model.services.items()}
    found = {name: model.services[name].memory_reservation * max(0, lacking[name]) for name in lacking}
    return {name: size for name, size in found.items() if size}


@pytest.mark.check(
    "memory.available",
    reason="A host out of memory has the kernel end a process, and it picks the largest: the database.",
    fix="Stop what is not needed there, add memory, or lower thresholds.memory_free_mb if less will do.",
)
def test_memory_available(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The memory that is available is enough for the services that would be new, and a margin."""
    more = reserved(release.model, host.project(target.project).containers)
    margin = target.thresholds.memory_free_mb
    needed = margin + sum(more.values()) / MB
    told = "".join(f" + {size / MB:.0f} MB reserved by {name}" for name, size in sorted(more.items()))
    expect(
        host.memory.available / MB >= needed,
        found=f"{host.memory.available / MB:.0f} MB available",
        expected=f"at least {needed:.0f} MB: {margin} MB{told}",
    )
