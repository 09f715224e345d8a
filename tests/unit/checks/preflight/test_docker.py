"""Engines that are unsupported, or unhealthy."""

from __future__ import annotations

from typing import Any

from gonogo.checks.preflight.test_docker import unhealthy, unsupported
from gonogo.deploy.host.engine import EngineInfo
from tests.unit.stacks import container
from tests.unit.tables import every

FINE = {"version": "20.10.24", "api": "1.41", "platform": "linux/amd64", "driver": "overlay2", "root": "/d"}


@every(
    "given, wrong",
    [
        ({}, []),
        ({"version": "29.0.1", "api": "1.52", "driver": "btrfs"}, []),
        ({"version": "19.03.15", "api": "1.40"}, ["engine 19.03.15", "API 1.40"]),
        ({"driver": "vfs"}, ["the storage driver vfs, which copies every layer whole"]),
        ({"driver": "native"}, ["the storage driver native, which copies every layer whole"]),
    ],
)
def test_engines_that_will_not_do(given: dict[str, Any], wrong: list[str]) -> None:
    assert unsupported(EngineInfo(**{**FINE, **given})) == wrong


@every(
    "given, status, wrong",
    [
        ({"free": 5, "inodes": 5}, "running", []),
        ({"free": None, "inodes": None}, "exited", []),
        ({"read_only": True}, "running", ["/d is mounted read-only"]),
        ({"free": 0, "inodes": 0}, "running", ["/d has not one byte free", "/d has no inode free"]),
        ({}, "dead", ["the container shop-api-1 is dead"]),
        ({}, "removing", ["the container shop-api-1 is removing"]),
    ],
)
def test_engines_that_cannot_work(given: dict[str, Any], status: str, wrong: list[str]) -> None:
    assert unhealthy(EngineInfo(**{**FINE, **given}), [container("api", status=status)]) == wrong
