"""Whether an engine's network is as a compose file defines it."""

from __future__ import annotations

from typing import Any

import pytest

from gonogo.deploy.compose.networks import differing, unlike

THERE: dict[str, Any] = {
    "Driver": "bridge",
    "EnableIPv4": True,
    "EnableIPv6": False,
    "Internal": False,
    "Attachable": False,
    "IPAM": {
        "Driver": "default",
        "Config": [{"Subnet": "10.7.0.0/24", "Gateway": "10.7.0.1", "IPRange": "10.7.0.128/25"}],
    },
    "Options": {"com.docker.network.driver.mtu": "1400", "com.docker.network.enable_ipv6": "false"},
    "Labels": {"com.docker.compose.project": "shop", "tier": "front"},
}


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ({}, []),
        ({"name": "shop_front", "ipam": {}, "driver": "bridge", "enable_ipv6": False}, []),
        ({"driver_opts": {"com.docker.network.driver.mtu": 1400}, "labels": {"tier": "front"}}, []),
        ({"ipam": {"driver": "default", "config": [{"subnet": "10.7.0.0/24", "gateway": "10.7.0.1"}]}}, []),
        ({"ipam": {"config": [{"subnet": "10.7.0.5/24", "ip_range": "10.7.0.128/25"}]}}, []),
        ({"ipam": {"config": [{"subnet": "10.8.0.0/24"}]}}, ["ipam"]),
        ({"ipam": {"config": [{"gateway": "10.7.0.9"}]}}, ["ipam"]),
        ({"ipam": {"config": [{"subnet": "10.7.0.0/24", "aux_addresses": {"a": "10.7.0.4"}}]}}, ["ipam"]),
        ({"ipam": {"driver": "dhcp"}}, ["ipam"]),
        ({"driver": "macvlan"}, ["driver"]),
        ({"driver_opts": {"com.docker.network.driver.mtu": "1300"}}, ["driver_opts"]),
        (
            {"labels": {"tier": "back"}, "internal": True, "attachable": True},
            ["attachable", "internal", "labels"],
        ),
        ({"enable_ipv6": True, "enable_ipv4": False}, ["enable_ipv4", "enable_ipv6"]),
    ],
)
def test_what_a_network_does_not_meet(wanted: dict[str, Any], keys: list[str]) -> None:
    assert unlike(wanted, THERE) == keys


def test_what_the_engine_decides_is_no_difference_and_what_the_file_said_is() -> None:
    internal = {**THERE, "Internal": True}
    assert unlike({}, internal) == ["internal"]
    subnet = {"name": "a", "ipam": {"config": [{"subnet": "10.7.0.0/24"}]}, "driver_opts": None}
    assert differing(subnet, {"name": "b", "ipam": {}}) == ["ipam"]
    assert differing({"ipam": {}, "internal": False}, {}) == []
