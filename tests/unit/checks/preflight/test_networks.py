"""Whether the networks that Compose makes are in the way of others."""

from __future__ import annotations

from gonogo.checks.preflight.test_networks import hidden, taken
from gonogo.deploy.host.networks import Network, Route
from tests import harness
from tests.unit.mutations import World
from tests.unit.mutations import host as mutations
from tests.unit.tables import every

OLD = Network("old", subnets=("172.30.0.0/16", "fd00::/64"))


@every(
    "subnets, wrong",
    [
        ({"new": ("172.31.0.0/24",)}, []),
        ({"new": ("172.30.9.0/24",)}, ["new: 172.30.9.0/24 overlaps 172.30.0.0/16 of the network old"]),
        ({"new": ("172.0.0.0/8",)}, ["new: 172.0.0.0/8 overlaps 172.30.0.0/16 of the network old"]),
        ({"new": ("fd00::/96",)}, ["new: fd00::/96 overlaps fd00::/64 of the network old"]),
        ({"new": ("10.0.0/24",)}, ["new: 10.0.0/24 is no subnet"]),
        (
            {"a": ("10.1.0.0/16",), "b": ("10.1.2.0/24",)},
            ["b: 10.1.2.0/24 overlaps 10.1.0.0/16 of a, which the stack has too"],
        ),
        ({"old": ("172.30.9.0/24",)}, []),
        ({"old": ("10.1.0.0/24",), "new": ("172.30.9.0/24",)}, []),
    ],
)
def test_networks_in_the_way(subnets: dict[str, tuple[str, ...]], wrong: list[str]) -> None:
    assert list(taken(subnets, [OLD])) == wrong


def test_a_swarm_has_an_address_space_of_its_own() -> None:
    assert list(taken({"new": ("10.0.0.0/24",)}, [Network("ingress", "overlay", "", ("10.0.0.0/24",))])) == []


def test_a_route_that_a_new_network_would_hide() -> None:
    routes = [Route("172.30.0.0/16", "br-1"), Route("10.8.0.0/16", "tun0")]
    assert list(hidden({"new": ("172.30.1.0/24",)}, [OLD], routes)) == []
    assert list(hidden({"new": ("10.8.1.0/24",)}, [OLD], routes)) == [
        "new: 10.8.1.0/24 overlaps the host's route to 10.8.0.0/16 by tun0"
    ]


def test_a_worker_of_a_swarm_does_not_know_what_it_does_not_use() -> None:
    world = World.recorded()
    mutations.an_external_network(world)
    mutations._engine(world, worker=True)
    found = harness.run(world.target, world.release, only=["networks.exist"])["networks.exist"]
    assert found.status == "warning"
    assert "the external network edge (web) is not known to this worker of a swarm" in found.message
