"""The model of a trial start: what of a service it keeps, and what could disturb others and is left out."""

from __future__ import annotations

from typing import Any

from gonogo.deploy.compose.trial_model import FIXED, There, trial
from tests.unit.tables import every

THERE = There({"default": "shop_default"}, {"shop_data"}, {"/srv/gone"})
RAW: dict[str, Any] = {
    "networks": {"default": {"name": "shop_default"}, "new": {"name": "shop_new"}},
    "volumes": {"data": {"name": "shop_data"}, "fresh": {"name": "shop_fresh"}},
    "secrets": {"key": {"file": "/srv/key"}, "other": {"file": "/srv/other"}},
}


def made(**given: Any) -> dict[str, Any]:
    """The whole model of a trial of a service ``api``."""
    return trial({**RAW, "services": {"api": {"image": "a", **given}}}, "api", THERE, "mine=yes")


def kept(**given: Any) -> dict[str, Any]:
    """What of a service is kept, beside what is the same in every trial."""
    service = made(**given)["services"]["api"]
    same = {
        "image": "a",
        "labels": {"mine": "yes"},
        "network_mode": "none",
        "volumes": [],
        "volumes_from": [],
    }
    return {key: value for key, value in service.items() if {**FIXED, **same}.get(key) != value}


@every(
    "left_out",
    [
        {"ports": [{"target": 80}], "container_name": "api", "hostname": "api", "labels": {"traefik": "on"}},
        {
            "healthcheck": {"test": "x"},
            "restart": "always",
            "entrypoint": ["x"],
            "command": ["y"],
            "init": True,
        },
        {"depends_on": {"db": {}}, "links": ["db"], "deploy": {"replicas": 3}, "scale": 3, "build": {}},
        {"network_mode": "service:db", "pid": "service:db", "ipc": "service:db", "volumes_from": ["db:ro"]},
        {"network_mode": "container:vpn", "sysctls": {}, "networks": {"new": {"aliases": ["x"]}}},
    ],
)
def test_what_a_service_is_to_others_is_left_out(left_out: dict[str, Any]) -> None:
    assert kept(**left_out).keys() <= {"network_mode", "sysctls"}
    assert "service:" not in str(made(**left_out))


def test_all_else_is_kept() -> None:
    given = {
        "devices": [{"source": "/dev/x"}],
        "sysctls": {"net.core.somaxconn": "1"},
        "cap_add": ["NET_ADMIN"],
        "logging": {"driver": "local"},
        "privileged": True,
        "network_mode": "host",
        "pid": "host",
        "volumes_from": ["container:other"],
        "environment": {"A": "b"},
    }
    resources = {"limits": {"cpus": 2}}
    assert kept(**given, deploy={"resources": resources, "mode": "global"}) == {
        **given,
        "deploy": {"resources": resources},
    }


def test_the_sysctls_of_another_container_are_not_changed() -> None:
    sysctls = {"net.core.somaxconn": "1"}
    assert kept(network_mode="container:vpn") == {"network_mode": "container:vpn"}
    assert kept(network_mode="container:vpn", sysctls=sysctls) == {"sysctls": sysctls}


def test_networks_are_joined_without_names_and_addresses_and_never_made() -> None:
    whole = made(networks={"default": {"aliases": ["db"], "ipv4_address": "10.0.0.2"}, "new": None})
    assert whole["services"]["api"]["networks"] == {"default": None}
    assert "network_mode" not in whole["services"]["api"]
    assert whole["networks"] == {"default": {"external": True, "name": "shop_default"}}


MEMORY = {"type": "tmpfs", "target": "/x"}


@every(
    "mount, instead",
    [
        ({"type": "volume", "source": "data"}, {"volume": {"nocopy": True}}),
        (
            {"type": "volume", "source": "data", "volume": {"subpath": "a"}},
            {"volume": {"subpath": "a", "nocopy": True}},
        ),
        ({"type": "volume"}, {"volume": {"nocopy": True}}),
        ({"type": "volume", "source": "fresh"}, None),
        ({"type": "bind", "source": "/srv/gone"}, None),
        ({"type": "bind", "source": "/srv/gone", "bind": {"create_host_path": False}}, {}),
        ({"type": "bind", "source": "/srv"}, {"bind": {"create_host_path": False}}),
        ({"type": "bind", "source": "/srv", "bind": {"selinux": "Z"}}, {"bind": {"create_host_path": False}}),
        (
            {"type": "bind", "source": "/srv", "bind": {"propagation": "rshared"}},
            {"bind": {"propagation": "rslave", "create_host_path": False}},
        ),
        ({"type": "tmpfs"}, {}),
    ],
)
def test_mounts_make_and_change_nothing(mount: dict[str, Any], instead: dict[str, Any] | None) -> None:
    mount = {**mount, "target": "/x"}
    expected = MEMORY if instead is None else {**mount, **instead}
    whole = made(volumes=[mount])
    assert whole["services"]["api"]["volumes"] == [expected]
    named = {"data": {"external": True, "name": "shop_data"}} if mount.get("source") == "data" else {}
    assert whole["volumes"] == named


def test_only_what_a_service_is_given_is_handed_over() -> None:
    whole = made(secrets=[{"source": "key"}])
    assert (whole["secrets"], whole["configs"]) == ({"key": {"file": "/srv/key"}}, {})
