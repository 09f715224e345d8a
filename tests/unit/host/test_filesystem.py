"""The room of a filesystem, from recorded answers of df."""

from __future__ import annotations

from typing import cast

import pytest

from gonogo.deploy.errors import Unknown
from gonogo.deploy.host.filesystem import Room, mb, parse
from gonogo.deploy.release.host import Host
from gonogo.deploy.ssh.connection import Connection
from tests.unit import stacks
from tests.unit.tables import every

ROOT = "/dev/mapper/very--long--volume--group-root--fs"
HEAD = "Filesystem 1-blocks Used Available Capacity Mounted on"
LONG = f"""\
{HEAD}
{ROOT}  52576092160  31138512896  18733322240      63% /
Filesystem                                       Inodes  IUsed   IFree IUse% Mounted on
{ROOT} 3276800 412345 2864455   13% /
"""
SPACED = f"""\
{HEAD}
//nas/My Share                                  1000000000    900000000    100000000      90% /srv/my shop
{HEAD}
//nas/My Share                                        0      0       0     - /srv/my shop
"""
BTRFS = f"""\
{HEAD}
/dev/sdb1                                       2000000000    900000000   1100000000      45% /data
{HEAD}
/dev/sdb1                                             -      -       -     - /data
"""


@every(
    "text, room",
    [
        (LONG, Room("/", 18733322240, 2864455)),
        (SPACED, Room("/srv/my shop", 100000000, None)),
        (BTRFS, Room("/data", 1100000000, None)),
        # A full filesystem has no inodes left rather than no number.
        (f"{HEAD}\n/dev/a 100 100 0 100% /\n" * 2, Room("/", 0, 0)),
        # Room that is not known is not taken for enough.
        (f"{HEAD}\nfuse - - - - /mnt\n" * 2, Room("/mnt", 0, None)),
        ("nonsense\n", None),
        (LONG + BTRFS, None),
    ],
)
def test_rooms_of_long_and_spaced_names_and_of_btrfs(text: str, room: Room | None) -> None:
    assert parse(text) == room


def test_free_room_in_gigabytes() -> None:
    assert Room("/", 18733322240, 1).free_gb == pytest.approx(18.73332224)


def test_what_df_says_is_passed_on() -> None:
    refused = stacks.host(1, "", "df: /srv/none: Permission denied\n")
    with pytest.raises(Unknown, match=r"^web: the free room is not known: df: /srv/none: Permission den"):
        _ = refused.filesystem("/srv/none").room
    with pytest.raises(Unknown, match="df printed no table"):
        _ = stacks.host(0, "nonsense\n").filesystem("/").room


def test_a_path_reaches_df_as_it_is() -> None:
    there = stacks.Answering(0, SPACED)
    assert Host.over(cast(Connection, there)).filesystem("/srv/my shop").room.mounted == "/srv/my shop"
    assert there.asked[0].startswith("for name in '/srv/my shop'; do ")


def test_sizes_for_messages() -> None:
    assert [mb(size) for size in (0, 999_600_000, 1e9, 52.34e9)] == ["0 MB", "1000 MB", "1.0 GB", "52.3 GB"]
