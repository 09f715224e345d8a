"""Whether every image that the release would run can be had."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checks.suite import Suite
from deploy import images
from deploy.facts import Facts
from deploy.model import Model, Service
from deploy.probes.images import pullable
from deploy.target import Target


def _buildable(target: Target, service: Service) -> str:
    """Return what keeps a service from being built here; empty when nothing does."""
    folder, file = images.context(target, service), images.dockerfile(target, service)
    if folder is not None and not folder.is_dir():
        return f"{service.name}: its build context {folder} does not exist on this machine"
    if file is not None and not file.is_file():
        return f"{service.name}: there is no {file} to build it with"
    return ""


@pytest.mark.check(
    "images.present",
    reason="D2: images that were never built shipped as empty archives and loaded as nothing.",
    fix="Build or pull the image on this machine, name one that exists, or give the service a build section.",
)
def test_images_present(
    suite: Suite, target: Target, facts: Facts, model: Model, expect: Callable[..., None]
) -> None:
    """Every image is on the target, on this machine, about to be built here, or in a registry."""
    building = set() if suite.skip_build else set(model.built())
    wrong = [said for name in sorted(building) if (said := _buildable(target, model.services[name]))]
    rest = [service for service in model.services.values() if service.name not in building]
    local = images.local_ids(service.image for service in rest) if rest else {}
    lacking = []
    for service in rest:
        here = service.image in local
        # An image that this stack builds is never taken from what the target happens to have under its name.
        there = service.image in facts.images and service.build is None
        if not here and not there and not pullable(facts.connection, service.image):
            lacking.append(f"{service.image} (service {service.name})")
    wrong += [f"{name} exists neither here, nor on the target, nor in a registry" for name in lacking]
    expect(
        not wrong,
        found="; ".join(wrong) or f"{len(building)} to be built, {len(rest)} at hand",
        expected="an image for every service",
    )
