"""What containers see of the files that they mount, from recorded tables and from a real shell."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import cast

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.mounted import Mounts, Place, mounts
from gonogo.deploy.ssh.connection import Connection, Result
from tests.unit.stacks import Answering

OWN = "0:1 / / overlay\n8:3 /@home /srv/on\\040it /dev/sda3\n"
SEEN = (
    "8:3 /@home/one.conf /one /dev/sda3\n8:3 /@home/two.conf//deleted /two /dev/sda3\n"
    "8:3 /@home/site.old /site /dev/sda3\n0:9 /one.conf /again /dev/sda3\n0:9 /one.conf /far tmpfs\n"
)


def found(*fields: str) -> Mounts:
    paths = [f"/srv/on it/{name}" for name in ("gone", "one.conf", "site", "two.conf")]
    there = Answering(0, "\0".join([OWN, *fields, ""]))
    return mounts(cast(Connection, there), paths, ["id"])


FIELDS = [
    *("", "/srv/on it/gone\n"),
    *("81a4 1796029324\n", "/srv/on it/one.conf\n"),
    *("41ed 1796029324\n", "/srv/on it/site\n"),
    *("81a4 1796029324\n", "/srv/on it/two.conf\n"),
]


def test_a_file_that_was_replaced_is_another_one() -> None:
    all_ = found(*FIELDS, SEEN)
    there = {path.removeprefix("/srv/on it/"): one for path, one in all_.paths.items()}
    assert {name: one.kind for name, one in there.items()} == {
        "gone": "missing",
        "one.conf": "file",
        "site": "folder",
        "two.conf": "file",
    }
    assert (there["one.conf"].at, there["one.conf"].changed) == (
        Place("8:3", "/@home/one.conf", "/dev/sda3"),
        1796029324.0,
    )
    assert not all_.another("id", "/one", "/srv/on it/one.conf")
    assert all_.another("id", "/two", "/srv/on it/two.conf"), "it is deleted"
    assert all_.another("id", "/site", "/srv/on it/site"), "it was moved away"
    assert all_.another("id", "/far", "/srv/on it/one.conf"), "another filesystem was mounted there"
    assert not all_.another("id", "/again", "/srv/on it/one.conf"), "a share may be mounted anew"
    assert not all_.another("other", "/one", "/srv/on it/one.conf"), "it does not run"


def test_what_cannot_be_told() -> None:
    assert mounts(cast(Connection, Answering(1)), [], ["id"]) == Mounts()
    with pytest.raises(GonogoError, match="web: what the containers mount cannot be looked at: no awk"):
        mounts(cast(Connection, Answering(127, "", "no awk")), ["/a"], [])
    assert found(*FIELDS, "").seen == {}


def test_a_real_shell_tells_where_a_path_lies(tmp_path: Path) -> None:
    (tmp_path / "a b").write_text("x")
    (tmp_path / "link").symlink_to("a b")

    class Shell(Answering):
        def run(self, command: str, **_: object) -> Result:
            done = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
            return Result(command, done.returncode, done.stdout, done.stderr, 0.0)

    all_ = mounts(cast(Connection, Shell()), [str(tmp_path / "link"), str(tmp_path / "gone")], [])
    link = all_.paths[str(tmp_path / "link")]
    assert (link.kind, link.real, all_.paths[str(tmp_path / "gone")].kind) == (
        "file",
        str(tmp_path / "a b"),
        "missing",
    )
    assert link.at.device
    assert link.at.path.endswith("/a b")
