"""Whether the host has what services limit, reserve and ask for: processors, memory, devices, log drivers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.needs import Needs
from gonogo.deploy.compose.service import Service
from gonogo.deploy.host.binds import Bind
from gonogo.deploy.host.engine import EngineInfo
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release

MB = 1_000_000
NVIDIA = ("", "nvidia")
"""The drivers of GPUs that the engine has where NVIDIA's container toolkit is installed."""
SHIM = re.compile(r"io\.containerd\.|.*/")
"""How runtimes are called that the engine starts without having been told of them (`runtime` of dockerd)."""
NO_LOG = "none"


def refused(needs: Needs, engine: EngineInfo) -> Iterator[tuple[str, str]]:
    """Yield what of processors the engine would refuse to give: the key, and what is wrong."""
    if needs.cpus > engine.cpus:
        yield "cpus", f"{needs.cpus:g} processors, and the host has {engine.cpus}"


def surpassing(needs: Needs, engine: EngineInfo) -> Iterator[tuple[str, str]]:
    """Yield what is beyond the host, and is or may be no reason for the engine to refuse: key, and what."""
    if needs.highest_cpu >= engine.cpus:
        # Processors are not always numbered without gaps, as in a guest that has been given some.
        yield "cpuset", f"the processors {needs.cpuset}, and the host has {engine.cpus}"
    if needs.cpus_reserved > engine.cpus:
        yield "reservations.cpus", f"{needs.cpus_reserved:g} processors, and the host has {engine.cpus}"
    if needs.memory > engine.memory:
        have = f"{engine.memory / MB:.0f} MB"
        yield "memory", f"a limit of {needs.memory / MB:.0f} MB, which never holds: the host has {have}"


@pytest.mark.check(
    "resources.available",
    reason="The engine starts no container with more processors than there are, and the old one is stopped.",
    fix="Lower the limit in the compose file, or give the host more.",
)
def test_resources_available(host: Host, release: Release, expect: Expect) -> None:
    """No service is limited to, or reserves, more processors or memory than the host has."""
    asking = [one for one in _started(release) if one.needs.limits]
    if not asking:
        pytest.skip("no service limits or reserves processors or memory")
    engine = host.engine.info
    if not engine.cpus:
        pytest.skip("the engine does not say what its host has")
    have, room = f"{engine.cpus} processors, {engine.memory / MB:.0f} MB", "limits within what the host has"
    for one in asking:
        for key, wrong in refused(one.needs, engine):
            expect(False, f"{one.name}: {key}: {wrong}", found=have, expected=room)
        for key, wrong in surpassing(one.needs, engine):
            expect(False, f"{one.name}: {key}: {wrong}", found=have, expected=room, severity="warning")
    expect(True, found=f"{have}, for {', '.join(one.name for one in asking)}", expected=room)


def lacking(needs: Needs, devices: Mapping[str, Bind], engine: EngineInfo) -> Iterator[tuple[str, str]]:
    """Yield what of devices, GPUs and runtimes a host does not have: the key, and what is wrong."""
    for path in needs.devices:
        kind = devices[path].kind
        if kind in ("missing", "file"):
            wrong = "is not there" if kind == "missing" else "is a file, and no device"
            yield "devices", f"{path} {wrong}"
    for driver in needs.gpus:
        if driver in NVIDIA and not engine.gpus:
            yield "gpus", "the engine has no GPU driver: NVIDIA's container toolkit is not installed"
    known = engine.runtimes
    if needs.runtime and known and needs.runtime not in known and not SHIM.match(needs.runtime):
        yield "runtime", f"{needs.runtime} is unknown to the engine, which has {', '.join(known)}"


@pytest.mark.check(
    "devices.present",
    reason="The engine starts no container whose device or runtime is missing, and the old one is stopped.",
    fix="Connect the device or install its driver on the target, or take it out of the compose file.",
)
def test_devices_present(host: Host, release: Release, expect: Expect) -> None:
    """The devices, GPU drivers and runtimes that services ask for are on the target."""
    asking = [one for one in _started(release) if one.needs.devices or one.needs.gpus or one.needs.runtime]
    if not asking:
        pytest.skip("no service asks for a device, a GPU or a runtime")
    engine, devices = host.engine.info, host.paths(*release.model.devices).binds
    for one in asking:
        for key, wrong in lacking(one.needs, devices, engine):
            expect(False, f"{one.name}: {key}: {wrong}", expected="devices and runtimes that the host has")
    unseen = [path for path, there in devices.items() if there.kind == "unseen"]
    expect(
        not unseen,
        f"the login may not look at {', '.join(unseen)}",
        expected="devices that can be looked at before a service is given them",
        fix="Look as root whether it is there.",
        severity="warning",
    )
    found = f"all that {', '.join(one.name for one in asking)} ask for"
    expect(True, found=found, expected="devices and runtimes that the host has")


def unlisted(services: Iterable[Service], known: Iterable[str]) -> dict[str, list[str]]:
    """Return the log drivers that an engine does not list, each with the services that ask for it."""
    names = {name.removesuffix(":latest") for name in known} | {NO_LOG}
    found: dict[str, list[str]] = {}
    for one in services:
        driver = one.needs.logging.removesuffix(":latest")
        if driver and driver not in names:
            found.setdefault(driver, []).append(one.name)
    return found


@pytest.mark.check(
    "logging.driver",
    reason="The engine makes no container whose log driver it does not have, and the old one is stopped.",
    fix="Install the driver on the target with `docker plugin install`, or name another in the compose file.",
)
def test_logging_driver(host: Host, release: Release, expect: Expect) -> None:
    """Every log driver that a service names is one that the engine has."""
    asking = [one for one in _started(release) if one.needs.logging]
    if not asking:
        pytest.skip("no service names a log driver")
    known = host.engine.info.log_drivers
    if not known:
        pytest.skip("the engine does not list its log drivers")
    wrong = unlisted(asking, known)
    if wrong:
        known = (*known, *host.engine.log_plugins)
        wrong = unlisted(asking, known)
    for driver, users in wrong.items():
        expect(
            False,
            f"{', '.join(users)}: logging: the engine has no log driver {driver}",
            found=f"log drivers: {', '.join(known)}",
            expected="a log driver that the engine lists",
        )
    named = sorted({one.needs.logging for one in asking})
    expect(True, found=f"log drivers {', '.join(named)}", expected="log drivers that the engine has")


def _started(release: Release) -> list[Service]:
    return [one for one in release.model.services.values() if one.scale]
