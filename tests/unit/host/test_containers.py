"""The containers of a host, from recorded answers, and what is said when docker does not answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gonogo.deploy.compose.service import Port
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import containers
from tests.unit import stacks
from tests.unit.stacks import Answering, container
from tests.unit.tables import every

API = (
    '{"id":"9f1c","name":"/shop-api-1","image":"sha256:11aa","named":"shop-api:2","status":"running",'
    '"exit_code":0,"health":"healthy","started":"2026-01-31T08:05:59.1Z","created":"2026-01-31T08:05:58Z",'
    '"restarts":1,"project":"shop","service":"api","oneoff":"False","hash":"c0ffee","folder":"/srv/shop",'
    '"restart":"unless-stopped","ports":{"8000/tcp":[{"HostIp":"127.0.0.1","HostPort":"8001"}],'
    '"53/udp":[{"HostIp":"","HostPort":"5353"}],"9000/tcp":null},"mounts":[{"Type":"bind",'
    '"Source":"/srv/shop/logs","Destination":"/var/log","Mode":"","RW":true},{"Type":"volume",'
    '"Name":"shop_data","Source":"/var/lib/docker/volumes/shop_data/_data","Destination":"/data","RW":true}],'
    '"networks":{"shop_default":{"IPAddress":"172.18.0.3","Gateway":"172.18.0.1"},"idle":{"IPAddress":""}}}'
)
BARE = (
    '{"id":"77","name":"/old","image":"sha256:22bb","named":"redis:7","status":"exited","exit_code":137,'
    '"health":"","started":"0001-01-01T00:00:00Z","created":"2026-01-31T08:05:58Z","restarts":0,"project":"",'
    '"service":"","oneoff":"","hash":"","folder":"","restart":"no","ports":null,"mounts":[],"networks":{}}'
)


def test_a_container_of_compose_is_read_whole() -> None:
    (one,) = containers.parse(API + "\n")
    assert (one.id, one.name, one.image, one.named) == ("9f1c", "shop-api-1", "sha256:11aa", "shop-api:2")
    assert (one.project, one.service, one.hash, one.folder) == ("shop", "api", "c0ffee", "/srv/shop")
    assert (one.status, one.health, one.restarts, one.restart) == ("running", "healthy", 1, "unless-stopped")
    assert one.ports == (Port("127.0.0.1", 8001, 8000, "tcp"), Port("", 5353, 53, "udp"))
    assert one.mounts == (("volume", "shop_data", "/data"), ("bind", "/srv/shop/logs", "/var/log"))
    assert one.addresses == ("172.18.0.3",)
    assert one.well
    assert one.told == "shop-api-1 (running, healthy)"


def test_the_ports_that_the_engine_chose_are_those_that_are_bound() -> None:
    chosen = API.replace('"HostPort":"8001"', '"HostPort":"8000-8005"')
    bound = '"bound":{"8000/tcp":[{"HostIp":"0.0.0.0","HostPort":"8003"}],"9000/tcp":null},"mounts"'
    (one,) = containers.parse(chosen.replace('"mounts"', bound))
    assert one.ports == (Port("", 5353, 53, "udp"),)
    assert one.bound == (Port("0.0.0.0", 8003, 8000, "tcp"),)


def test_a_container_without_labels_belongs_to_no_project() -> None:
    api, bare = containers.parse(f"{API}\n{BARE}\n")
    assert (bare.project, bare.restart, bare.exit_code, bare.ports) == ("", "", 137, ())
    assert containers.of_project([api, bare], "shop") == [api]


def test_a_one_off_container_is_none_of_the_stack() -> None:
    (once,) = containers.parse(API.replace('"oneoff":"False"', '"oneoff":"True"'))
    assert containers.of_project([once], "shop") == []


def test_a_health_check_that_is_none_counts_as_none() -> None:
    (one,) = containers.parse(API.replace('"health":"healthy"', '"health":"none"'))
    assert (one.health, one.well) == ("", True)


def test_a_name_with_a_line_separator_does_not_break_the_line() -> None:
    (one,) = containers.parse(API.replace("/srv/shop/logs", "/srv/a\u0085b"))
    assert ("bind", "/srv/a\u0085b", "/var/log") in one.mounts


@every(
    "given, well, completed",
    [
        ({"status": "running", "health": "starting"}, False, False),
        ({"status": "running", "health": "unhealthy"}, False, False),
        ({"status": "restarting"}, False, False),
        ({"status": "exited"}, False, True),
        ({"status": "exited", "restart": "on-failure"}, False, True),
        ({"status": "exited", "exit_code": 1}, False, False),
        ({"status": "exited", "restart": "always"}, False, False),
        ({"status": "exited", "restart": "unless-stopped"}, False, False),
    ],
)
def test_what_is_well_and_what_is_complete(given: dict[str, Any], well: bool, completed: bool) -> None:
    one = container("job", **given)
    assert (one.well, one.completed) == (well, completed)


def test_a_container_that_vanished_meanwhile_is_no_failure() -> None:
    there = Answering(1, API, "Error: No such container: 41aa\nError: No such container: 41ab\n")
    assert [one.service for one in containers.containers(there)] == ["api"]


@every(
    "words",
    [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "Error: No such container: 41aa\nerror during connect: EOF",
        "template parsing error",
        "",
    ],
)
def test_an_inspection_that_failed_is_never_an_empty_host(words: str) -> None:
    with pytest.raises(GonogoError, match=r"^web: "):
        containers.containers(Answering(1, "", words))


def test_a_container_is_found_by_its_name() -> None:
    host = stacks.host(0, f"{API}\n{BARE}\n")
    found = host.container("shop-api-1")
    assert found is not None
    assert (found.service, found.health) == ("api", "healthy")
    assert host.container("shop-web-1") is None


def test_the_form_asks_for_no_environment() -> None:
    assert "Env" not in containers.FORM
    assert json.loads(API).keys() <= {part.split('"')[1] for part in containers.FORM.split(",")} | {"id"}


@every(
    "key, value",
    [("id", "--help"), ("id", "a b"), ("name", "/../x"), ("name", "/$(id)"), ("image", "-x"), ("image", "")],
)
def test_what_no_engine_calls_a_container_is_no_answer(key: str, value: str) -> None:
    row = json.dumps(json.loads(API) | {key: value})
    with pytest.raises(GonogoError, match="what docker says of the containers cannot be read"):
        containers.containers(Answering(out=row))  # type: ignore[arg-type]
