"""The checks of the registry, against a real one with a login, over TLS and on the loopback."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.ssh.connection import Connection
from lab import host, registry, state
from tests import harness
from tests.lab.registered import CHECKS, PASSWORD, ROOM, USER, VERSION, WRONG, Shop, settle, target

pytestmark = pytest.mark.lab


NAME = f"t-registry-{os.getpid()}"


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    made = host.up(NAME)
    host.execute(NAME, f"install -d -o deploy -g deploy {ROOM}", user="root")
    yield made
    host.down(NAME)


@pytest.fixture(scope="module")
def connection(made: host.Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with Connection.open(target(made, tmp_path_factory.mktemp("any"))) as connection:
        yield connection


@pytest.fixture(scope="module")
def running(made: host.Host) -> Iterator[registry.Registry]:
    with registry.running(NAME, USER, PASSWORD) as found:
        yield found


@pytest.fixture
def shop(
    made: host.Host,
    running: registry.Registry,
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Shop:
    """All is well: the registry runs, both machines trust it and are logged in."""
    return settle(Shop(made, tmp_path, running, connection), monkeypatch)


def test_a_registry_in_which_all_is_well(shop: Shop) -> None:
    found = shop.checked()
    assert {name: (one.status, one.message) for name, one in found.items()} == dict.fromkeys(
        CHECKS, ("passed", "")
    )


def test_a_name_in_another_registry(shop: Shop) -> None:
    (message,) = shop.failing(shop.target("elsewhere.example.com/app:1.0")).values()
    assert "service app: elsewhere.example.com/app:1.0 lies in elsewhere.example.com" in message


def test_this_machine_has_no_login(shop: Shop) -> None:
    shop.login(None)
    found = shop.checked()
    assert list(harness.failed(found)) == ["registry.login"]
    assert f"this machine's Docker has no login for {shop.registry.host}" in found["registry.login"].message
    assert found["registry.tag"].status == "blocked"


def test_this_machine_has_a_wrong_password(shop: Shop) -> None:
    shop.login(WRONG)
    found = shop.checked()
    assert list(harness.failed(found)) == ["registry.login"]
    assert f"this machine: {shop.registry.host} refuses the login" in found["registry.login"].message
    assert WRONG not in str(found)


def test_the_target_has_no_login(shop: Shop) -> None:
    shop.registry.logout()
    assert f"the target's Docker has no login for {shop.registry.host}" in shop.failing()["registry.login"]


def test_the_target_has_a_wrong_password(shop: Shop) -> None:
    shop.push(f"{shop.registry.host}/team/app:1.0")
    assert shop.failing() == {}
    coded = base64.b64encode(f"{USER}:{WRONG}".encode()).decode()
    logins = json.dumps({"auths": {shop.registry.host: {"auth": coded}}})
    host.put(NAME, "/home/deploy/.docker/config.json", logins.encode())
    (message,) = shop.failing().values()
    assert f"the target's Docker is refused with its login for {shop.registry.host}" in message


def test_a_registry_that_is_down(shop: Shop) -> None:
    with registry.stopped(NAME):
        found = shop.checked()
    assert list(harness.failed(found)) == ["registry.reachable"]
    for whence in ("this machine", "the target"):
        nothing = f"from {whence}: nothing answers at {shop.registry.host}"
        assert nothing in found["registry.reachable"].message
    assert {found["registry.login"].status, found["registry.tag"].status} == {"blocked"}
    assert shop.failing() == {}


def test_a_registry_that_the_target_alone_cannot_reach(shop: Shop) -> None:
    rule = "INPUT -i lo -p tcp --dport 5000 -j REJECT"
    host.execute(NAME, f"iptables -I {rule}", user="root")
    try:
        (message,) = shop.failing().values()
    finally:
        host.execute(NAME, f"iptables -D {rule}", user="root")
    assert f"found from the target: nothing answers at {shop.registry.host};" in message


def test_an_authority_that_is_not_trusted_here(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    message = shop.failing()["registry.reachable"]
    assert "from this machine: TLS with" in message and "unable to get local issuer" in message
    assert "from the target" not in message


def test_an_authority_that_is_not_trusted_there(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.registry.trusted(False)
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "from the target: TLS with" in shop.failing()["registry.reachable"]


def test_passwords_do_not_cross_a_network_in_the_open(shop: Shop) -> None:
    message = shop.failing(shop.target(plain_http=True))["registry.reachable"]
    assert f"{shop.registry.host} without TLS" in message


def test_a_tag_that_is_taken(shop: Shop) -> None:
    name = f"{shop.registry.host}/team/taken"
    shop.push(f"{name}:{VERSION}")
    message = shop.failing(shop.target(f"{name}:1.0"))["registry.tag"]
    assert f"{name}:{VERSION} is another image already, sha256:" in message


def test_a_tag_that_was_never_pushed(shop: Shop) -> None:
    name = f"{shop.registry.host}/team/never:1.0"
    assert shop.failing(shop.target(name)) == {}
    (message,) = shop.failing(shop.target(name), skip_build=True).values()
    assert f"{name} is not there" in message
    shop.push(name)
    assert shop.failing(shop.target(name), skip_build=True) == {}


@pytest.fixture
def port(made: host.Host) -> Iterator[int]:
    """A port of the loopback that is the lab host's here too, as a registry on it needs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    argv = ["ssh", "-F", str(made.config), "-N", "-L", f"127.0.0.1:{number}:127.0.0.1:{number}", made.alias]
    line = subprocess.Popen(argv, stdin=subprocess.DEVNULL, cwd=state.ROOT)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) == 0:
                break
        time.sleep(0.05)
    yield number
    line.kill()
    line.wait()


def test_a_registry_on_the_loopback(
    made: host.Host, port: int, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The registry of the other tests is gone by now: a host has one.
    with registry.running(NAME, USER, PASSWORD, port=port, tls=False) as found:
        shop = settle(Shop(made, tmp_path, found, connection), monkeypatch)
        plain = shop.target(plain_http=True)
        assert shop.failing(plain) == {}
        assert f"{found.host} does not speak TLS" in shop.failing(shop.target())["registry.reachable"]
        shop.login(WRONG)
        assert list(shop.failing(plain)) == ["registry.login"]
