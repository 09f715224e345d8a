"""The pure parts of the checks of the host: engines, ports, certificates, names, hours, waivers."""

from __future__ import annotations

import datetime
import time
from typing import Any

from gonogo.checks.preflight import test_window as window
from gonogo.checks.preflight.test_dns import astray
from gonogo.checks.preflight.test_docker import unhealthy, unsupported
from gonogo.checks.preflight.test_ports import (
    exhausted,
    hindering,
    process,
    repeated,
    risky,
    twice,
)
from gonogo.checks.preflight.test_tls import servers, told
from gonogo.checks.preflight.test_waivers import void
from gonogo.deploy.compose.model import Port, Service
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.host.certificate import Shown
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.engine import EngineInfo
from gonogo.deploy.host.port import Holders
from gonogo.deploy.host.sockets import Listener
from gonogo.deploy.target.sections.conditions import Waiver, Window
from tests.unit import stacks
from tests.unit.stacks import container, target
from tests.unit.tables import every

FINE = {"version": "20.10.24", "api": "1.41", "platform": "linux/amd64", "driver": "overlay2", "root": "/d"}


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


@every(
    "given, wrong",
    [
        ({}, []),
        ({"version": "29.0.1", "api": "1.52", "driver": "btrfs"}, []),
        ({"version": "19.03.15", "api": "1.40"}, ["engine 19.03.15", "API 1.40"]),
        ({"driver": "vfs"}, ["the storage driver vfs, which copies every layer whole"]),
        ({"driver": "native"}, ["the storage driver native, which copies every layer whole"]),
    ],
)
def test_engines_that_will_not_do(given: dict[str, Any], wrong: list[str]) -> None:
    assert unsupported(EngineInfo(**{**FINE, **given})) == wrong


@every(
    "given, status, wrong",
    [
        ({"free": 5, "inodes": 5}, "running", []),
        ({"free": None, "inodes": None}, "exited", []),
        ({"read_only": True}, "running", ["/d is mounted read-only"]),
        ({"free": 0, "inodes": 0}, "running", ["/d has not one byte free", "/d has no inode free"]),
        ({}, "dead", ["the container shop-api-1 is dead"]),
        ({}, "removing", ["the container shop-api-1 is removing"]),
    ],
)
def test_engines_that_cannot_work(given: dict[str, Any], status: str, wrong: list[str]) -> None:
    assert unhealthy(EngineInfo(**{**FINE, **given}), [container("api", status=status)]) == wrong


def ranged(
    first: int, last: int, *taken: Listener, scale: int = 1, found: tuple[Container, ...] = ()
) -> list[str]:
    """What is said of a range: that it is exhausted, that it is at risk."""
    ours = stacks.release(api={"image": "a"})
    ports = tuple(Port("", number, 80, "tcp") for number in range(first, last + 1))
    service, holders = Service("api", "shop-api", scale=scale), Holders(found, taken)
    held = {port: holders.of(port) for port in ports}
    hindered = {port: hindering(who, "api", ours) for port, who in held.items()}
    return [exhausted(service, hindered), risky(service, {port: process(who) for port, who in held.items()})]


def test_a_range_needs_a_free_port_for_every_container() -> None:
    nginx = Listener("tcp", "*", 8000, "nginx (pid 8)")
    assert ranged(8000, 8001) == ["", ""]
    few, _ = ranged(8000, 8001, nginx, scale=2)
    assert few == "*:8000/tcp to 8001 for api has 1 of 2 ports free, the rest is held by nginx (pid 8)"


def test_a_process_within_a_range_is_a_risk_and_a_container_is_none() -> None:
    nginx = Listener("tcp", "*", 8000, "nginx (pid 8)")
    assert ranged(8000, 8001, nginx) == [
        "",
        "*:8000/tcp to 8001 for api has *:8000/tcp held by nginx (pid 8): the engine may choose it",
    ]
    other = container("web", bound=(Port("0.0.0.0", 8000, 80, "tcp"),))
    assert ranged(8000, 8001, Listener("tcp", "0.0.0.0", 8000), found=(other,)) == ["", ""]


def test_the_holders_of_a_whole_range_are_named() -> None:
    taken = [Listener("tcp", "*", number, f"app{number} (pid 1)") for number in range(8000, 8005)]
    none, _ = ranged(8000, 8004, *taken)
    assert "has 0 of 1 ports free, the rest is held by app8000 (pid 1), app8001 (pid 1)" in none
    assert none.endswith("app8002 (pid 1) and others")


def test_a_port_that_the_engine_chose_for_what_is_replaced_is_free() -> None:
    proxy = Listener("tcp", "0.0.0.0", 8000, "docker-proxy (pid 7)")
    bound = (Port("0.0.0.0", 8000, 80, "tcp"),)
    assert ranged(8000, 8001, proxy, scale=2, found=(container("api", bound=bound),)) == ["", ""]
    few, _ = ranged(8000, 8001, proxy, scale=2, found=(container("web", bound=bound),))
    assert "the container shop-web-1 of the project shop" in few


def test_thousands_of_ports_take_no_time() -> None:
    ports = tuple(Port("", number, number, "udp") for number in range(10000, 15000))
    ours = container("api", ports=ports, bound=ports)
    there, release = stacks.host(), stacks.release(api={"image": "a"})
    there.answers.known["host.containers.all"] = Answer([ours], None)
    listening = [Listener("udp", "0.0.0.0", port.published) for port in ports]
    there.answers.known["host.sockets.listening"] = Answer(listening, None)
    begun = time.process_time()
    assert not any(hindering(there.port(str(port)).holders, "api", release) for port in ports)
    assert twice([("api", port) for port in ports]) == []
    assert time.process_time() - begun < 0.75


