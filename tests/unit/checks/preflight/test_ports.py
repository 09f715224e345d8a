"""Who holds the ports that a release publishes: alone, in ranges, twice."""

from __future__ import annotations

import time
from typing import Any

from gonogo.checks.preflight.test_ports import (
    exhausted,
    hindering,
    process,
    repeated,
    risky,
    twice,
)
from gonogo.deploy.compose.service import Port, Service
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.port import Holders
from gonogo.deploy.host.sockets import Listener
from tests.unit import stacks
from tests.unit.stacks import container, release


def ranged(
    first: int, last: int, *taken: Listener, scale: int = 1, found: tuple[Container, ...] = ()
) -> list[str]:
    """What is said of a range: that it is exhausted, that it is at risk."""
    ours = stacks.release(api={"image": "a"})
    ports = tuple(Port("", number, 80, "tcp") for number in range(first, last + 1))
    service, holders = Service("api", "shop-api", scale=scale), Holders(found, taken)
    held = {port: holders.of(port) for port in ports}
    hindered = {port: hindering(who, "api", ours, port) for port, who in held.items()}
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
    assert not any(hindering(there.port(str(port)).holders, "api", release, port) for port in ports)
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


THERE: dict[str, dict[str, Any]] = {
    "api": {"image": "a", "ports": [{"target": 80, "published": "8001"}]},
    "web": {"image": "a", "ports": [{"target": 80, "published": "8000"}]},
}
WANTED = Port("127.0.0.1", 8001, 8000, "tcp")


def held(*found: Container, listeners: tuple[Listener, ...] = (), port: Port = WANTED) -> str:
    return hindering(Holders(found, listeners).of(port), "api", release(**THERE), port)


def publishing(service: str = "api", address: str = "127.0.0.1", **given: Any) -> Container:
    return container(service, ports=(Port(address, 8001, 80, "tcp"),), **given)


def test_a_port_of_nobody_is_free() -> None:
    assert held(container("api"), listeners=(Listener("tcp", "0.0.0.0", 80),)) == ""


def test_the_container_that_is_replaced_is_no_hindrance_nor_is_its_listener() -> None:
    proxy = Listener("tcp", "127.0.0.1", 8001, "docker-proxy (pid 7)")
    assert held(publishing(), listeners=(proxy,)) == ""


def test_a_process_beside_the_container_that_is_replaced_is_one() -> None:
    both = (
        Listener("tcp", "127.0.0.1", 8001, "docker-proxy (pid 7)"),
        Listener("tcp", "10.0.0.1", 8001, "nginx (pid 8)"),
    )
    wider = Port("0.0.0.0", 8001, 8000, "tcp")
    assert held(publishing(), listeners=both, port=wider) == "nginx (pid 8)"


def test_holders_are_named() -> None:
    by_hand = ", which was started by hand, so that it would not leave in time"
    gone = ", of the service old, which this release does not have"
    assert held(publishing("web")) == f"the container shop-web-1 of the project shop{by_hand}"
    assert held(publishing("old")) == f"the container shop-old-1 of the project shop{gone}"
    assert held(publishing(project="old", name="old-api-1")) == "the container old-api-1 of the project old"
    assert held(publishing(project="", name="by-hand")) == "the container by-hand"
    assert held(publishing(), publishing("old", "0.0.0.0")).startswith("the container shop-old-1 of the")
    assert held(publishing(oneoff=True, name="shop-api-run-1")) == (
        "the one-off container shop-api-run-1 of the project shop, which `docker compose run` started"
    )
    assert held(listeners=(Listener("tcp", "*", 8001, "nginx (pid 8)"),)) == "nginx (pid 8)"
    assert held(listeners=(Listener("tcp", "0.0.0.0", 8001, user=33),)) == (
        "a process of the user 33 that listens on 0.0.0.0:8001/tcp and is no container"
    )


def test_a_container_of_a_release_leaves_before_its_port_is_another_services() -> None:
    files = "/srv/shop/.deploy/releases/v1/compose.yaml"
    assert held(publishing("web", files=files)) == ""
    kept = container("web", ports=(Port("", 8000, 80, "tcp"),), files=files)
    assert held(kept, port=Port("", 8000, 80, "tcp")).startswith(
        "the container shop-web-1 of the project shop"
    )


def test_what_does_not_clash_holds_nothing() -> None:
    assert held(publishing("web", status="exited")) == ""
    assert held(publishing("web", "127.0.0.2")) == ""
    assert held(listeners=(Listener("udp", "*", 8001), Listener("tcp", "10.0.0.1", 8001))) == ""
    assert held(listeners=(Listener("tcp", "::", 8001),)) == ""


def test_ports_that_two_services_publish() -> None:
    one, other = Port("127.0.0.1", 80, 1, "tcp"), Port("", 80, 2, "tcp")
    assert twice([("a", one), ("b", other)]) == ["*:80/tcp is published by b and by a"]
    assert twice([("a", one), ("a", other)]) == []
    assert twice([("a", one), ("b", Port("127.0.0.2", 80, 1, "tcp")), ("c", Port("", 80, 1, "udp"))]) == []
