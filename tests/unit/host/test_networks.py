"""The networks and routes of a host, from recorded answers."""

from __future__ import annotations

import pytest

from gonogo.deploy.errors import Unknown
from gonogo.deploy.host.networks import Network, Route, parse_routes
from tests.unit import stacks

ROWS = (
    '{"name":"bridge","driver":"bridge","subnets":"172.17.0.0/16 ","project":""}\n'
    '{"name":"host","driver":"host","subnets":"","project":""}\n'
    '{"name":"shop_default","driver":"bridge","subnets":"172.20.0.0/16 fd00::/64 ","project":"shop"}\n'
)
ROUTES = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010011AC	0003	0	0	0	00000000	0	0	0
eth0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
tun0	0000080A	00000000	0001	0	0	0	0000FEFF	0	0	0
broken	row
"""


def test_networks_have_their_subnets_and_the_project_that_made_them() -> None:
    assert stacks.host(0, ROWS).networks.all == [
        Network("bridge", subnets=("172.17.0.0/16",)),
        Network("host", "host"),
        Network("shop_default", "bridge", "shop", ("172.20.0.0/16", "fd00::/64")),
    ]


def test_a_network_that_is_removed_meanwhile_is_left_out() -> None:
    gone = "Error response from daemon: network 0123 not found\n"
    assert [one.name for one in stacks.host(1, ROWS.splitlines()[0], gone).networks.all] == ["bridge"]
    with pytest.raises(Unknown):
        _ = stacks.host(1, "", "permission denied").networks.all


def test_routes_without_the_default_one() -> None:
    assert list(parse_routes(ROUTES)) == [Route("172.17.0.0/16", "eth0"), Route("10.8.0.0/15", "tun0")]
    assert list(parse_routes("")) == []
