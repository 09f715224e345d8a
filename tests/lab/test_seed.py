"""Seeds: a host that begins with images, and what makes a seed another one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gonogo.deploy.errors import GonogoError
from lab import box, host, owned, seed, state
from lab.docker import check, run
from lab.kind import NEWEST

pytestmark = pytest.mark.lab
NAME = f"t-seed-{os.getpid()}"
TAG = f"gonogo-lab/{NAME}:latest"
# Layers that hide a file, hide all that lay in a folder, and bring a file of somebody else's.
LAYERS = """FROM gonogo-lab/base
RUN rm /etc/debian_version
RUN rm -r /etc/apt && mkdir /etc/apt && touch /etc/apt/new && install -m 600 -o daemon /dev/null /owned
LABEL turn={turn}
"""
LOOK = "ls -A /etc/apt; stat -c '%U %a' /owned; test ! -e /etc/debian_version && echo hidden"


def build(turn: int) -> None:
    check(["docker", "build", "-q", "-t", TAG, "-"], stdin=LAYERS.format(turn=turn).encode())


@pytest.fixture(scope="module", autouse=True)
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A state folder of its own, which has no seeds yet, and an image."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GONOGO_LAB_STATE", str(tmp_path_factory.mktemp("state")))
        build(1)
        yield
        host.down(all=True)
        seed.remove()
    run(["docker", "image", "rm", "-f", TAG])


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be loaded, so that what an engine has was copied."""
    monkeypatch.setattr(box, "load", lambda container, tags: pytest.fail(f"{tags} into {container}"))


def copied(to: str) -> None:
    """Make the volume of a host, as ``up`` does, without the host."""
    host._volume(to, [TAG], NEWEST)


def test_a_host_has_the_images_of_its_seed_as_if_they_were_loaded() -> None:
    made = host.up(NAME, [TAG])
    asked = ["docker", "exec", made.container, "docker"]
    inspect = ["image", "inspect", "-f", "{{.Created}} {{.RootFS.Layers}}", TAG]
    assert check([*asked, *inspect]) == check(["docker", *inspect])
    said = check([*asked, "run", "--rm", "--entrypoint", "sh", TAG, "-c", LOOK])
    assert said.split() == ["new", "daemon", "600", "hidden"]
    assert host.load(NAME, [TAG]) == []
    assert [row["name"] for row in host.status()] == [NAME], "what made the seed is gone, and was no host"


def test_the_seed_is_made_once(unloaded: None) -> None:
    (before,) = owned.seeds()
    copied(f"{NAME}-2")
    assert owned.seeds() == [before]
    assert host.down(f"{NAME}-2") == [f"{NAME}-2"]


def test_a_copy_that_fails_leaves_no_volume(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seed, "WHOLE", "never-there")
    monkeypatch.setattr(seed, "_is_whole", lambda name: True)
    with pytest.raises(GonogoError, match="docker run"):
        copied(f"{NAME}-3")
    assert owned.volume(f"{NAME}-3") is None


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the seeds that are made anew: empty ones, which take no time."""
    names: list[str] = []

    def make(name: str, tags: list[str], _kind: object) -> None:
        names.append(name)
        check(["docker", "volume", "create", *owned.seed_marks(), name])
        seed._in_base([f"{name}:/to"], f"touch /to/{seed.WHOLE}")

    monkeypatch.setattr(seed, "_make", make)
    return names


def test_a_seed_that_is_not_whole_is_made_anew(made: list[str]) -> None:
    (before,) = owned.seeds()
    seed._in_base([f"{before}:/seed"], f"rm /seed/{seed.WHOLE}")
    copied(f"{NAME}-4")
    assert owned.seeds() == made == [before]


def test_a_seed_of_another_image_is_made_anew_and_the_one_before_is_removed(made: list[str]) -> None:
    (before,) = owned.seeds()
    build(2)
    copied(f"{NAME}-5")
    assert owned.seeds() == made != [before]


def test_down_all_removes_the_seeds_and_what_one_was_made_in() -> None:
    (name,) = owned.seeds()
    marks = [*owned.seed_marks(), "--name", name, "-v", f"{name}:/seed"]
    check(["docker", "run", "-d", *marks, "gonogo-lab/base", "sleep", "99"])
    down = [sys.executable, "-m", "lab", "down", "--all"]
    said = subprocess.run(down, cwd=state.ROOT, capture_output=True, text=True, check=True).stdout
    assert f"lab: removed {name}\n" in said
    assert owned.seeds() == []
    assert run(["docker", "inspect", name]).returncode != 0
