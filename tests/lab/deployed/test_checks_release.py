"""The checks of git, the lock, the recorded release and the health of what runs: each on its real fault."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target import target_file
from gonogo.deploy.target.target import Target
from gonogo.reports.model import CheckResult
from lab import host, state
from tests import harness
from tests.lab.chat import STACK, Chat

pytestmark = pytest.mark.lab
IDS = (
    "git.branch",
    "git.clean",
    "git.changes",
    "git.pushed",
    "release.newer",
    "release.recorded",
    "lock.free",
    "health.baseline",
)
HOLDER = {"who": "ada", "machine": "laptop", "pid": 7, "version": "v9", "since": "2025-10-11T01:47:36+00:00"}


class Stack:
    """The example stack, its second commit deployed, its third checked out; and one open connection."""

    def __init__(self, chat: Chat, connection: Connection) -> None:
        self.chat, self.connection = chat, connection
        self.target = target_file.load(chat.file)
        self.first, self.deployed = self.git("rev-list", "--reverse", "HEAD").split()[:2]

    def git(self, *arguments: str) -> str:
        argv = ["git", "-C", str(self.chat.source), "-c", "user.name=n", "-c", "user.email=n@localhost"]
        return subprocess.run([*argv, *arguments], check=True, capture_output=True, text=True).stdout.strip()

    def results(self, target: Target | None = None, version: str = "") -> dict[str, CheckResult]:
        wanted = target or self.target
        release = Release(wanted, self.connection, Redactor(), version=version)
        return harness.run(wanted, release, only=IDS)

    def failed(self, target: Target | None = None, version: str = "") -> dict[str, str]:
        return harness.failed(self.results(target, version))

    def amended(self, **changed: Any) -> Target:
        return self.target.model_copy(update=changed)


@pytest.fixture(scope="module")
def stack(first: Chat) -> Iterator[Stack]:
    first.release("v2")
    with Connection.open(target_file.load(first.file)) as connection:
        yield Stack(first, connection)


@pytest.fixture(autouse=True)
def fixed(stack: Stack) -> Iterator[None]:
    """Without its fault every check passes, before and after."""
    assert stack.failed() == {}
    yield
    assert stack.failed() == {}


def test_what_ships_is_told(stack: Stack) -> None:
    found = stack.results()
    assert found["git.changes"].found == f"1 commit since {stack.deployed[:8]}"
    assert found["git.pushed"].status == "skipped"
    assert {found[name].status for name in IDS if name != "git.pushed"} == {"passed"}


def test_changes_that_are_not_committed(stack: Stack) -> None:
    new = stack.chat.source / "api" / "new.py"
    new.write_text("pass")
    assert stack.failed() == {"git.clean": "found changed: api/new.py; expected no change"}
    new.unlink()


def test_a_branch_that_is_not_allowed_and_none(stack: Stack) -> None:
    stack.git("switch", "-q", "-c", "hotfix")
    assert stack.failed() == {"git.branch": "found hotfix; expected one of main"}
    stack.git("switch", "-q", "--detach")
    assert "detached HEAD" in stack.failed()["git.branch"]
    stack.git("switch", "-q", "main")


def test_a_commit_that_nobody_else_has(stack: Stack, tmp_path: Path) -> None:
    wanted = stack.amended(git=stack.target.git.model_copy(update={"pushed": True}))
    assert "on no branch of a remote" in stack.failed(wanted)["git.pushed"]
    stack.git("init", "-q", "--bare", str(tmp_path / "origin"))
    stack.git("remote", "add", "origin", str(tmp_path / "origin"))
    stack.git("push", "-q", "origin", "main")
    assert stack.failed(wanted) == {}
    assert stack.results(wanted)["git.pushed"].found.endswith("is on origin/main")


def test_the_commit_that_runs_and_an_older_one(stack: Stack) -> None:
    any_branch = stack.amended(git=stack.target.git.model_copy(update={"branches": []}))
    stack.git("switch", "-q", "--detach", stack.deployed)
    failed = stack.failed(any_branch)
    assert set(failed) == {"release.newer"}
    assert "runs already and is made of the same commit" in failed["release.newer"]
    stack.git("switch", "-q", "--detach", stack.first)
    failed = stack.failed(any_branch)
    assert set(failed) == {"release.newer"}
    assert f"it lacks {stack.deployed[:8]} Release v1" in failed["release.newer"]
    stack.git("switch", "-q", "main")


def test_a_commit_that_went_another_way_and_a_clone_that_lacks_it(stack: Stack, tmp_path: Path) -> None:
    any_branch = stack.amended(git=stack.target.git.model_copy(update={"branches": []}))
    stack.git("switch", "-q", "-C", "aside", stack.first)
    stack.git("commit", "-q", "--allow-empty", "-m", "Aside")
    failed = stack.failed(any_branch)
    assert set(failed) == {"git.changes"}
    assert f"lost: {stack.deployed[:8]} Release v1" in failed["git.changes"]
    stack.git("switch", "-q", "main")
    stack.git("clone", "-q", "--depth", "1", f"file://{stack.chat.source}", str(tmp_path / "shallow"))
    failed = stack.failed(stack.amended(source=tmp_path / "shallow"))
    assert set(failed) == {"git.changes"}
    assert "is not in this clone" in failed["git.changes"]


def test_a_lock_of_somebody_else_and_our_own(stack: Stack) -> None:
    file = f"{STACK}/.deploy/lock"
    host.put(stack.chat.made.name, file, json.dumps(HOLDER).encode())
    try:
        assert stack.failed(version="v9") == {}
        for version in ("", "v10"):
            failed = stack.failed(version=version)
            assert set(failed) == {"lock.free"}
            assert "ada on laptop (pid 7) deploys v9 there since 2025-10-11" in failed["lock.free"]
        assert f"gonogo unlock {target_file.called(stack.target)}`" in stack.results()["lock.free"].fix
        host.put(stack.chat.made.name, file, b"{")
        assert "by whom cannot be read" in stack.failed()["lock.free"]
    finally:
        stack.chat.shell(f"rm -f {file}")


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("mv images.yaml away", "images.yaml is missing"),
        ("mv release.json away", "release.json is missing"),
        ("cp release.json away; echo '{' > release.json", "release.json is damaged"),
    ],
)
def test_a_release_without_a_way_back(stack: Stack, fault: str, says: str) -> None:
    file = says.split(maxsplit=1)[0]
    stack.chat.shell(f"cd {STACK}/.deploy/current && {fault}")
    try:
        found = stack.results()
    finally:
        stack.chat.shell(f"cd {STACK}/.deploy/current && mv away {file}")
    assert found["release.recorded"].status == "failed"
    assert says in found["release.recorded"].message
    blocked = {name for name, one in found.items() if one.status == "blocked"}
    assert blocked == ({"git.changes", "release.newer"} if file == "release.json" else set())


def test_a_stack_that_is_sick_before_the_release(stack: Stack) -> None:
    stack.chat.shell("docker stop -t 0 chat-web")
    try:
        failed = stack.failed()
    finally:
        stack.chat.shell("docker start chat-web")
    assert set(failed) == {"health.baseline"}
    assert "chat-web (exited" in failed["health.baseline"]
    assert "http://127.0.0.1:3000/: nothing answers" in failed["health.baseline"]
    wait = "[ $(docker inspect -f '{{.State.Health.Status}}' chat-web) = healthy ] && exit"
    stack.chat.shell(f"for n in $(seq 100); do {wait}; sleep 0.2; done; exit 1")


def test_a_connection_that_is_held_open_for_others(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    argv = [sys.executable, "-m", "gonogo.deploy", "connect", str(stack.chat.file)]
    holder = subprocess.Popen(argv, cwd=state.ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout
        (export, assigned) = shlex.split(holder.stdout.readline())
        name, _, path = assigned.partition("=")
        assert (export, name) == ("export", "GONOGO_CONTROL_PATH")
        monkeypatch.setenv(name, path)
        with Connection.open(stack.target) as rider:
            assert rider.environment == {name: path}
            assert rider.check("echo rides").text == "rides\n"
        assert Path(path).exists(), "it outlives who rode on it"
    finally:
        holder.send_signal(signal.SIGINT)
    assert holder.wait(20) == 0
    assert not Path(path).exists()
