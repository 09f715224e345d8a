"""Whether the target has room for a release."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploy.facts import Facts
from deploy.target import Target

INODES = 10_000
"""An image's layers are made of files: a filesystem can run out of inodes long before bytes."""


@pytest.mark.check(
    "disk.free",
    reason="A full disk stops a load halfway, and a database that cannot write stops with it.",
    fix="Free room on that filesystem, or lower thresholds.disk_free_gb in the target file if less will do.",
)
def test_disk_free(target: Target, facts: Facts, expect: Callable[..., None]) -> None:
    """The filesystems of the stack's folder, of Docker's data and of /tmp have room, in bytes and inodes."""
    least = target.thresholds.disk_free_gb
    fine, told = True, []
    for room in facts.rooms:
        inodes = "" if room.inodes is None else f", {room.inodes} inodes"
        told.append(f"{room.mounted}: {room.free_gb:.1f} GB{inodes}")
        fine = fine and room.free_gb >= least and (room.inodes is None or room.inodes >= INODES)
    expect(
        fine, found="; ".join(told) + " free", expected=f"at least {least:g} GB and {INODES} inodes on each"
    )
