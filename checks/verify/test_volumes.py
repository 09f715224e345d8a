"""Whether what runs has the mounts that its release gives it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gonogo.checks.suite import Suite
from gonogo.checks.verify.recorded import model_of, release_of
from gonogo.deploy.host.host import Host
from gonogo.deploy.rules import running
from gonogo.deploy.target import Target


@pytest.mark.check(
    "volumes.running",
    reason="L3, L4: a database that starts healthy on another volume has lost its data all the same.",
    fix="Stop writing to it; see which file started the container, and start it from the release's.",
    data=True,
)
def test_volumes_running(host: Host, suite: Suite, target: Target, expect: Callable[..., None]) -> None:
    """Every container has mounted what the release's files give, and may write where they let it."""
    model, release = model_of(suite), release_of(suite)
    ours = [one for one in host.project(target.project).containers if one.service in model.services]
    wrong = {one: list(running.mounts(model, model.services[one.service], one)) for one in ours}
    wrong = {one: said for one, said in wrong.items() if said}
    count = sum(len(one.mounts) for one in ours)
    expect(
        not wrong,
        found="; ".join(said for each in wrong.values() for said in each)
        or f"{count} mounts of {len(ours)} containers",
        expected="the mounts that the release gives",
        severity="warning" if running.merely_later(wrong, release) else None,
    )
