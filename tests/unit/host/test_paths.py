"""What lies at paths of a host, from recorded answers and from a real shell."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import binds, path_status
from gonogo.deploy.host.binds import Bind
from gonogo.deploy.host.path_status import Place
from gonogo.deploy.release.host import Host
from gonogo.deploy.ssh.connection import Connection
from tests.unit.stacks import Answering
from tests.unit.tables import every

SAID = "directory:deploy:755:r:w:x\nnone\nregular empty file:root:640\n"


def test_places_are_read_in_their_order() -> None:
    there = Answering(0, SAID)
    found = path_status.places(there, ["/srv", "/srv/gone", "/srv/.env", "/srv"])
    assert found == {
        "/srv": Place("directory", "deploy", 0o755, True, True, True),
        "/srv/.env": Place("regular empty file", "root", 0o640),
    }
    assert (found["/srv"].is_folder, found["/srv/.env"].is_file) == (True, True)
    assert not found["/srv/.env"].private
    assert found["/srv/.env"].told == "a regular empty file of root, mode 0640"
    assert path_status.places(there, []) == {}
    assert len(there.asked) == 1


def test_places_that_cannot_be_told() -> None:
    with pytest.raises(GonogoError, match="install GNU coreutils"):
        path_status.places(Answering(0, "none\n"), ["/a", "/b"])


@settings(max_examples=15)
@given(
    name=st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1, max_size=40)
)
def test_a_real_shell_reads_every_path_as_it_is(name: str) -> None:
    there = Answering(0, "none\n")
    path_status.places(there, [f"/nowhere/{name}"])
    done = subprocess.run(["sh", "-c", there.asked[0]], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "none\n", "")


def test_a_real_shell_tells_what_lies_there(tmp_path: Path) -> None:
    (tmp_path / "-x y").write_text("")
    (tmp_path / "-x y").chmod(0o600)
    (tmp_path / "gone").symlink_to("nowhere")
    asked = [str(tmp_path / "-x y"), str(tmp_path / "gone"), str(tmp_path)]
    there = Answering(0, "none\n" * 3)
    path_status.places(there, asked)
    done = subprocess.run(["sh", "-c", there.asked[0]], capture_output=True, text=True, check=True)
    found = path_status.parse(asked, done.stdout.splitlines())
    assert list(found) == [asked[0], asked[2]]
    assert (found[asked[0]].mode, found[asked[0]].readable) == (0o600, True)


MOUNTS = "/ rw,relatime rw\n/mnt/my\\040disk ro,relatime rw\n/mnt/remounted rw,relatime ro\n/mnt/my rw rw\n"


def answer(*records: tuple[str, str, str]) -> str:
    return MOUNTS + "".join(f"\0{said}\0{more}\0{real}\0" for said, more, real in records)


def one(said: str, real: str, more: str = " ") -> Bind:
    (found,) = binds.parse(["/asked"], answer((f"{said}\n", f"{more}\n", f"{real}\n"))).values()
    return found


def test_what_lies_at_a_path() -> None:
    assert one("41ed 1000 100", "/srv/data") == Bind("folder", 1000, 100, 0o755, False, "/srv/data")
    assert one("81a4 0 0", "/etc/hosts", "+") == Bind("file", 0, 0, 0o644, True, "/etc/hosts")
    assert one("c1b0 0 998", "/run/docker.sock").kind == "other"
    assert one("stat: cannot statx '/x': No such file or directory", "/x").kind == "missing"
    assert one("stat: cannot statx '/etc/passwd/x': Not a directory", "").kind == "missing"
    assert one("stat: cannot statx '/root/x': Permission denied", "/root/x").kind == "unseen"
    assert one("stat: cannot statx '/loop': Too many levels of symbolic links", "").real == "/asked"


@every(
    "real, read_only",
    [
        ("/srv", False),
        ("/mnt/my disk", True),
        ("/mnt/my disk/deep", True),
        ("/mnt/my disks", False),
        ("/mnt/my", False),
        ("/mnt/remounted/x", True),
    ],
)
def test_the_filesystem_of_a_path_is_the_innermost(real: str, read_only: bool) -> None:
    assert one("41ed 0 0", real).read_only is read_only


def test_a_path_with_a_line_break_is_one_path() -> None:
    records = (("41ed 0 0\n", "\n", "/srv/a\nb\n"), ("41ed 7 7\n", "", "/srv/c\n"))
    found = binds.parse(["/srv/a\nb", "/srv/c"], answer(*records))
    assert (found["/srv/a\nb"].real, found["/srv/c"].owner) == ("/srv/a\nb", 7)


def test_an_answer_that_is_none_is_no_missing_path() -> None:
    there = Answering(127, "", "sh: 1: awk: not found\n")
    with pytest.raises(GonogoError, match=r"^web: what the stack mounts cannot be looked at: sh: 1: awk"):
        binds.binds(there, ["/srv/a b", "/srv/a b"])
    assert "for name in '/srv/a b'; do" in there.asked[0]
    assert binds.binds(there, []) == {}
    assert len(there.asked) == 1


@every(
    "mode, user, group, may",
    [
        (0o755, 0, None, True),
        (0o755, 1000, None, True),
        (0o555, 1000, None, False),
        (0o755, 1001, None, False),
        (0o775, 1001, 100, True),
        (0o775, 1001, 101, False),
        (0o775, 1001, None, True),
        (0o757, 1001, 101, True),
        (0o757, 1001, 100, False),
        (0o766, 1001, 100, False),
    ],
)
def test_who_may_write_to_a_folder(mode: int, user: int, group: int | None, may: bool) -> None:
    assert Bind("folder", 1000, 100, mode).writable(user, group) is may


def test_an_access_control_list_may_allow_more_than_the_mode() -> None:
    assert Bind("folder", 0, 0, 0o700, more=True).writable(1000, 1000)
    assert Bind("file", 0, 0, 0o606).writable(1000, 1000)


def test_paths_are_asked_together_and_each_once() -> None:
    there = Answering(0, SAID)
    host = Host.over(cast(Connection, there))
    found = host.paths("/srv", "/srv/gone", "/srv/.env", "/srv").places
    assert list(found) == ["/srv", "/srv/.env"]
    assert host.paths("/srv", "/srv/gone", "/srv/.env").places is found
    assert len(there.asked) == 1
