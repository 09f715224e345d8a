"""The clone on the target: how its answer is read, and where in it the build contexts lie."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from gonogo.deploy.host import clone as clones
from gonogo.deploy.host.clone import PART, Clone
from gonogo.deploy.host.images import REVISION
from gonogo.deploy.transfer import image_build, on_server
from tests.unit.stacks import model, target

COMMIT, OTHER = "a" * 40, "b" * 40
STATUS = f"# branch.oid {COMMIT}\0# branch.head main\0"


def told(status: str = STATUS, refs: str = "x\n", has: str = "yes\n", remote: str = "") -> Clone:
    return clones.parse("/srv/repo", 0, PART.join((status, refs, has, remote)))


@pytest.mark.parametrize(
    ("clone", "fault"),
    [
        (told(), ""),
        (told(remote="status 128"), ""),
        (told(has=""), ""),
        (told(f"{STATUS}? new file\0? b\0"), "has changes that are not committed: new file, b"),
        (told(STATUS.replace("main", "(detached)")), ""),
        (
            told(STATUS.replace("main", "(detached)"), ""),
            "stands at aaaaaaaa, which no branch and no tag holds",
        ),
        (told(has="", remote="Host key\n\nstatus 128\n"), "cannot reach its remote: Host key"),
        (told(has="", remote="status 124\n"), "cannot reach its remote: no answer within 20 s"),
        (told("# branch.oid (initial)\0"), "the clone at /srv/repo has no commit"),
        (clones.parse("/srv/repo", 3, "cd: no such\n"), "there is no clone at /srv/repo: cd: no such"),
        (clones.parse("/srv/repo", 127, ""), "there is no clone at /srv/repo: git is not there"),
        (clones.parse("/srv/repo", 0, "cut off"), "there is no clone at /srv/repo: cut off"),
    ],
)
def test_what_keeps_a_clone_from_being_set(clone: Clone, fault: str) -> None:
    found = clone.fault(OTHER, True)
    assert found.startswith(fault) and bool(found) == bool(fault)


def test_a_commit_has_to_be_somewhere() -> None:
    assert told(has="").fault(OTHER, False) == "has no commit bbbbbbbb, and no branch of a remote holds it"
    assert told(has="yes").fault(OTHER, False) == ""


def test_contexts_lie_in_the_clone_where_they_lie_here(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for name in ("infra/app", "shared"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").touch()
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "First"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    of = target(
        tmp_path,
        source="infra",
        path="/srv/shop",
        method="on-server",
        on_server={"checkout": "/srv/repo"},
    )
    there = on_server.place(of)
    assert there("/srv/shop") == "/srv/repo/infra"
    assert there("/srv/shop/app") == "/srv/repo/infra/app"
    assert there("/srv/shared") == "/srv/repo/shared"
    assert there("docker-image://debian:12") == "docker-image://debian:12"
    build = {"context": "/srv/shop/app", "additional_contexts": {"s": "/srv/shared", "u": "https://e.org/x"}}
    stack = model(app={"image": "shop-app", "build": build}, db={"image": "mongo:6"})
    found = json.loads(image_build.build_file(of, stack, "v1", there))["services"]
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    assert found == {
        "app": {
            "image": "shop-app:v1",
            "build": {
                "context": "/srv/repo/infra/app",
                "additional_contexts": {"s": "/srv/repo/shared", "u": "https://e.org/x"},
                "labels": {REVISION: head.stdout.strip()},
            },
        }
    }
