"""Whether what runs is in its networks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.released import API, World, changed
from tests.unit.stacks import model


@pytest.mark.parametrize(("networks", "status"), [((), "failed"), (("shop_front", "more"), "passed")])
def test_a_container_outside_its_network_fails(
    networks: tuple[str, ...], status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = replace(model(api={**API, "networks": {"front": None}}), networks={"front": "shop_front"})
    result = World(changed(networks=networks), stack=stack).result("networks.joined", monkeypatch)
    assert result.status == status
    assert status == "passed" or result.found == "api: it is not in its network shop_front"
