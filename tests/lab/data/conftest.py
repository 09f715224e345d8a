"""The host that the files of this folder share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.lab.shop import BACKUPS, Shop, running

SHOP = os.environ.get("GONOGO_LAB_SHOP", f"t-shop-{os.getpid()}")


@pytest.fixture(scope="package")
def running_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop's stack, started by hand, with documents, a recorded release and a backup."""
    with running(SHOP, tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def shop(running_shop: Shop) -> Shop:
    """The shop, with nothing to deploy over it but what runs, and with one fresh backup."""
    running_shop.reset()
    made = f"rm -rf {BACKUPS}; install -d {BACKUPS}; head -c 5000 /dev/urandom > {BACKUPS}/shop.archive"
    running_shop.shell(made)
    return running_shop
