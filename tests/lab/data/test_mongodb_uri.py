"""A connection string in the env file of a real host: its hosts are reached over the one SSH connection."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.lab.shop import Shop

CHECKS = ("mongodb.login", "mongodb.healthy", "mongodb.size", "mongodb.version")
LOGIN = "mongodb://shop:a-password-of-the-lab@"


@pytest.fixture
def outside(shop: Shop) -> Iterator[Shop]:
    shop.amended = {"mongodb": {"uri_variable": "MONGODB_URI", "database": "shop"}}
    shop.shell("cp /srv/shop/.env /srv/shop/.env.kept")
    yield shop
    shop.shell("mv /srv/shop/.env.kept /srv/shop/.env")


def _put(shop: Shop, hosts: str) -> None:
    shop.shell(f"cp /srv/shop/.env.kept /srv/shop/.env; echo 'MONGODB_URI={LOGIN}{hosts}' >> /srv/shop/.env")


def test_the_hosts_of_a_connection_string_are_as_the_target_sees_them(outside: Shop) -> None:
    address = outside.shell(
        "docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' shop-db-1"
    )
    for hosts in ("db", address.strip(), "127.0.0.1:9,db"):
        _put(outside, f"{hosts}/?authSource=admin")
        found = outside.results(*CHECKS)
        assert {name: one.status for name, one in found.items()} == {
            **dict.fromkeys(CHECKS, "passed"),
            "mongodb.version": "skipped",
        }
        assert found["mongodb.size"].found.endswith("logs 1, users 40")


def test_nobody_there(outside: Shop) -> None:
    for hosts, name in (("127.0.0.1:9", "127.0.0.1:9"), ("db.invalid", "db.invalid:27017")):
        _put(outside, f"{hosts}/?tls=true")
        begun = time.monotonic()
        said = outside.failing("mongodb.login")["mongodb.login"]
        assert f"the MongoDB at {name} does not answer on port {name.rpartition(':')[2]}" in said
        assert time.monotonic() - begun < 6
    _put(outside, "db/?tls=true")
    assert "shop-db-1 does not speak TLS" in outside.failing("mongodb.login")["mongodb.login"]


def test_a_container_that_does_not_run(outside: Shop) -> None:
    _put(outside, "db/")
    outside.shell("docker stop -t 5 shop-db-1")
    try:
        said = outside.failing("mongodb.login")["mongodb.login"]
    finally:
        outside.up()
    assert "the MongoDB in shop-db-1 (exited) does not answer on port 27017" in said
