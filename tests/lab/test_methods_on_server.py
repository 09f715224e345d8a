"""The on-server method: a clone on a real host is set to the commit and built from, or left as it was."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gonogo.deploy.compose.model import Model
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import clone
from gonogo.deploy.host.clone import Clone
from gonogo.deploy.host.images import REVISION
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import parse
from gonogo.deploy.transfer import on_server
from lab import host
from lab.kind import NEWEST, OLDEST
from tests.lab.connecting import reachable
from tests.unit.stacks import model

pytestmark = pytest.mark.lab
NAME = f"t-server-{os.getpid()}"
BASE = "gonogo-lab/redis:latest"
ROOM = "/srv/shop"
CLONE = f"{ROOM}/repo"
GIT = "git -c user.name=lab -c user.email=lab@localhost"


@dataclass
class Ground:
    """A host with a bare repository and a clone of it, and a repository here that is pushed there."""

    made: host.Host
    connection: Connection
    here: Path
    number: int = 0

    def git(self, *words: str) -> str:
        argv = [*GIT.split(), "-C", str(self.here), *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    def there(self, script: str) -> str:
        done = host.execute(NAME, f"cd {CLONE} && {script}")
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def commit(self, dockerfile: str = "", push: bool = True) -> str:
        """Commit a Dockerfile of the stack in the folder ``infra``; bring it to the bare repository."""
        self.number += 1
        folder = self.here / "infra" / "app"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "content").write_text(f"content {self.number}")
        (folder / "Dockerfile").write_text(dockerfile or f"FROM {BASE}\nARG WORD\nCOPY content /\n")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"Change {self.number}")
        if push:
            self.push()
        return self.git("rev-parse", "HEAD")

    def push(self) -> None:
        bundle = self.here.parent / "bundle"
        self.git("bundle", "create", "-q", str(bundle), "main")
        host.put(NAME, "/tmp/bundle", bundle.read_bytes())
        host.execute(NAME, f"git -C {ROOM}/origin.git fetch -q /tmp/bundle +main:main")

    @property
    def target(self) -> Target:
        fields = {
            **{"host": self.made.alias, "path": ROOM, "source": str(self.here / "infra"), "project": "shop"},
            **{"compose_files": ["compose.yaml"], "ssh": {"config_file": str(self.made.config)}},
            **{"method": "on-server", "on_server": {"checkout": CLONE}},
        }
        return parse(fields, self.here / "shop.toml")

    @property
    def model(self) -> Model:
        return model(
            app={"image": "shop-app:1.0", "build": {"context": f"{ROOM}/app", "args": {"WORD": "a$$b"}}}
        )

    def build(self, version: str) -> dict[str, str]:
        self.lines: list[str] = []
        return on_server.build(self.connection, self.target, self.model, version, self.lines.append)

    def look(self, commit: str) -> Clone:
        section = on_server.section(self.target)
        return clone.look(self.connection, section.checkout, section.remote, commit)

    def images(self) -> str:
        look = "docker image ls --format '{{.ID}} {{.Repository}}:{{.Tag}}' | sort; docker ps -aq"
        return self.connection.check(look, mutates=True).text


@pytest.fixture(scope="module", params=[OLDEST, NEWEST], ids=str)
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = host.up(NAME, [BASE], request.param)
    try:
        host.execute(NAME, f"install -d -o deploy -g deploy {ROOM}", user="root")
        host.execute(NAME, f"git init -q --bare -b main {ROOM}/origin.git")
        here = tmp_path_factory.mktemp("on-server") / "repo"
        here.mkdir()
        with Connection.open(reachable(made.alias, made.config, command=60)) as connection:
            found = Ground(made, connection, here)
            found.git("init", "-q", "-b", "main")
            found.commit()
            host.execute(NAME, f"git clone -q {ROOM}/origin.git {CLONE}")
            yield found
    finally:
        host.down(NAME)


@pytest.fixture(autouse=True)
def settled(ground: Ground) -> None:
    """The clone stands on main, as its people left it."""
    ground.there("git checkout -qf main && git clean -qfdx")


def test_the_clone_is_fetched_set_and_built_from(ground: Ground) -> None:
    commit = ground.commit()
    look = ground.look(commit)
    assert (look.fault(commit, True), look.has, look.kept) == ("", False, True)
    ids = ground.build("v1")
    assert (
        ground.there("git rev-parse HEAD; git symbolic-ref -q HEAD || echo detached") == f"{commit}\ndetached"
    )
    form = f"'{{{{.Id}}}} {{{{index .Config.Labels \"{REVISION}\"}}}}'"
    told = ground.connection.check(f"docker image inspect -f {form} shop-app:v1").text.split()
    assert told == [ids["app"], commit]
    content = ground.connection.check(f"docker run --rm --entrypoint cat {ids['app']} /content", mutates=True)
    assert content.text == f"content {ground.number}"
    assert any("COPY content" in line for line in ground.lines)
    assert ground.look(commit).fault(commit, False) == ""


@pytest.mark.parametrize(
    "change",
    ["echo x >> infra/app/content", "echo x > infra/app/new", "git rm -q infra/app/content", "touch 'a b'"],
)
def test_what_is_not_committed_there_is_a_fault_and_stays(ground: Ground, change: str) -> None:
    ground.there(change)
    before = ground.there("git status --porcelain; cat infra/app/* .git/HEAD")
    commit = ground.commit()
    assert "has changes that are not committed: " in ground.look(commit).fault(commit, True)
    with pytest.raises(GonogoError, match=r"was not set to .*it has changes that are not committed"):
        ground.build("v2")
    assert ground.there("git status --porcelain; cat infra/app/* .git/HEAD") == before
    assert ground.there("git stash list") == ""


def test_a_commit_that_nothing_holds_is_a_fault(ground: Ground) -> None:
    ground.there(f"git checkout -q --detach && {GIT} commit -q --allow-empty -m lost")
    commit = ground.commit()
    assert "which no branch and no tag holds" in ground.look(commit).fault(commit, True)


def test_a_build_that_fails_leaves_all_as_it_was(ground: Ground) -> None:
    commit = ground.commit(f"FROM {BASE}\nRUN echo the words of it && exit 9\n")
    before = ground.images(), ground.there("git rev-parse HEAD; cat .git/HEAD")
    with pytest.raises(GonogoError, match=r"building app failed, nothing that runs was touched: .*exit 9"):
        ground.build("v3")
    assert (ground.images(), ground.there("git rev-parse HEAD; cat .git/HEAD")) == before
    assert commit not in before[1]
    ground.commit()


def test_a_commit_that_was_not_pushed(ground: Ground) -> None:
    commit = ground.commit(push=False)
    assert "no branch of a remote holds it" in ground.look(commit).fault(commit, False)
    with pytest.raises(GonogoError, match=f"origin has no commit {commit[:8]}: push it"):
        ground.build("v4")
    ground.push()


def test_a_remote_that_cannot_be_reached(ground: Ground) -> None:
    commit = ground.commit()
    ground.there("git remote set-url origin /srv/nowhere.git")
    try:
        assert "cannot reach its remote: " in ground.look(commit).fault(commit, True)
        with pytest.raises(GonogoError, match="was not set to"):
            ground.build("v5")
    finally:
        ground.there(f"git remote set-url origin {ROOM}/origin.git")


def test_no_clone_at_all(ground: Ground) -> None:
    ground.there(f"mv {CLONE} {CLONE}-away")
    try:
        assert f"there is no clone at {CLONE}" in ground.look("a" * 40).fault("a" * 40, True)
        ground.connection.check(f"mkdir {CLONE}", mutates=True)
        assert "not a git repository" in ground.look("a" * 40).problem
    finally:
        ground.connection.check(f"rmdir {CLONE}; mv {CLONE}-away {CLONE}", mutates=True)
