"""Whether what runs was built and is run for production."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.checks.verify.recorded import model_of
from gonogo.deploy.compose import development
from gonogo.deploy.compose.development import Declared, ImageDefaults
from gonogo.deploy.compose.service import Service
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.project import Project
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.target.target import Target


def as_run(service: Service, one: Container, project: Project) -> tuple[Service, ImageDefaults]:
    """Return a service with the environment and command of its container, and what its image has itself."""
    made = project.made_with.get(one.service)
    image = project.images.get(one.image)
    own = (
        ImageDefaults(image.variables, " ".join((*image.entrypoint, *image.command)))
        if image
        else ImageDefaults()
    )
    if made is None:
        return service, own
    return replace(service, environment=made.environment, entrypoint=(), command=made.command), own


@pytest.mark.check(
    "images.stage",
    reason="L6: `target: dev` in the base file put a development server into production, and it looked well.",
    fix="Build the production stage and set the production values, then deploy again.",
)
def test_images_stage(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """What runs is made for production by its stage, its variables and its command, and as declared."""
    services, project = dict(model_of(release).services), host.project(target.project)
    own: dict[str, ImageDefaults] = {}
    for one in project.containers:
        if one.service in services:
            services[one.service], own[one.service] = as_run(services[one.service], one, project)
    wrong = development.faults(
        services.values(), Declared(target.images.stages, target.images.environment), own
    )
    expect(
        not wrong,
        wrong,
        found=f"{len(own)} services without a mark of development",
        expected="no build stage, variable or command of development, and what [images] declares",
        severity="warning" if wrong and release.gone_back else None,
    )
