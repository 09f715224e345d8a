"""What of a volume that is there differs from its definition in the compose file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.volumes import PROJECT, unlike

BOUND = {"type": "none", "o": "bind", "device": "/srv/data"}


def there(options: dict[str, str] | None = None, driver: str = "local", by: str = "shop") -> dict[str, Any]:
    return {"Driver": driver, "Options": options, "Labels": {PROJECT: by} if by else None}


@pytest.mark.parametrize(
    ("wanted", "found", "keys"),
    [
        ({}, there(), []),
        ({"driver": "local", "driver_opts": BOUND}, there(BOUND), []),
        ({"driver_opts": {"size": 5}}, there({"size": "5"}), []),
        ({"driver": "rclone"}, there(driver="rclone:latest"), []),
        ({"labels": {"tier": "1"}}, there(), []),
        ({}, there(BOUND, by=""), []),
        ({"driver_opts": BOUND}, there(), ["driver_opts.device", "driver_opts.o", "driver_opts.type"]),
        ({"driver_opts": {**BOUND, "device": "/new"}}, there(BOUND), ["driver_opts.device"]),
        ({"driver_opts": {**BOUND, "device": "/new"}}, there(BOUND, by=""), ["driver_opts.device"]),
        ({}, there({"device": ":/share"}), ["driver_opts.device"]),
        ({"driver": "rclone"}, there(), ["driver"]),
    ],
)
def test_what_a_volume_has_and_its_definition_says(
    wanted: dict[str, Any], found: dict[str, Any], keys: list[str]
) -> None:
    assert unlike(wanted, found) == keys


def test_definitions_are_of_what_compose_makes() -> None:
    volumes = {"data": {"name": "shop_data", "driver_opts": BOUND}, "old": {"name": "old", "external": True}}
    services = {"db": {"image": "redis", "volumes": [{"type": "volume", "source": "data", "target": "/d"}]}}
    model = Model.from_json(json.dumps({"name": "shop", "services": services, "volumes": volumes}))
    assert set(model.stores) == {"shop_data"}
    assert model.stores["shop_data"]["driver_opts"] == BOUND
    assert model.mounting("shop_data") == ["db"]
    assert model.mounting("old") == []
