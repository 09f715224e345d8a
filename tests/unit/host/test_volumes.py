"""The volumes of a host, from recorded answers."""

from __future__ import annotations

import json

import pytest

from gonogo.deploy.errors import Unknown
from gonogo.deploy.host.volumes import FORM, Volume, parse, parse_empty
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


def test_volumes_in_which_nothing_is() -> None:
    told = {"a": "0B", "b": "89B", "c": "0B", "d": "N/A", "e": "0B"}
    sizes = [{"Name": name, "Size": size} for name, size in told.items()]
    rows = [{"name": name, "driver": "local", "options": 3 * (name == "c")} for name in "abcd"]
    other = {"name": "e", "driver": "nfs", "options": 0}
    text = "\n".join(json.dumps(row) for row in ({"sizes": sizes}, *rows, other))
    assert parse_empty(text) == {"a": True, "b": False}
