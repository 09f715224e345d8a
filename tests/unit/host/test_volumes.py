"""The volumes of a host, from recorded answers."""

from __future__ import annotations

import pytest

from gonogo.deploy.errors import Unknown
from gonogo.deploy.host.volumes import FORM, Volume, parse
from tests.unit import stacks

VOLUMES = """\
{"name":"shop_data","driver":"local","read_only":false,"device":"","project":"shop","key":"data"}
{"name":"ro","driver":"local","read_only":true,"_":false,"device":"/srv/x","project":"","key":""}
"""


def test_volumes_with_the_labels_of_compose() -> None:
    assert parse(VOLUMES) == [
        Volume("shop_data", project="shop", key="data"),
        Volume("ro", read_only=True, device="/srv/x"),
    ]


def test_a_volume_that_vanished_meanwhile_is_no_failure() -> None:
    assert len(stacks.host(123, VOLUMES, "Error: No such volume: gone\n").volumes.all) == 2
    for words in ("", "Error: No such volume: x\nCannot connect to the Docker daemon"):
        with pytest.raises(Unknown):
            _ = stacks.host(123, VOLUMES, words).volumes.all


def test_no_password_of_a_network_share_is_asked_for() -> None:
    assert "json .Options" not in FORM
