"""The checks of disks, memory and backups on their real faults: each fails there alone."""

from __future__ import annotations

import pytest

from lab import faults
from tests.lab.shop import BACKUPS, CACHE, DB, Shop

pytestmark = pytest.mark.lab


def test_full_disks(shop: Shop) -> None:
    with faults.disk_full(shop.made.name, "/tmp"):
        assert set(shop.failing()) == {"disk.free"}
    with faults.disk_full(shop.made.name, BACKUPS):
        found = shop.failing("disk.backup", "disk.free", "backup.destination")
    assert set(found) == {"disk.backup"}
    assert f"a dump in {BACKUPS}" in found["disk.backup"]


def test_memory_that_a_new_service_would_need(shop: Shop) -> None:
    shop.services = {**shop.services, "new": {**CACHE, "mem_reservation": "9000g"}}
    assert "reserved by new" in shop.failing("memory.available")["memory.available"]
    shop.amended = {"thresholds": {"memory_free_mb": 10**9}}
    shop.reset()
    shop.amended = {"thresholds": {"memory_free_mb": 10**9}}
    assert "expected at least 1000000000 MB" in shop.failing("memory.available")["memory.available"]


def test_backups_that_are_none(shop: Shop) -> None:
    file = f"{BACKUPS}/shop.archive"
    shop.shell(f"touch -d '7 hours ago' {file}")
    assert "shop.archive, 7.0 h old, 5000 bytes" in shop.failing("backup.recent")["backup.recent"]
    shop.shell(f"head -c 108 /dev/zero > {BACKUPS}/newer.archive")
    assert "newer.archive, 0.0 h old, 108 bytes" in shop.failing("backup.recent")["backup.recent"]
    shop.shell(f"rm {BACKUPS}/* && mkdir {BACKUPS}/dump")
    assert "dump, 0.0 h old, 0 bytes" in shop.failing("backup.recent")["backup.recent"]
    shop.shell(f"mkdir {BACKUPS}/dump/shop && head -c 2000 /dev/zero > {BACKUPS}/dump/shop/users.bson")
    assert shop.failing("backup.recent") == {}
    shop.shell(f"rm -r {BACKUPS}/dump")
    assert "no backup in" in shop.failing("backup.recent")["backup.recent"]


def test_a_backup_folder_that_is_closed_or_missing(shop: Shop) -> None:
    shop.shell(f"chown root {BACKUPS}", user="root")
    assert set(shop.failing("backup.destination", "backup.recent")) == {"backup.destination"}
    shop.shell(f"rm -r {BACKUPS}", user="root")
    results = shop.results("backup.destination", "backup.recent")
    assert {name: one.status for name, one in results.items()} == {
        "backup.destination": "failed",
        "backup.recent": "blocked",
    }
    shop.amended = {"backup": {"folder": f"{BACKUPS}/new"}}
    assert shop.results("disk.backup")["disk.backup"].status == "passed"


def test_a_target_without_mongodump(shop: Shop) -> None:
    shop.shell("mv /usr/local/bin/mongodump /root/", user="root")
    found = shop.results("backup.tool")["backup.tool"]
    assert found.status == "warning"
    assert "no mongodump in shop-db-1 or on the target" in found.message
    shop.shell("docker cp /usr/bin/true shop-db-1:/usr/local/bin/mongodump")
    found = shop.results("backup.tool")["backup.tool"]
    assert (found.status, found.found) == ("passed", "mongodump in shop-db-1")
    shop.shell("mv /root/mongodump /usr/local/bin/", user="root")


def test_a_full_disk_under_the_engine(shop: Shop) -> None:
    with faults.docker_root_full(shop.made.name):
        found = shop.failing("disk.docker_root", "disk.images", "disk.free", "disk.backup")
        shop.services = {"db": {**DB, "image": "gonogo-lab/host:latest"}}
        more = shop.failing("disk.docker_root", "disk.images")
    assert "disk.docker_root" in found
    assert "disk.images" not in found
    assert set(more) == {"disk.docker_root", "disk.images"}
    assert "gonogo-lab/host:latest" in more["disk.images"]
    # The engine was restarted, and nothing tells it to start these again.
    shop.reset()
    shop.up()
