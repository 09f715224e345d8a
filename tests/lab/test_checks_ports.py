"""The checks of ports, certificates, names and hours, each against its real fault and without it."""

from __future__ import annotations

import datetime
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gonogo.deploy.ssh.connection import Connection
from lab import host
from tests import harness
from tests.lab.ground import IMAGE, OURS, PORTS, Ground, on_host

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def connected() -> Iterator[tuple[host.Host, Connection]]:
    """A host of our own, which these tests disturb."""
    with on_host(f"t-ports-{os.getpid()}") as connected:
        yield connected


@pytest.fixture
def ground(connected: tuple[host.Host, Connection], tmp_path: Path) -> Ground:
    """The host, with a stack of this test that publishes nothing yet."""
    return Ground(*connected, tmp_path)


def test_ports_that_a_process_holds(ground: Ground) -> None:
    ground.publish("9000:6379", "9000:6379/udp")
    to = ground.target()
    with ground.listening(9000, user="deploy"):
        told = ground.failed(to, PORTS)["ports.free"]
        assert "*:9000/tcp for cache is held by python3 (pid" in told
        assert "9000/udp for cache" not in told.partition("expected")[0]
    with ground.listening(9000, protocol="udp"):
        told = ground.failed(to, PORTS)["ports.free"]
        assert "*:9000/udp for cache is held by a process that listens on 0.0.0.0:9000/udp" in told
    assert ground.failed(to, PORTS) == {}


def test_a_port_of_one_family_or_address_alone(ground: Ground) -> None:
    ground.publish("[::1]:9000:6379", "127.0.0.2:9000:6379")
    with ground.listening(9000, "127.0.0.1"):
        assert ground.failed(ground.target(), PORTS) == {}
    with ground.listening(9000):
        told = ground.failed(ground.target(), PORTS)["ports.free"].partition("expected")[0]
    assert "127.0.0.2:9000/tcp for cache is held by" in told
    assert "[::1]" not in told


def test_a_port_of_a_container(ground: Ground) -> None:
    ground.publish("9000:6379")
    to = ground.target()
    with ground.container("--publish=9000:80", labels={"com.docker.compose.project": "old"}):
        told = ground.failed(to, PORTS)["ports.free"]
        assert "*:9000/tcp for cache is held by the container holder of the project old" in told
    with ground.container("--publish=9000:80", labels=OURS):
        assert ground.failed(to, PORTS) == {}


def test_containers_of_this_project_that_a_release_does_not_replace(ground: Ground) -> None:
    services = {
        "cache": {"image": IMAGE, "ports": ["9000:6379"]},
        "tool": {"image": IMAGE, "ports": ["9001:6379"], "profiles": ["tools"]},
    }
    text = json.dumps({"services": services})
    compose = "docker compose -p shop --project-directory /srv/shop -f -"

    def held(*start: str) -> str:
        ground.root(f"{compose} {' '.join(start)} <<'END'\n{text}\nEND")
        (one,) = harness.over(ground.connection, to, only={"ports.free"}).values()
        assert one.status == "failed"
        command = re.search(r"`(docker stop [^`]+)`", one.fix)
        assert command, one.fix
        ground.root(command[1])
        assert ground.failed(to, PORTS) == {}
        return one.message

    ground.publish("9000:6379", "9001:6379")
    to = ground.target()
    try:
        # Compose would give a one-off container no port that another of its service holds.
        told = held("run -d --no-deps --service-ports cache")
        assert "*:9000/tcp for cache is held by the one-off container shop-cache-run-" in told
        assert "of the project shop, which `docker compose run` started" in told
        told = held("--profile tools up -d tool")
        assert "*:9001/tcp for cache is held by the container shop-tool-1 of the project shop, of the" in told
        assert "service tool, which this release does not have" in told
    finally:
        ground.root("docker rm -f $(docker ps -aq)")


def test_a_range_of_which_no_port_is_left(ground: Ground) -> None:
    ground.publish("9000-9001:6379")
    to = ground.target()
    with ground.container("--publish=9000-9001:80", labels=OURS):
        assert ground.failed(to, PORTS) == {}
    with ground.listening(9001):
        results = harness.over(ground.connection, to, only=PORTS)
        assert results["ports.free"].status == "warning"
        assert "the engine may choose it" in results["ports.free"].message
        with ground.container("--publish=9000:80"):
            results = harness.over(ground.connection, to, only=PORTS)
    assert results["ports.free"].status == "failed"
    told = results["ports.free"].message
    assert "*:9000/tcp to 9001 for cache has 0 of 1 ports free" in told
    assert "the container holder, a process that listens on 0.0.0.0:9001/tcp" in told


