"""The members of a tar archive: every form of header that engines write passes unchanged and is read."""

from __future__ import annotations

import io
import tarfile

import pytest

from gonogo.deploy.transfer.tar_members import Damaged, Members
from tests.unit.tables import every

LONG = "folder/" + "x" * 200 + "/layer.tar"


def packed(form: int, **fields: object) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for name, size in (("a", 1), (LONG, 700), ("b", 0)):
            info = tarfile.TarInfo(name)
            info.size = size
            for key, value in fields.items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(b"c" * size))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "../a/" + "y" * 150
        tar.addfile(link)
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        packed(tarfile.PAX_FORMAT),
        packed(tarfile.GNU_FORMAT),
        packed(tarfile.PAX_FORMAT, mtime=1.5, pax_headers={"SCHILY.xattr.user.x": "a=b\nc"}),
    ],
    ids=["pax", "gnu", "pax with attributes"],
)
def test_every_byte_passes_and_names_are_whole(data: bytes) -> None:
    members = Members(io.BytesIO(data))
    out, found = b"", []
    for member in members:
        content = b"".join(members.content(member))
        out += member.head + content
        found.append((member.name, member.size))
        assert content[: member.size] == b"c" * member.size
    assert out + members.end == data
    assert members.ended
    assert found == [("a", 1), (LONG, 700), ("b", 0), ("link", 0), ("folder", 0)]


@every("size", [0, 511, 512, 1024, 2000, 4096])
def test_what_is_cut_off_is_damaged(size: int) -> None:
    members = Members(io.BytesIO(packed(tarfile.PAX_FORMAT)[:size]))
    with pytest.raises(Damaged, match="ends too early"):
        for member in members:
            list(members.content(member))
    assert members.ended


def test_what_comes_behind_the_end_is_damaged() -> None:
    members = Members(io.BytesIO(packed(tarfile.PAX_FORMAT) + b"x" * 512))
    with pytest.raises(Damaged, match="more behind its end"):
        for member in members:
            list(members.content(member))
