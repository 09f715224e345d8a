"""Whether every image that the release would run can be had, is the right one, and can be gone back from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose import development
from gonogo.deploy.compose.development import Declared, ImageDefaults
from gonogo.deploy.compose.service import Service
from gonogo.deploy.host.engine import Engine
from gonogo.deploy.host.images import REVISION
from gonogo.deploy.release.build_source import stale
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.records import Record
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target

WHERE = {"on-server": "on the target", "registry": "here, nor in the registry"}
"""Where an image that is built already is looked for, by the method; this machine is here."""


@pytest.mark.offline(without="images that are not built from here")
@pytest.mark.check(
    "images.present",
    reason="D2: images that were never built shipped as empty archives and loaded as nothing.",
    fix="Build or pull the image on this machine, name one that exists, or give the service a build section.",
)
def test_images_present(target: Target, release: Release, expect: Expect) -> None:
    """Every image is on the target, on this machine, about to be built here, or in a registry."""
    model = release.model
    building = [] if release.skip_build else model.built()
    wrong = [release.builds.unbuildable[name] for name in building if name in release.builds.unbuildable]
    rest = [service for service in model.services.values() if service.name not in building]
    other = "others" if release.offline else "at hand"
    where = WHERE.get(target.method, "here")
    for service in [] if release.offline else rest:
        told = f"{release.builds.sought(service)} (service {service.name})"
        if release.builds.at_hand(service):
            continue
        if service.build is not None:
            if service.name not in release.builds.offered:
                wrong.append(f"{told} exists neither {where}, nor will it be built, as --skip-build is given")
        elif not release.host.images(release).pullable.get(service.image):
            wrong.append(f"{told} exists neither here, nor on the target, nor in a registry")
    expect(
        not wrong,
        wrong,
        found=f"{len(building)} to be built, {len(rest)} {other}",
        expected="an image for every service",
    )


@pytest.mark.check(
    "images.fresh",
    reason="D2, L5: what shipped was not what had been built last, and nobody saw it.",
    fix="Deploy without --skip-build, so that the image is built from what lies here.",
)
def test_images_fresh(release: Release, expect: Expect) -> None:
    """With --skip-build, the image of each built service was built from the commit that lies here."""
    model = release.model
    if not release.skip_build:
        pytest.skip("the images are built in the deployment")
    built = {name: release.builds.images.get(model.services[name].image) for name in model.built()}
    pairs = [(name, image, release.builds.sources.get(name)) for name, image in built.items()]
    known = [(name, image, source) for name, image, source in pairs if image and source and source.revision]
    if not known:
        pytest.skip("there is no image of a service whose sources lie in git")
    wrong = [
        f"{model.services[name].image} (service {name}) {said}"
        for name, image, source in known
        if (said := stale(image, source))
    ]
    nameless = [name for name, image, _ in known if REVISION not in image.labels]
    expect(
        not wrong,
        wrong,
        found=", ".join(f"{name} of {source.revision[:8]}" for name, _, source in known),
        expected="images built from the last commit of their sources",
        # Who names a version to be taken means that one, whatever lies here meanwhile.
        severity="warning" if len(wrong) == len(nameless) or release.images_of else None,
    )


@pytest.mark.check(
    "images.platform",
    reason="An image of another architecture arrives in full and then ends with `exec format error`.",
    fix="Give the service `platform:` with the target's, or build on a machine of its kind.",
)
def test_images_platform(host: Host, release: Release, expect: Expect) -> None:
    """Each image that would be built, sent or run is of the target's platform."""
    model, wanted = release.model, host.engine.platform
    wrong, seen = [], 0
    for service in model.services.values():
        for platform, why in _platforms(release, service):
            seen += 1
            if not runs_on(platform, wanted):
                wrong.append(f"{service.name} {why} {platform}")
            elif service.platform and not runs_on(platform, service.platform):
                wrong.append(
                    f"{service.name} {why} {platform}, and the compose file demands {service.platform}"
                )
    expect(
        not wrong,
        wrong,
        found=f"{seen} images for {wanted}",
        expected=f"images for the target's platform, {wanted}",
    )


def runs_on(platform: str, engine: str) -> bool:
    """Return whether an image for one platform runs on an engine of another, by system and architecture.

    The variant of an architecture is left aside; 32-bit x86 runs on 64-bit x86.
    """
    wanted, there = (tuple(name.lower().split("/")[:2]) for name in (platform, engine))
    return wanted == there or (wanted, there) == (("linux", "386"), ("linux", "amd64"))


def _platforms(release: Release, service: Service) -> Iterator[tuple[str, str]]:
    image = release.builds.at_hand(service)
    if image:
        yield image.platform, f"has an image ({service.image}) for"
    elif service.build is not None and not release.skip_build:
        given = [str(one) for one in service.build.get("platforms") or ()]
        wanted = release.host.engine.platform
        fitting = [one for one in given if runs_on(one, wanted)]
        own = wanted if release.target.method == "on-server" else release.builds.platform
        yield (fitting or given or [service.platform or own])[0], "would be built for"


@pytest.mark.offline(without="the env file on the target, and images that are not built from here")
@pytest.mark.check(
    "images.target",
    reason="L6: `target: dev` in the base file put a development server into production.",
    fix="Build the production stage and set the production values in what is deployed to this target.",
)
def test_images_target(target: Target, release: Release, expect: Expect) -> None:
    """What is built and run is made for production, and as the target file declares it."""
    model = release.model
    declared = Declared(target.images.stages, target.images.environment)
    services = list(model.services.values())
    stages = {} if release.skip_build else release.builds.stages
    own = {name: ImageDefaults(stage.variables, stage.words, stage.name) for name, stage in stages.items()}
    for service in services:
        if image := release.builds.at_hand(service):
            own[service.name] = ImageDefaults(image.variables, " ".join((*image.entrypoint, *image.command)))
    wrong = development.faults(services, declared, own)
    expect(
        not wrong,
        wrong,
        found=f"{len(services)} services without a mark of development",
        expected="no build stage, variable or command of development, and what [images] declares",
    )


@pytest.mark.check(
    "images.rollback",
    reason="A deployment that fails has to go back at once: an image that was pruned cannot be gone back to.",
    fix="Load the image on the target again, or go to a whole release: `gonogo rollback --to VERSION`.",
)
def test_images_rollback(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The images of the release that runs are on the target."""
    current, running = host.releases(str(target.deploy_path)).current, host.project(target.project).containers
    recorded = current.images if current else {}
    wanted = {one.image: f"the image of container {one.name}" for one in running}
    wanted |= {one.id: f"{one.name} of service {name}" for name, one in recorded.items()}
    if not wanted:
        pytest.skip("a first deployment: there is nothing to go back to")
    there = host.images(release).found
    lacking = sorted(f"{told} ({id})" for id, told in wanted.items() if id not in there)
    told = f"the target lacks {'; '.join(lacking)}" if lacking else f"{len(wanted)} images"
    if lacking and not running:
        told = f"nothing runs, and a release that fails is removed again: {told}"
    if lacking and current:
        told = _other_store(current, host.engine) + told
    expect(
        not lacking,
        found=told,
        expected="every image that runs, by its id",
        # Where nothing runs, nothing is at stake, and a release is what brings the images.
        severity=None if running else "warning",
    )


def _other_store(recorded: Record, engine: Engine) -> str:
    """Return why the images of a release are gone, where the engine keeps images in another way by now."""
    if recorded.driver in ("", engine.driver):
        return ""
    return (
        f"the engine keeps images and containers by {engine.driver}, and kept them by {recorded.driver} when "
        f"{recorded.version} was made; "
    )
