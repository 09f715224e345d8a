"""What git says of a folder: where it stands, and what ships since another commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.rules import checkout
from gonogo.deploy.rules.checkout import Checkout, Shipping
from tests.unit.tables import every


class Repository:
    """A git repository on branch main."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
        argv = ["git", "-C", str(self.folder), *who, *arguments]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, subject: str, **files: str) -> str:
        for name, text in files.items():
            file = self.folder / name.replace("__", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "shop")


def test_a_folder_outside_git_and_one_that_is_not_there(tmp_path: Path) -> None:
    assert checkout.read(tmp_path) == Checkout(why=f"{tmp_path} is in no git repository")
    assert "No such file" in checkout.read(tmp_path / "none").why


def test_without_git_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checkout.read(tmp_path) == Checkout(why="git was not found on this machine")


def test_a_repository_without_a_commit(repository: Repository) -> None:
    (repository.folder / "new").write_text("1")
    found = checkout.read(repository.folder)
    assert (found.commit, found.branch, found.changes) == ("", "main", ("new",))
    assert found.why.endswith("is in a git repository without a commit")


def test_where_a_folder_stands(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = repository.commit("one", a="1", app__b="2")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    found = checkout.read(repository.folder)
    assert (found.commit, found.branch, found.changes, found.remotes) == (commit, "main", (), ())
    assert found.time.startswith("20")
    assert found.why == ""
    (repository.folder / "a").write_text("changed")
    assert checkout.read(repository.folder).changes == ("a",)
    assert checkout.read(repository.folder / "app").changes == (), "what lies outside does not ship"


def test_a_detached_head_is_on_no_branch(repository: Repository) -> None:
    repository.commit("one", a="1")
    repository.git("checkout", "-q", "--detach")
    assert checkout.read(repository.folder).branch == ""


def test_the_branches_of_remotes_that_hold_the_commit(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", a="1")
    repository.git("clone", "-q", "--bare", str(repository.folder), str(tmp_path / "origin"))
    repository.git("remote", "add", "origin", str(tmp_path / "origin"))
    repository.git("fetch", "-q")
    repository.git("remote", "set-head", "origin", "main")
    assert checkout.read(repository.folder).remotes == ("origin/main",)
    repository.commit("two", a="2")
    assert checkout.read(repository.folder).remotes == ()


def test_the_status_of_every_kind_of_change() -> None:
    ordinary = "1 .M N... 100644 100644 100644 aaaa bbbb with space\nand line"
    renamed = "2 R. N... 100644 100644 100644 aaaa bbbb R100 new name\0old name"
    unmerged = "u UU N... 100644 100644 100644 100644 a b c both"
    text = f"# branch.oid 12ab\0# branch.head feature/x\0{ordinary}\0{renamed}\0{unmerged}\0? new/\0"
    found = checkout.parse_status(text)
    assert (found.commit, found.branch) == ("12ab", "feature/x")
    assert found.changes == ("with space\nand line", "new name", "both", "new/")


def test_what_ships_since_the_commit_that_runs(repository: Repository) -> None:
    runs = repository.commit("one", a="1")
    repository.commit("two", db__migrations__7="1", **{"compose.yaml": "2", "api__Dockerfile": "3"})
    head = repository.commit("three", **{".env.prod": "1", "a": "2", "stack.yml": "1"})
    ships = checkout.shipping(repository.folder, runs)
    assert (ships.since, ships.until, ships.known, ships.forward, ships.back) == (
        runs,
        head,
        True,
        True,
        False,
    )
    assert [one.subject for one in ships.commits] == ["three", "two"]
    assert ships.notable(["sub/stack.yml"]) == {
        "migrations": ["db/migrations/7"],
        "compose files": ["compose.yaml", "stack.yml"],
        "env files": [".env.prod"],
        "Dockerfiles": ["api/Dockerfile"],
    }
    assert ships.told().startswith(
        f"2 commits since {runs[:8]}; migrations changed: db/migrations/7; compose"
    )


def test_an_older_commit_and_one_that_went_another_way(repository: Repository) -> None:
    old = repository.commit("one", a="1")
    new = repository.commit("two", a="2")
    repository.git("checkout", "-q", "-b", "other", old)
    older = checkout.shipping(repository.folder, new)
    assert (older.forward, older.back, older.losses) == (False, True, f"{new[:8]} two")
    repository.commit("three", b="3")
    repository.git("commit", "-q", "--allow-empty", "-m", "odd\u2028subject")
    aside = checkout.shipping(repository.folder, new)
    assert [one.subject for one in aside.commits] == ["odd\u2028subject", "three"]
    back = checkout.shipping(repository.folder, new, old)
    assert ([*back.commits], back.losses, back.files) == ([], f"{new[:8]} two", ("a",))
    assert not checkout.shipping(repository.folder, new, "f" * 40).known
    assert (aside.forward, aside.back) == (False, False)
    assert aside.told().endswith(f"lost: {new[:8]} two")


@every("since", ["", "HEAD", "--all", "f" * 40, "1" * 39])
def test_a_commit_that_this_clone_does_not_have(repository: Repository, since: str) -> None:
    head = repository.commit("one", a="1")
    assert checkout.shipping(repository.folder, since) == Shipping(since, head, known=False)


def test_nothing_ships_without_a_repository(tmp_path: Path) -> None:
    with pytest.raises(GonogoError, match="not a git repository"):
        checkout.shipping(tmp_path, "f" * 40)


def test_the_first_names_and_the_number_of_the_rest() -> None:
    assert checkout.some(list("abcde")) == "a, b, c, d, e"
    assert checkout.some(list("abcdefg")) == "a, b, c, d, e and 2 more"
