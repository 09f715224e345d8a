"""What ships since another commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import commits
from gonogo.deploy.host.commits import Shipping
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


def test_what_ships_since_the_commit_that_runs(repository: Repository) -> None:
    runs = repository.commit("one", a="1")
    repository.commit("two", db__migrations__7="1", **{"compose.yaml": "2", "api__Dockerfile": "3"})
    head = repository.commit("three", **{".env.prod": "1", "a": "2", "stack.yml": "1"})
    ships = commits.shipping(repository.folder, runs)
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
    older = commits.shipping(repository.folder, new)
    assert (older.forward, older.back, older.losses) == (False, True, f"{new[:8]} two")
    repository.commit("three", b="3")
    repository.git("commit", "-q", "--allow-empty", "-m", "odd\u2028subject")
    aside = commits.shipping(repository.folder, new)
    assert [one.subject for one in aside.commits] == ["odd\u2028subject", "three"]
    back = commits.shipping(repository.folder, new, old)
    assert ([*back.commits], back.losses, back.files) == ([], f"{new[:8]} two", ("a",))
    assert not commits.shipping(repository.folder, new, "f" * 40).known
    assert (aside.forward, aside.back) == (False, False)
    assert aside.told().endswith(f"lost: {new[:8]} two")


@every("since", ["", "HEAD", "--all", "f" * 40, "1" * 39])
def test_a_commit_that_this_clone_does_not_have(repository: Repository, since: str) -> None:
    head = repository.commit("one", a="1")
    assert commits.shipping(repository.folder, since) == Shipping(since, head, known=False)


def test_nothing_ships_without_a_repository(tmp_path: Path) -> None:
    with pytest.raises(GonogoError, match="not a git repository"):
        commits.shipping(tmp_path, "f" * 40)


def test_the_first_names_and_the_number_of_the_rest() -> None:
    assert commits.some(list("abcde")) == "a, b, c, d, e"
    assert commits.some(list("abcdefg")) == "a, b, c, d, e and 2 more"
