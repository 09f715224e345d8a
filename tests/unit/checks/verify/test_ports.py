"""Ports of containers that differ from the release."""

from __future__ import annotations

from typing import Any

import pytest

from gonogo.deploy.compose.service import Port
from tests.unit.released import GOOD, World, changed
from tests.unit.stacks import model


@pytest.mark.parametrize(
    ("bound", "says"),
    [
        ((), "shop-api-1 does not publish *:8001/tcp for its port 8001"),
        (
            (*GOOD.bound, Port("0.0.0.0", 6380, 6379, "tcp"), Port("::", 6380, 6379, "tcp")),
            "shop-api-1 publishes *:6380/tcp for its port 6379, which the release does not",
        ),
    ],
)
def test_ports_that_differ(bound: tuple[Port, ...], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = World(changed(bound=bound)).result("ports.running", monkeypatch)
    assert (result.status, result.found) == ("failed", says)


@pytest.mark.parametrize(
    ("ports", "bound", "good"),
    [
        (
            {"target": 80, "published": "8080", "host_ip": "127.0.0.1"},
            Port("0.0.0.0", 8080, 80, "tcp"),
            False,
        ),
        (
            {"target": 80, "published": "8080", "host_ip": "127.0.0.1"},
            Port("127.0.0.1", 8080, 80, "tcp"),
            True,
        ),
        ({"target": 80}, Port("0.0.0.0", 49153, 80, "tcp"), True),
        ({"target": 80, "published": "8000-8010"}, Port("0.0.0.0", 8003, 80, "tcp"), True),
        ({"target": 80, "published": "8000-8010"}, Port("0.0.0.0", 8011, 80, "tcp"), False),
    ],
)
def test_addresses_chosen_ports_and_ranges(
    ports: dict[str, Any], bound: Port, good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = model(api={"image": "api", "ports": [{"protocol": "tcp", **ports}]})
    result = World(changed(bound=(bound,)), stack=stack).result("ports.running", monkeypatch)
    assert result.status == ("passed" if good else "failed")