def test_a_fixed_port_of_several_containers() -> None:
    one = Service("api", "shop-api", ports=(Port("", 80, 80, "tcp"), Port("", 0, 81, "tcp")), scale=2)
    assert repeated([one]) == ["*:80/tcp would be published by each of the 2 containers of api"]
    assert repeated([Service("api", "shop-api", ports=one.ports)]) == []


def test_nothing_is_published_on_the_network_of_the_host() -> None:
    ports = [{"target": 80, "published": "80"}]
    release = stacks.release(
        api={"image": "a", "ports": ports}, edge={"image": "b", "network_mode": "host", "ports": ports}
    )
    assert [one.name for one in release.publishing] == ["api"]
    assert release.published == [("api", Port("", 80, 80, "tcp"))]


def test_certificates_are_told_with_days_and_date() -> None:
    now = utc("2026-03-01T12:00")
    later = Shown("chat.example.com:443", utc("2026-03-11T13:00"))
    assert told(later, now) == "the certificate of chat.example.com:443 ends in 10 days, on 2026-03-11"
    assert "ended 2 days ago, on 2026-02-27" in told(Shown("x:443", utc("2026-02-27T18:00")), now)
    assert told(Shown("x:443", None, "nothing answers there"), now) == "x:443: nothing answers there"


def test_whose_certificates_matter() -> None:
    health = [{"url": "https://chat.example.com/up"}, {"url": "http://127.0.0.1:80/"}]
    health += [{"url": "https://chat.example.com:8443/"}]
    tls = {"hosts": ["chat.example.com", "mail.example.com:993"]}
    assert servers(target(health=health, tls=tls)) == [
        "chat.example.com:443",
        "chat.example.com:8443",
        "mail.example.com:993",
    ]
    assert servers(target()) == []


def test_names_that_lead_astray() -> None:
    own = ["192.0.2.1", "2001:db8::1"]
    assert astray({"a": ["192.0.2.1"], "b": own}, own) == []
    assert astray({"a": [], "b": ["192.0.2.1", "192.0.2.9"]}, own) == [
        "a does not resolve",
        "b leads to 192.0.2.9",
    ]
    assert astray({"a": ["192.0.2.1"]}, []) == ["a leads to 192.0.2.1"]


WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]


@every(
    "given, now, is_open",
    [
        ({}, "2026-03-01T03:00", True),
        ({"start": "09:00", "end": "17:00"}, "2026-03-02T09:00", True),
        ({"start": "09:00", "end": "17:00"}, "2026-03-02T08:59", False),
        ({"start": "09:00", "end": "17:00"}, "2026-03-02T17:00", False),
        ({"days": WORKDAYS}, "2026-03-01T12:00", False),
        ({"days": WORKDAYS}, "2026-03-02T00:00", True),
        ({"start": "22:00", "end": "04:00"}, "2026-03-02T03:59", True),
        ({"start": "22:00", "end": "04:00"}, "2026-03-02T04:00", False),
        ({"start": "22:00", "end": "04:00", "days": ["sun"]}, "2026-03-02T03:00", True),
        ({"start": "22:00", "end": "04:00", "days": ["sun"]}, "2026-03-01T03:00", False),
        ({"start": "08:00", "end": "08:00", "days": ["sun"]}, "2026-03-02T07:59", True),
        # Tokyo is nine hours ahead: there it is Monday already, and half past eight.
        ({"days": ["mon"], "start": "08:00", "timezone": "Asia/Tokyo"}, "2026-03-01T23:30", True),
        ({"days": ["sun"], "timezone": "Asia/Tokyo"}, "2026-03-01T23:30", False),
        # Berlin's clock stands one hour ahead in winter, two in summer.
        ({"start": "09:00", "timezone": "Europe/Berlin"}, "2026-01-15T07:30", False),
        ({"start": "09:00", "timezone": "Europe/Berlin"}, "2026-07-15T07:30", True),
    ],
)
def test_windows(given: dict[str, Any], now: str, is_open: bool) -> None:
    assert window.is_open(Window(**given), utc(now)) is is_open


def test_when_a_window_opens_next() -> None:
    only_friday = Window(days=["fri"], start="09:00", end="12:00", timezone="Europe/Berlin")
    assert window.following(only_friday, utc("2026-03-06T08:00")) == utc("2026-03-13T08:00")
    assert window.following(only_friday, utc("2026-03-06T07:59")) == utc("2026-03-06T08:00")


def test_waivers_that_are_void() -> None:
    checks = {"ports.free", "ports.privileged", "git.clean"}
    today = datetime.date(2026, 3, 1)

    def waiver(check: str, until: datetime.date = today) -> Waiver:
        return Waiver(check=check, reason="it is known", until=until)

    assert void([waiver("ports.free")], checks, today) == []
    assert void([waiver("ports.free", datetime.date(2026, 2, 28))], checks, today) == [
        "the waiver of ports.free ended on 2026-02-28"
    ]
    assert void([waiver("git.claen"), waiver("x.y")], checks, today) == [
        "there is no check git.claen (did you mean git.clean?)",
        "there is no check x.y",
    ]
