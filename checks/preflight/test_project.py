"""Whether the running stack is the one that would be replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from deploy.facts import Facts
from deploy.model import Model
from deploy.probes.containers import Container
from deploy.target import Target


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


@pytest.mark.check(
    "project.matches",
    reason="D3, L3: under another project name Compose starts a second stack, with new and empty volumes.",
    fix="Set project in the target file to the name of the running project.",
    data=True,
)
def test_project_matches(target: Target, facts: Facts, model: Model, expect: Callable[..., None]) -> None:
    """The stack that runs belongs to the project that the target file names, or nothing like it runs."""
    ours = [one.name for one in facts.running if one.running]
    alike = strangers(facts.containers, model, target)
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
