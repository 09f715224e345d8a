"""Whether what runs now is well, and whether what is to run could be seen to be well in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.availability import health
from gonogo.deploy.compose.healthcheck import OFTEN, Healthcheck
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.docker import version
from gonogo.deploy.host.engine import EngineInfo
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.sections.conditions import HEALTHY_S
from gonogo.deploy.target.target import Target
from gonogo.reports.model import Severity


@pytest.mark.check(
    "health.baseline",
    reason="Only what is well before a release can prove that the release left it well.",
    fix="Fix the running stack first, or correct [[health]] where it asks for something else than the stack "
    "gives; to deploy the very fix, add a waiver for health.baseline.",
)
def test_health_baseline(host: Host, target: Target, expect: Expect) -> None:
    """The stack that runs now is healthy and answers, or nothing runs yet."""
    running = host.project(target.project).containers
    ill = [one for one in running if not one.well and not one.completed]
    wrong = [one.told for one in ill]
    if running:
        replies = health.replies(host, target.health)
        for endpoint in target.health:
            faults = health.faults(endpoint, replies[endpoint.url])
            wrong += [f"{endpoint.url}: {fault}" for fault in faults]
    good = (
        f"{len(running)} containers and {len(target.health)} endpoints are well"
        if running
        else "nothing runs yet"
    )
    expect(not wrong, wrong, found=good, expected="a stack that is well, or none", fix=_later(ill))
    rate = target.availability.rate
    if running and rate and not target.availability.public_urls:
        burden = rate * sum(one.seconds for one in replies.values()) / max(1, len(replies))
        expect(
            burden <= 1,
            f"{rate} requests a second while a release is made are {burden:.1f} under way at any time, "
            "since answers take that long",
            expected="an answer before the next request, so that a small server is not kept busy by gonogo",
            fix=f"Lower rate of [availability] to {max(1, int(rate / max(burden, 1)))}, or leave it out.",
            severity="warning",
        )


def _later(ill: Sequence[Container]) -> str:
    """Return what to do where containers were started a moment ago, as after the engine was restarted."""
    if not ill or not all(one.running and one.health == "starting" for one in ill):
        return ""
    seconds = math.ceil(max(one.settled_s for one in ill))
    return f"Wait until their health checks have answered, {seconds} s at most, and try again."


@dataclass(frozen=True)
class Limited:
    """The health check of a service, on an engine, under the limit of the target file if that has one."""

    service: str
    check: Healthcheck
    engine: EngineInfo
    limit: float | None

    @property
    def first(self) -> float:
        """Seconds from the start of a container to its first health check."""
        return self.check.first(version(self.engine.api))

    @property
    def too_late(self) -> str:
        """What is wrong where the first check comes after all waiting; empty where it does not."""
        if self.first <= (self.limit or HEALTHY_S):
            return ""
        at = f"{self.first:g} s after the start ({self._keys})"
        begins = f"{self.service}: its health check first runs {at}"
        if self.limit:
            return f"{begins}, and healthy_timeout_s of the target file is {self.limit:g}"
        return f"{begins}, and a release that replaces it waits for that"

    @property
    def too_slow(self) -> str:
        """What is wrong where waiting may end before the health check has told how the container is."""
        one = self.check
        if not self.limit or self.too_late or one.after_start <= self.limit:
            return ""
        return (
            f"{self.service}: {one.told('start_period', 'interval', 'retries')}: its health check may need "
            f"{one.after_start:g} s to say that it is well, and {one.unhealthy:g} s that it is not, and "
            f"healthy_timeout_s of the target file is {self.limit:g}"
        )

    @property
    def remedy(self) -> str:
        """What to set."""
        api, most = version(self.engine.api), f"{self.limit or HEALTHY_S:g}"
        if self.too_slow:
            sooner = f"start_period and interval of {self.service} to {most}s together"
        elif api >= OFTEN:
            sooner = f"start_period: 30s and start_interval: 1s in the healthcheck of {self.service}"
        else:
            sooner = f"interval of {self.service} to less than {most}s"
        wait = f", or healthy_timeout_s of [thresholds] to {math.ceil(self.check.settled(api))}"
        return f"Set {sooner}{wait if self.limit else ''}."

    @property
    def _keys(self) -> str:
        """The values on which it depends when the first check comes."""
        often = self.check.start_interval
        if not often or self.first == often:
            return self.check.told("start_interval" if often else "interval")
        later = version(self.engine.api) >= OFTEN
        why = "counts within a start_period alone" if later else f"is ignored by engine {self.engine.version}"
        return f"{self.check.told('interval')}; start_interval {often:g}s {why}"


@pytest.mark.check(
    "health.limit",
    reason="A health check that first runs after all waiting fails each release, however well it is.",
    fix="Let the health check run sooner, or wait longer: healthy_timeout_s of [thresholds].",
)
def test_health_limit(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The health check of each service can tell within the time limit whether it is well."""
    limit = target.thresholds.healthy_timeout_s
    checks = {one.name: release.builds.healthcheck(one) for one in release.services.values() if one.scale}
    found = [Limited(name, check, host.engine.info, limit) for name, check in checks.items() if check]
    if not found:
        pytest.skip("no service has a health check")
    expected = f"a first check within {limit or HEALTHY_S:g} s, or no limit in the target file"
    for one in found:
        late, slow = one.too_late, one.too_slow
        good = f"the first check of {one.service} comes after {one.first:g} s"
        severity: Severity | None = None if limit and late else "warning"
        expect(
            not (late or slow), late or slow, found=good, expected=expected, fix=one.remedy, severity=severity
        )
