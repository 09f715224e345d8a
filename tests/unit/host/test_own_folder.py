"""Folders of this machine that are written to: what another user may have planted is refused, and no more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import own_folder

ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
ANOTHER = 65534


def test_ours_in_tmp_shared_with_a_group_or_missing_is_fine(tmp_path: Path) -> None:
    own_folder.refuse(tmp_path / "none" / "reports")
    own_folder.refuse(Path("/tmp"))
    for mode in (0o700, 0o755, 0o2775, 0o1777):
        made = tmp_path / f"{mode:o}"
        made.mkdir()
        made.chmod(mode)
        own_folder.refuse(made)
    (tmp_path / "link").symlink_to("755")
    own_folder.refuse(tmp_path / "link")


def test_one_that_all_may_write_to(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to("open")
    for name in ("open", "link"):
        with pytest.raises(
            GonogoError, match=f"all users of this machine may write to .*/{name}: run `chmod"
        ):
            own_folder.refuse(tmp_path / name)


def test_where_files_have_no_modes_none_can_be_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o777)
    real = os.fstat
    monkeypatch.setattr(os, "fstat", lambda fd: os.stat_result((0o100777, *tuple(real(fd))[1:])))
    own_folder.refuse(tmp_path)
    assert list(tmp_path.iterdir()) == []


@ROOT
def test_a_folder_or_a_link_of_anothers(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "link").symlink_to("/root")
    (tmp_path / "ours").symlink_to("theirs")
    for name in ("theirs", "link"):
        os.chown(tmp_path / name, ANOTHER, ANOTHER, follow_symlinks=False)
    for name in ("theirs", "link", "ours"):
        with pytest.raises(GonogoError, match=f"/{name} belongs to another user"):
            own_folder.refuse(tmp_path / name)


@ROOT
def test_root_in_the_checkout_of_another(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    for path in (tmp_path, tmp_path / "reports"):
        os.chown(path, ANOTHER, ANOTHER)
    own_folder.refuse(tmp_path / "reports")
