"""The way to the target: whether it is there, is the right host, is near, and has the right time."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.release.host import Host
from gonogo.deploy.target.target import Target

HERE = "the target is this machine"


@pytest.mark.check(
    "ssh.reachable",
    reason="Everything else is asked over this one connection; without it nothing is known.",
    fix="Correct host or [ssh] in the target file until `ssh HOST`, with the same options, logs in by hand.",
)
def test_ssh_reachable(host: Host, expect: Expect) -> None:
    """The host answers and lets us log in without a question."""
    expect(host.login.name, found=f"logged in as {host.login.name}", expected="a login that runs commands")


@pytest.mark.check(
    "ssh.host_key",
    reason="Env files, images and backups go to whoever answers: ssh has to prove that it is this host.",
    fix="Compare the fingerprint with the host's (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` there), "
    "keep it in known_hosts, and remove what switches the check off from the ssh configuration.",
)
def test_ssh_host_key(host: Host, target: Target, expect: Expect) -> None:
    """The host's key is known here, has not changed, and ssh insists on it."""
    if target.host == "local":
        pytest.skip(HERE)
    _ = host.login.name
    key = host.host_key.trust
    assert key
    known = (
        f"the key of {key.address} is known: {', '.join(key.known)}" if key.known else "the key was accepted"
    )
    expect(
        not key.gap,
        found=f"{key.gap} for {target.host}, so any host could answer" if key.gap else known,
        expected="a host key that ssh compares with known_hosts, with StrictHostKeyChecking yes or ask",
    )


@pytest.mark.check(
    "ssh.latency",
    reason="Every step asks the target a few times; over a slow line a switch takes longer than planned.",
    fix="Deploy from a machine nearer to the target, or raise latency_ms in [thresholds].",
    severity="warning",
)
def test_ssh_latency(host: Host, target: Target, expect: Expect) -> None:
    """The target answers a question quickly."""
    if target.host == "local":
        pytest.skip(HERE)
    took, limit = host.clock.reading.milliseconds, target.thresholds.latency_ms
    expect(took <= limit, found=f"a round trip of {took:.0f} ms", expected=f"at most {limit} ms")


@pytest.mark.check(
    "ssh.clock",
    reason="Versions, the age of backups, tokens and certificates are all judged by the clock.",
    fix="Let the target and this machine set their clocks by NTP: `timedatectl set-ntp true`.",
)
def test_ssh_clock(host: Host, target: Target, expect: Expect) -> None:
    """The target's clock agrees with this machine's."""
    if target.host == "local":
        pytest.skip(HERE)
    way, limit = host.clock.reading, target.thresholds.clock_skew_s
    side = "ahead of" if way.skew_s > 0 else "behind"
    expect(
        abs(way.skew_s) - way.blur_s <= limit,
        found=f"a clock {abs(way.skew_s):.1f} s {side} this machine's",
        expected=f"at most {limit:g} s apart",
    )
