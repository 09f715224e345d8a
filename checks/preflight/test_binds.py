"""Whether what the stack mounts of the host is there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gonogo.deploy.compose.model import Model
from gonogo.deploy.facts import Facts
from gonogo.deploy.host.host import Host
from gonogo.deploy.rules.mounts import absent, binds_of
from gonogo.deploy.target import Target


@pytest.mark.check(
    "binds.exist",
    reason="Docker makes a folder of root's where a bind mount's source is missing, also for a file.",
    fix="Put it there on the target, after removing the empty folder that Docker made, if there is one.",
)
def test_binds_exist(
    host: Host, target: Target, facts: Facts, model: Model, expect: Callable[..., None]
) -> None:
    """What the services mount of the host is there and of the right kind: file, folder, socket."""
    mounted = binds_of(model)
    if not mounted:
        pytest.skip("no service mounts a path of the host")
    wrong, unseen = absent(
        model, host.project(target.project).containers, facts.mounted.binds, facts.bind_sources
    )
    expect(
        not wrong,
        found="; ".join(wrong) or f"{len(mounted)} paths, all there",
        expected="what the compose files mount, each a file where a file is meant",
    )
    expect(
        not unseen,
        found=f"the login may not look at {', '.join(unseen)}"
        if unseen
        else f"{len(mounted)} paths, all there",
        expected="paths that can be looked at before a service mounts them",
        fix="Look as root whether it is there and what it is.",
        severity="warning",
    )
