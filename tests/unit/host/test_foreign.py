"""What of gonogo's folder is not the login's alone, found in real folders."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gonogo.deploy.host import foreign


def found(folder: Path, names: tuple[str, ...] = ("*",)) -> list[str]:
    script = foreign.script(str(folder), names)
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert not done.stderr
    return sorted(told(folder, path) for path in done.stdout.splitlines())


def told(folder: Path, path: str) -> str:
    within = Path(path).is_relative_to(folder)
    return str(Path(path).relative_to(folder)) if within else path


BACKUPS = foreign.backups("shop")
OURS = [".part-shop-shop-20260102-000000", "shop-shop-20260101-000000"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as gonogo makes it, whose name has a space."""
    made = tmp_path / "a stack" / ".deploy"
    (made / "releases" / "v1").mkdir(parents=True)
    made.chmod(0o700)
    (made / "journal.jsonl").touch()
    (made / "current").symlink_to("releases/v1")
    (made / ".current.part").symlink_to("releases/v1")
    return made


def test_nothing_is_found_in_one_of_our_own_or_none(folder: Path) -> None:
    (folder / "releases").chmod(0o775)  # nobody else can enter
    assert found(folder) == []
    assert found(folder / "not there") == []


def linked(name: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to("/etc/passwd")

    return plant


def opened(mode: int, name: str = ".", of_folder: int = 0o700) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        folder.chmod(of_folder)
        (folder / name).chmod(mode)

    return plant


@pytest.mark.parametrize(
    ("planted", "paths"),
    [
        (linked("lock"), ["lock"]),
        (linked("journal.jsonl"), ["journal.jsonl"]),
        (opened(0o770), ["."]),
        (opened(0o702), ["."]),
        (opened(0o775, "releases", 0o755), ["releases"]),
    ],
)
def test_what_is_planted_or_open(folder: Path, planted: Callable[[Path], None], paths: list[str]) -> None:
    planted(folder)
    assert found(folder) == paths


def test_the_way_there(folder: Path) -> None:
    above = folder.parent
    above.chmod(0o777)
    assert found(folder) == found(folder / "none")[:1] == [str(above)], "what is not there is made there"
    above.chmod(0o1777)
    assert found(folder) == [], "nobody can rename what is another's"
    above.chmod(0o775)
    own = above.parent / "own"
    own.symlink_to(above)
    assert found(own / ".deploy") == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give links away")
def test_a_link_of_anothers_on_the_way(folder: Path) -> None:
    theirs = folder.parents[1] / "theirs"
    theirs.symlink_to(folder.parent)
    os.chown(theirs, 65534, 65534, follow_symlinks=False)
    assert found(theirs / ".deploy") == [str(theirs)]


def test_of_a_folder_that_others_use_too_backups_alone_are_looked_at(folder: Path) -> None:
    for name in ("newest", "other-shop-20260101-000000", *OURS):
        (folder / name).symlink_to("/etc")
    assert found(folder, BACKUPS) == OURS


def test_a_folder_of_backups_may_be_a_link_and_its_groups(folder: Path, tmp_path: Path) -> None:
    disk = folder.parent / "disk"
    disk.mkdir()
    disk.chmod(0o2770)
    (tmp_path / "link").symlink_to(disk)
    assert found(tmp_path / "link", BACKUPS) == []
    (disk / OURS[0]).symlink_to("/etc")
    assert found(tmp_path / "link", BACKUPS) == [str(disk / OURS[0])]
    (disk / OURS[0]).unlink()
    folder.parent.chmod(0o777)
    assert found(tmp_path / "link", BACKUPS) == [str(folder.parent)], "the way to the disk"
    folder.parent.chmod(0o755)
    disk.chmod(0o777)
    assert found(tmp_path / "link", BACKUPS) == [str(disk)]
    if os.getuid() == 0:
        disk.chmod(0o700)
        os.chown(tmp_path / "link", 65534, 65534, follow_symlinks=False)
        assert found(tmp_path / "link", BACKUPS) == ["."]


def test_a_folder_that_is_a_link_itself(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert found(tmp_path / "link") == ["."]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_what_is_anothers(folder: Path) -> None:
    os.chown(folder / "journal.jsonl", 65534, 65534)
    assert found(folder) == ["journal.jsonl"]