def test_low_ports_of_a_rootless_engine(ground: Ground) -> None:
    # A rootless engine cannot be had in a container without more rights, so the client says that it is one.
    script = '/usr/bin/docker "$@" > /tmp/told || exit; sed \'s/"security":\\[/&"name=rootless",/\' /tmp/told'
    ground.publish("80:6379", "9000:6379")
    to = ground.target()
    ground.root("sysctl -qw net.ipv4.ip_unprivileged_port_start=1024")
    try:
        assert ground.failed(to, PORTS) == {}
        with ground.instead("/usr/local/bin/docker", script):
            told = ground.failed(to, PORTS)
            ground.root("sysctl -qw net.ipv4.ip_unprivileged_port_start=80")
            assert ground.failed(to, PORTS) == {}
    finally:
        ground.root("sysctl -qw net.ipv4.ip_unprivileged_port_start=0; rm -f /tmp/told")
    assert list(told) == ["ports.privileged"]
    assert "*:80/tcp for cache below 1024" in told["ports.privileged"]


def test_certificates_that_end_soon(ground: Ground) -> None:
    def told(**tables: Any) -> str:
        to = ground.target(**tables)
        return ground.failed(to, {"tls.expiry"}).get("tls.expiry", "").partition("; expected")[0]

    # Some seconds of the last day are over before they are asked.
    with ground.serving(8443, 31), ground.serving(8444, 6):
        assert told(tls={"hosts": ["127.0.0.1:8443"]}) == ""
        both = told(tls={"hosts": ["127.0.0.1:8443", "localhost:8444"]})
        assert re.fullmatch(r"found the certificate of localhost:8444 ends in [56] days, on 20[0-9-]+", both)
        health = [{"url": "https://127.0.0.1:8444/"}]
        assert re.search(r"127\.0\.0\.1:8444 ends in [56] days", told(health=health))
        assert told(health=health, tls={"days": 3}) == ""
        assert re.search(r"ends in 3[01] days", told(tls={"hosts": ["127.0.0.1:8443"], "days": 60}))
    assert "127.0.0.1:8443: nothing answers there" in told(tls={"hosts": ["127.0.0.1:8443"]})
    assert "127.0.0.1:22: it speaks no TLS" in told(tls={"hosts": ["127.0.0.1:22"]})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"names": ["localhost"], "addresses": ["127.0.0.1", "::1"]}, ""),
        ({"names": ["127.0.0.1"]}, ""),
        ({"names": ["127.0.0.9"]}, "127.0.0.9 leads to 127.0.0.9; expected names that lead to 127.0.0.1"),
        ({"names": ["no-such-host.invalid"]}, "no-such-host.invalid does not resolve"),
        ({"names": ["localhost"], "addresses": ["192.0.2.1"]}, "expected names that lead to 192.0.2.1"),
    ],
)
def test_names(ground: Ground, table: dict[str, Any], said: str) -> None:
    told = ground.failed(ground.target(dns=table), {"dns.target"})
    assert list(told) == (["dns.target"] if said else [])
    assert said in told.get("dns.target", "")


def test_hours_and_waivers_of_today(ground: Ground) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    def told(**tables: Any) -> dict[str, str]:
        return ground.failed(ground.target(**tables), {"time.window", "waivers.valid"})

    def waived(check: str, until: datetime.date) -> dict[str, Any]:
        return {"waivers": [{"check": check, "reason": "it is known", "until": until}]}

    def around(*ahead: int) -> list[str]:
        return sorted({days[(today.weekday() + one) % 7] for one in ahead})

    assert told(window={"days": around(0, 1)}, **waived("git.clean", today + datetime.timedelta(1))) == {}
    assert "in UTC; expected" in told(window={"days": around(2, 3)})["time.window"]
    ended = told(**waived("git.clean", today - datetime.timedelta(1)))["waivers.valid"]
    assert f"the waiver of git.clean ended on {today - datetime.timedelta(1)}" in ended
    assert "did you mean git.clean" in told(**waived("git.claen", today))["waivers.valid"]
