"""Mounts of containers that differ from the release."""

from __future__ import annotations

import pytest

from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.container import Container
from tests.unit.released import API, GOOD, World, changed
from tests.unit.stacks import model


@pytest.mark.parametrize(
    ("running", "says"),
    [
        (
            changed(mounts=(("volume", "other_data", "/data"), GOOD.mounts[1])),
            "shop-api-1 has volume other_data at /data, instead of volume data",
        ),
        (
            changed(mounts=(("bind", "/opt/data", "/data"), GOOD.mounts[1])),
            "shop-api-1 has bind /opt/data at /data, instead of volume data",
        ),
        (
            changed(mounts=(GOOD.mounts[0],)),
            "shop-api-1 has nothing mounted at /etc/api, instead of bind /srv/shop/conf/",
        ),
        (changed(read_only=()), "shop-api-1 may write to /etc/api"),
        (changed(read_only=("/data", "/etc/api")), "shop-api-1 may not write to /data"),
    ],
)
def test_mounts_that_differ(running: Container, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = World(running, stack=with_volume()).result("volumes.running", monkeypatch)
    assert (result.status, result.found) == ("failed", says)


def with_volume() -> Model:
    return Model("shop", model(api=API).services, {"data": "data"})


def test_a_volume_goes_by_its_real_name(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Model("shop", model(api=API).services, {"data": "shop_data"})
    result = World(stack=stack).result("volumes.running", monkeypatch)
    assert result.found == "shop-api-1 has volume data at /data, instead of volume shop_data"
