"""Where a folder of a host stands in git, asked of git itself."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from gonogo.deploy.host.git_status import Checkout, parse_status
from gonogo.deploy.host.local import LocalConnection
from gonogo.deploy.release.host import Host
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.transcript import Transcript
from tests.unit import stacks
from tests.unit.host.test_commits import Repository


def stands(folder: Path) -> Checkout:
    here = cast(Connection, LocalConnection(Transcript()))
    return Host.over(here, "controller").git(str(folder)).checkout


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "shop")


def test_a_folder_outside_git_and_one_that_is_not_there(tmp_path: Path) -> None:
    assert stands(tmp_path) == Checkout(why=f"{tmp_path} is in no git repository")
    assert "No such file" in stands(tmp_path / "none").why


def test_a_repository_that_git_refuses_to_read(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    found = stands(repository.folder)
    assert found.unread and not found.commit
    assert "dubious ownership" in found.why and "safe.directory" in found.why


def test_without_git_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert stands(tmp_path) == Checkout(why="git was not found on this machine")


def test_a_repository_without_a_commit(repository: Repository) -> None:
    (repository.folder / "new").write_text("1")
    found = stands(repository.folder)
    assert (found.commit, found.branch, found.changes) == ("", "main", ("new",))
    assert found.why.endswith("is in a git repository without a commit")


def test_where_a_folder_stands(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = repository.commit("one", a="1", app__b="2")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    found = stands(repository.folder)
    assert (found.commit, found.branch, found.changes, found.remotes) == (commit, "main", (), ())
    assert found.time.startswith("20")
    assert found.why == ""
    (repository.folder / "a").write_text("changed")
    assert stands(repository.folder).changes == ("a",)
    assert stands(repository.folder / "app").changes == (), "what lies outside does not ship"


def test_a_detached_head_is_on_no_branch(repository: Repository) -> None:
    repository.commit("one", a="1")
    repository.git("checkout", "-q", "--detach")
    assert stands(repository.folder).branch == ""


def test_the_branches_of_remotes_that_hold_the_commit(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", a="1")
    repository.git("clone", "-q", "--bare", str(repository.folder), str(tmp_path / "origin"))
    repository.git("remote", "add", "origin", str(tmp_path / "origin"))
    repository.git("fetch", "-q")
    repository.git("remote", "set-head", "origin", "main")
    assert stands(repository.folder).remotes == ("origin/main",)
    repository.commit("two", a="2")
    assert stands(repository.folder).remotes == ()


def test_the_status_of_every_kind_of_change() -> None:
    ordinary = "1 .M N... 100644 100644 100644 aaaa bbbb with space\nand line"
    renamed = "2 R. N... 100644 100644 100644 aaaa bbbb R100 new name\0old name"
    unmerged = "u UU N... 100644 100644 100644 100644 a b c both"
    text = f"# branch.oid 12ab\0# branch.head feature/x\0{ordinary}\0{renamed}\0{unmerged}\0? new/\0"
    found = parse_status(text)
    assert (found.commit, found.branch) == ("12ab", "feature/x")
    assert found.changes == ("with space\nand line", "new name", "both", "new/")


def test_without_git_on_a_host() -> None:
    found = stacks.host(127, "", "sh: 1: git: not found").git("/srv/x").checkout
    assert found.why == "git was not found on web"
