"""``--version V --skip-build``: the images that were built as V are what runs, by each method."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator

import pytest

from gonogo.deploy.transfer import registry
from gonogo.deploy.transfer.client import Given
from lab.kind import NEWEST
from tests.lab import methods
from tests.lab.methods import BASE, CLONE, PASSWORD, ROOM, USER, Stack

pytestmark = pytest.mark.lab
MADE = "by another pipeline, as {}"
RECIPE = f"FROM {BASE}\nUSER root\nRUN echo {MADE} > /content\n"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack on the newest engine: what a method does with older ones is told by its own tests."""
    if os.geteuid() != 0:
        pytest.skip("this machine's engine trusts an authority only where root says so")
    with methods.stack(f"t-version-{os.getpid()}", NEWEST, tmp_path_factory.mktemp("version")) as found:
        yield found


def name(of: Stack, version: str) -> str:
    return f"{of.registry.host}/team/app:{version}"


def built(of: Stack, version: str) -> str:
    """Build an image here as a version, with a content that no checkout has; return its id here."""
    argv = ["docker", "build", "-q", "-t", name(of, version), "-"]
    recipe = RECIPE.format(version)
    done = subprocess.run(argv, input=recipe, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def taken(of: Stack, method: str, version: str) -> subprocess.CompletedProcess[str]:
    return of.deploy(method, "--version", version, "--skip-build")


def test_an_image_of_this_machine_is_sent(stack: Stack) -> None:
    stack.commit("not this")
    image = built(stack, "1.0.1")
    done = taken(stack, "tar", "1.0.1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing is built: the images of 1.0.1 are taken" in done.stdout
    assert stack.content() == MADE.format("1.0.1")
    layers = "docker image inspect -f '{{json .RootFS.Layers}}' "
    here = subprocess.run([*shlex.split(layers), image], capture_output=True, text=True, check=True)
    assert stack.there(f"{layers} $(docker inspect -f '{{{{.Image}}}}' shop-app-1)") == here.stdout.strip()
    assert stack.there(f"basename $(readlink {ROOM}/.deploy/current)") == "1.0.1"


def test_a_version_that_is_there_is_not_deployed_over(stack: Stack) -> None:
    images = "docker image ls --format '{{.ID}} {{.Repository}}:{{.Tag}}'"
    look = f"docker ps -aq; {images}; ls -l --time-style=full-iso {ROOM}/.deploy/releases/*"
    before = stack.there(look)
    done = taken(stack, "tar", "1.0.1")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "--to 1.0.1`, or give what is deployed another version" in done.stderr
    assert stack.there(look) == before


@pytest.mark.parametrize(("method", "where"), [("tar", "here"), ("on-server", "on the target")])
def test_a_version_that_nobody_built_is_a_no_go(stack: Stack, method: str, where: str) -> None:
    done = taken(stack, method, "9.9.9")
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = [one for one in done.stdout.splitlines() if one.startswith("  FAILED")]
    assert f"images.present: {name(stack, '9.9.9')} (service app) exists neither {where}, nor" in line
    assert stack.content() == MADE.format("1.0.1")


def test_an_image_of_the_registry_is_pulled(stack: Stack) -> None:
    image = built(stack, "1.0.2")
    registry.push(image, name(stack, "1.0.2"), Given(USER, PASSWORD))
    subprocess.run(["docker", "image", "rm", name(stack, "1.0.2")], check=True, capture_output=True)
    done = taken(stack, "registry", "1.0.2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert stack.content() == MADE.format("1.0.2")
    missing = taken(stack, "registry", "9.9.9")
    assert missing.returncode == 1, missing.stdout + missing.stderr
    assert f"{name(stack, '9.9.9')} (service app) exists neither here, nor in the registry" in missing.stdout


def test_an_image_of_the_server_stays_there(stack: Stack) -> None:
    stack.there(f"printf %s '{RECIPE.format('1.0.3')}' | docker build -q -t {name(stack, '1.0.3')} -")
    head = stack.there(f"git -C {CLONE} rev-parse HEAD")
    done = taken(stack, "on-server", "1.0.3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert stack.content() == MADE.format("1.0.3")
    assert stack.there(f"git -C {CLONE} rev-parse HEAD") == head, "nothing was built, so nothing was fetched"


@pytest.mark.tried("tar", "registry", "on-server")
def test_a_build_gets_the_version_that_was_given(stack: Stack) -> None:
    stack.commit("built anew")
    done = stack.deploy("tar", "--version", "2.0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert stack.content() == "built anew"
    assert stack.there(f"docker image inspect -f ok {name(stack, '2.0')}") == "ok"
