"""What services of a resolved model ask of their host."""

from __future__ import annotations

from typing import Any

from gonogo.deploy.compose.needs import Needs, needs, subnets_of
from tests.unit.tables import every

GPU = {"capabilities": ["gpu"]}


@every(
    "raw, asked",
    [
        ({}, Needs()),
        ({"cpus": 1.5, "mem_limit": "1000", "cpuset": "0-3"}, Needs(cpus=1.5, memory=1000, cpuset="0-3")),
        (
            {"deploy": {"resources": {"limits": {"cpus": "2", "memory": "5"}, "reservations": {"cpus": 1}}}},
            Needs(cpus=2, memory=5, cpus_reserved=1),
        ),
        ({"devices": [{"source": "/dev/a", "target": "/dev/b"}, {"source": "v.com/c=d"}]}, ("/dev/a",)),
        ({"devices": ["/dev/a:/dev/b:rwm", "v.com/c=d"]}, ("/dev/a",)),
        ({"gpus": [{"count": -1}]}, Needs(gpus=("",))),
        (
            {
                "gpus": [{"driver": "nvidia"}],
                "deploy": {
                    "resources": {
                        "reservations": {
                            "devices": [
                                {**GPU, "driver": "nvidia"},
                                {**GPU, "driver": "cdi"},
                                {"capabilities": ["tpu"]},
                            ]
                        }
                    }
                },
            },
            Needs(gpus=("nvidia",)),
        ),
        ({"runtime": "runsc", "logging": {"driver": "loki"}}, Needs(runtime="runsc", logging="loki")),
        ({"logging": {"options": {"a": "b"}}}, Needs()),
    ],
)
def test_what_a_service_asks_for(raw: dict[str, Any], asked: Needs | tuple[str, ...]) -> None:
    assert needs(raw) == (asked if isinstance(asked, Needs) else Needs(devices=asked))


@every("cpuset, highest", [("", -1), ("0", 0), ("0-3,7", 7), ("1, 2-5", 5), ("x", -1)])
def test_the_highest_processor_of_a_set(cpuset: str, highest: int) -> None:
    assert Needs(cpuset=cpuset).highest_cpu == highest


def test_the_subnets_of_networks_that_compose_makes() -> None:
    pool = {"ipam": {"config": [{"subnet": "10.1.0.0/24"}, {"gateway": "10.1.0.1"}]}}
    given = {
        "a": pool,
        "b": {**pool, "driver": "macvlan"},
        "c": {**pool, "external": True},
        "d": None,
        "e": {},
    }
    names = {key: f"shop_{key}" for key in given}
    assert dict(subnets_of(names, {"shop_c"}, given)) == {"shop_a": ("10.1.0.0/24",)}
