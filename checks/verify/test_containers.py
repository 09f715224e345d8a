"""Whether what should run does run, and is what was released."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.checks.plugin.suite import Suite
from gonogo.checks.verify.recorded import edited_since, record_of
from gonogo.deploy.host.container import Container
from gonogo.deploy.release.env_files import as_of
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.records import Life
from gonogo.deploy.release.records import files as files_of
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.switch import shared_namespaces
from gonogo.deploy.target.target import Target

PAUSE_S = 0.5


def _running(host: Host, target: Target) -> list[Container]:
    host.refresh()
    return host.project(target.project).containers


def _settled(host: Host, suite: Suite, target: Target) -> list[Container]:
    """Return the containers once the health of each is final, at most after ``healthy_timeout_s``.

    What became unhealthy while something it asks was being replaced stays so until its next health check, so
    it is final only when as many more checks have failed as make it unhealthy. They count from when it was
    first seen so in this run: who is without service must not wait for that twice.
    """
    begun, seen = time.monotonic(), suite.streaks
    while True:
        found = _running(host, target)
        for one in found:
            if one.health == "unhealthy":
                seen.setdefault(one.id, one.failing_streak)
            else:
                seen.pop(one.id, None)
        waiting = any(
            one.health == "starting"
            or (one.health == "unhealthy" and one.failing_streak < seen[one.id] + one.retries)
            for one in found
            if one.running
        )
        limit = target.thresholds.healthy_within(*(one.settled_s for one in found))
        if not waiting or time.monotonic() >= begun + limit:
            return found
        time.sleep(PAUSE_S)


def _lacking(release: Verified, found: Iterable[Container]) -> list[str]:
    """Return, in words, which services of the release have fewer containers than it asks for."""
    recorded = release.record
    if recorded is None:
        return []
    there, services = Counter(one.service for one in found), release.model.services
    names = recorded.images.keys() - release.not_repeated
    wanted = {name: services[name].scale if name in services else 1 for name in names}
    return [
        f"{name} has {there[name]} of {scale} containers" if there[name] else f"{name} has no container"
        for name, scale in sorted(wanted.items())
        if there[name] < scale
    ]


def _stopped(found: Iterable[Container]) -> list[str]:
    return [one.told for one in found if not one.running and not one.completed]


def _sick(found: Iterable[Container]) -> list[str]:
    return [one.told for one in found if one.running and one.health not in ("", "healthy")]


@pytest.mark.check(
    "containers.running",
    reason="A container that exits at once, or restarts in vain, still counts as started for Compose.",
    fix="Read the container's log: docker logs NAME.",
)
def test_containers_running(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """Every service of the release has its containers, which run, or did their work and ended well."""
    found = _running(host, target)
    expected = set(release.record.images if release.record else ())
    expected = expected or {one.service for one in found}
    wrong = _lacking(release, found) + _stopped(found) if found else [f"no container of {target.project}"]
    expect(
        not wrong,
        wrong,
        found=f"{len(found)} containers run",
        expected=f"running: {', '.join(sorted(expected)) or 'the services of the stack'}",
    )


@pytest.mark.check(
    "containers.healthy",
    reason="A failed health check left the site down after a deployment that had been called a success.",
    fix="Read what the health check said: docker inspect -f '{{json .State.Health}}' NAME.",
)
def test_containers_healthy(host: Host, suite: Suite, target: Target, expect: Expect) -> None:
    """No container is unhealthy or still starting."""
    found = _settled(host, suite, target)
    healthy = sum(one.health == "healthy" for one in found)
    without = sum(not one.health for one in found)
    expect(
        not _sick(found),
        _sick(found),
        found=f"{healthy} healthy, {without} without a health check",
        expected="no container unhealthy",
    )


@pytest.mark.check(
    "containers.stable",
    reason="A container that crashes and is restarted looks well whenever it is asked at the right moment.",
    fix="Read the container's log from before that: docker logs NAME.",
    last=True,
)
def test_containers_stable(
    host: Host, suite: Suite, target: Target, release: Verified, expect: Expect
) -> None:
    """At the very end all containers still run, healthy, and none was restarted since the release.

    What tried until it ended well may have been restarted.
    """
    found = _settled(host, suite, target)
    unhealthy = [*_lacking(release, found), *_stopped(found), *_sick(found)]
    expected = "all running and healthy, without a restart"
    lives = release.baseline.untouched if release.baseline else {}
    # What was restarted before, and left alone, is nothing that this release did.
    before = [one for one in found if one.restarts and not _fate(one.name, lives.get(one.name), one)]
    earlier = "".join(f"; {one.name} had {one.restarts} before" for one in before)
    expect(not unhealthy, unhealthy, found=f"no restart{earlier}", expected=expected)
    for one in found:
        expect(
            not one.restarts or one.completed or one in before,
            f"restarted: {one.name} {one.restarts} times",
            expected=expected,
            # What died while it was still the release that ran is not fixed by going back to it.
            severity="warning" if release.gone_back else None,
        )


@pytest.mark.check(
    "images.running",
    reason="L5: after a deployment called successful the containers still ran the old image.",
    fix="Deploy again; if it stays so, see which compose file started the container.",
)
def test_images_running(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """Every container runs the image, by id, that the release holds."""
    images = record_of(release).images
    ours = [one for one in host.project(target.project).containers if one.service in images]
    expected = "the images of the release"
    expect(ours, "no container of a service of the release", expected=expected)
    for one in ours:
        expect(
            one.image == images[one.service].id,
            f"{one.name} runs {one.image[:19]}, not {images[one.service].id[:19]}",
            found=f"{one.service} {one.image[7:19]}",
            expected=expected,
        )


@pytest.mark.check(
    "containers.reproducible",
    reason="L8: what runs must be what the files on the target would start again.",
    fix="Deploy again, so that what runs is what is recorded.",
)
def test_containers_reproducible(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """Every container of the release was made from the configuration that is recorded on the target."""
    recorded = record_of(release)
    # What an older release left, or another profile, is for project.orphans to tell.
    running = host.project(target.project).containers
    ours = [one for one in running if one.service in recorded.images]
    wrong = [one for one in ours if not edited_since(one, recorded)]
    if wrong:
        # What was made with another's container has a hash that holds for the containers of today.
        files = files_of(target, recorded.version)
        now = shared_namespaces.hashes(
            host.connection, as_of(target, recorded), files, running, release.redactor
        )
        wrong = [one for one in wrong if one.hash != now.get(one.service)]
    expect(
        not wrong,
        f"made from something else: {', '.join(one.name for one in wrong)}",
        found="all as recorded",
        expected="containers made from the release's files",
    )


@pytest.mark.check(
    "containers.untouched",
    reason="L10: databases were restarted again and again while people deployed something else.",
    fix="See who restarted it: docker events, the journal of the engine, the log of the container.",
)
def test_containers_untouched(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """What the release left alone is the same container as before, and was not started anew."""
    before = release.baseline.untouched if release.baseline else {}
    if not before:
        pytest.skip("nothing ran that this release leaves alone, or no baseline was taken")
    now = {one.name: one for one in _running(host, target)}
    wrong = [_fate(name, was, now.get(name)) for name, was in before.items()]
    told = [fate for fate in wrong if fate]
    # Where the engine died meanwhile, no way back can undo that it started them again.
    same = all(name in now and now[name].id == was.id for name, was in before.items())
    kept = ", ".join(f"{name} since {was.started[:19]}" for name, was in before.items())
    expect(
        not told,
        told,
        found=kept,
        expected="the same containers, started when they were",
        severity="warning" if release.gone_back and same else None,
    )


def _fate(name: str, was: Life | None, now: Container | None) -> str:
    """Return what became of a container that ``was`` there; empty where it is the same and goes on."""
    if now is None:
        return f"{name} is gone"
    if was is None:
        return f"{name} is new"
    if now.id != was.id:
        return f"{name} was made anew"
    return "" if now.started == was.started else f"{name} was started again at {now.started[:19]}"
