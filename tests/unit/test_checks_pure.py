"""The pure parts of the checks: placeholders, look-alikes, holders of ports, losses of data; and fault()."""

from __future__ import annotations

from typing import Any

from gonogo.checks.preflight.test_ports import hindering, twice
from gonogo.checks.preflight.test_project import strangers
from gonogo.checks.verify.test_data import compare, empty, losses
from gonogo.deploy.compose.model import Port
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.port import Holders
from gonogo.deploy.host.sockets import Listener
from gonogo.deploy.switch.service import fault
from gonogo.deploy.target.sections.data import Mongodb
from gonogo.reports.model import DataCount
from tests.unit.stacks import container, model, release, target
from tests.unit.tables import every

STACK = model(
    api={"image": "shop-api", "build": {"context": "/srv/shop"}, "container_name": "the-api"},
    cache={"image": "redis:7"},
)


@every(
    "given, alike",
    [
        ({"folder": "/srv/shop"}, True),
        ({"named": "shop-api"}, True),
        ({"name": "the-api"}, True),
        ({}, False),
        ({"named": "redis:7"}, False),
        ({"folder": "/srv/shop", "status": "exited"}, False),
        ({"folder": "/srv/shop", "project": "shop"}, False),
        ({"folder": "/srv/shop", "project": ""}, False),
    ],
)
def test_containers_of_other_projects_that_look_like_this_stack(given: dict[str, Any], alike: bool) -> None:
    fields = {"project": "old", "named": "other", "name": "old-api-1", **given}
    found = strangers([container("api", **fields)], STACK, target())
    assert found == ({fields["project"]: [fields["name"]]} if alike else {})


WANTED = Port("127.0.0.1", 8001, 8000, "tcp")


def held(*found: Container, listeners: tuple[Listener, ...] = (), port: Port = WANTED) -> str:
    return hindering(Holders(found, listeners).of(port), "api", release(api={"image": "a"}))


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
    assert held(publishing("web")) == "the container shop-web-1 of the project shop"
    assert held(publishing(project="old", name="old-api-1")) == "the container old-api-1 of the project old"
    assert held(publishing(project="", name="by-hand")) == "the container by-hand"
    assert held(publishing(), publishing("web", "0.0.0.0")) == "the container shop-web-1 of the project shop"
    assert held(listeners=(Listener("tcp", "*", 8001, "nginx (pid 8)"),)) == "nginx (pid 8)"
    assert held(listeners=(Listener("tcp", "0.0.0.0", 8001, user=33),)) == (
        "a process of the user 33 that listens on 0.0.0.0:8001/tcp and is no container"
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


DATABASE = Mongodb(
    service="db",
    database="shop",
    collections={"orders": "append-only", "cache": "volatile"},
    other_collections="mutable",
)


def test_counts_of_every_collection_before_and_after() -> None:
    rows = compare({"orders": 5, "gone": 1}, {"orders": 6, "new": 2}, DATABASE)
    assert [(row.collection, row.kind, row.before, row.after) for row in rows] == [
        ("cache", "volatile", None, None),
        ("gone", "mutable", 1, None),
        ("new", "mutable", None, 2),
        ("orders", "append-only", 5, 6),
    ]
    assert [row.before for row in compare(None, {"orders": 6}, DATABASE)] == [None, None]


@every(
    "kind, before, after, told",
    [
        ("append-only", 5, 4, ["orders (append-only) had 5 documents and has 4"]),
        ("mutable", 5, None, ["orders (mutable) had 5 documents and has 0"]),
        ("mutable", 5, 5, []),
        ("mutable", 5, 6, []),
        ("mutable", None, 0, []),
        ("mutable", 0, None, []),
        ("volatile", 5, 0, []),
    ],
)
def test_losses(kind: str, before: int | None, after: int | None, told: list[str]) -> None:
    assert losses([DataCount(collection="orders", kind=kind, before=before, after=after)]) == told


def test_an_empty_database_is_told_where_documents_should_last() -> None:
    assert empty(DATABASE, {"cache": 9}) == ["shop is empty: no document in orders"]
    assert empty(DATABASE, {"orders": 0}) == ["shop is empty: no document in orders"]
    assert empty(DATABASE, {"orders": 1}) == []
    assert empty(DATABASE.model_copy(update={"collections": {"cache": "volatile"}}), {}) == []


@every(
    "given, may_end, told",
    [
        ({"status": "running"}, False, ""),
        ({"status": "running", "health": "starting"}, False, ""),
        ({"status": "created"}, False, ""),
        ({"status": "exited"}, True, ""),
        ({"status": "exited"}, False, "ended with exit status 0"),
        ({"status": "exited", "exit_code": 3}, True, "ended with exit status 3"),
        ({"status": "dead", "exit_code": 137}, False, "ended with exit status 137"),
        ({"status": "restarting", "exit_code": 1}, True, "again and again, last with exit status 1"),
        ({"status": "running", "restarts": 1}, False, ""),
        ({"status": "running", "restarts": 2}, False, "again and again"),
        ({"status": "running", "health": "unhealthy"}, False, "is unhealthy"),
    ],
)
def test_when_waiting_for_a_container_is_in_vain(given: dict[str, Any], may_end: bool, told: str) -> None:
    found = fault(container("api", **given), may_end)
    assert told in found
    assert bool(told) == bool(found)
