"""A port of a host, and who holds it."""

from __future__ import annotations

import pytest

from gonogo.deploy.compose.service import Port
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.host.port import parse
from gonogo.deploy.host.sockets import Listener
from gonogo.deploy.release.host import Host
from tests.unit import stacks
from tests.unit.stacks import container
from tests.unit.tables import every

NGINX = Listener("tcp", "10.0.0.1", 8001, "nginx (pid 8)")
PROXY = Listener("tcp", "127.0.0.1", 8001, "docker-proxy (pid 7)")
API = container("api", ports=(Port("127.0.0.1", 8001, 80, "tcp"),))


def there(*listeners: Listener) -> Host:
    host = stacks.host()
    known = {"host.containers.all": [API], "host.sockets.listening": list(listeners)}
    host.answers.known |= {key: Answer(value, None) for key, value in known.items()}
    return host


def test_containers_come_before_processes_and_their_own_listeners_are_not_named() -> None:
    host = there(NGINX, PROXY)
    assert host.port("8001/tcp").holders == [API, NGINX]
    assert host.port("8001/tcp").holder == API
    assert host.port("10.0.0.1:8001/tcp").holder == NGINX
    assert host.port("8001/udp").holder is None


def test_who_holds_a_port_is_looked_up_anew_where_it_was_asked_anew() -> None:
    host = there(NGINX)
    assert host.port("10.0.0.1:8001/tcp").holder == NGINX
    host.answers.known["host.sockets.listening"] = Answer([], None)
    assert host.port("10.0.0.1:8001/tcp").holder is None


@every(
    "port",
    [
        Port("", 80, 0, "tcp"),
        Port("127.0.0.1", 80, 0, "udp"),
        Port("::", 80, 0, "tcp"),
        Port("::1", 1, 0, "sctp"),
    ],
)
def test_a_port_is_read_as_it_is_written(port: Port) -> None:
    assert parse(str(port)) == port


def test_what_is_no_port() -> None:
    assert parse("80/tcp") == parse("*:80/tcp")
    for written in ("80", "tcp/80", "web:80/tcp", ""):
        with pytest.raises(ValueError, match="is no port"):
            parse(written)
