"""Whole deployments of a small stack by each method, from each store to each store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from lab import host
from lab.controller import engine_of
from lab.kind import NEWEST, OLDEST, Kind
from tests.lab import methods
from tests.lab.methods import BASE, CLONE, DOCKERFILE, PASSWORD, ROOM, Stack
from tests.lab.secrecy import leaks

pytestmark = pytest.mark.lab
NAME = f"t-ways-{os.getpid()}"
CONTROLLER = f"t-from-{os.getpid()}"
ALL = ("tar", "registry", "on-server")
NOISE = f"{DOCKERFILE}RUN head -c 3000000 /dev/urandom > /tmp/noise && sleep 2\n"
"""An image with a layer of 3 MB of its own, which takes a while to build."""
CUT = {"tar": "to other was lost", "registry": "refused", "on-server": "to other was lost"}
SAYS = {
    "tar": "layers were there already",
    "registry": "/team/app@sha256:",
    "on-server": "every image is there already",
}


@pytest.fixture(scope="module", params=[pytest.param(OLDEST, marks=pytest.mark.engines), NEWEST], ids=str)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if os.geteuid() != 0:
        pytest.skip("this machine's engine trusts an authority only where root says so")
    with methods.stack(NAME, request.param, tmp_path_factory.mktemp("ways")) as found:
        yield found


@pytest.fixture(scope="module")
def containerd() -> Iterator[dict[str, str]]:
    """The variables with which an engine that keeps images in containerd is the controller's."""
    try:
        with engine_of(host.up(CONTROLLER, [BASE], NEWEST)) as variables:
            yield variables
    finally:
        host.down(CONTROLLER)


def way(method: str, controller: Kind | None = None) -> Any:
    """Return a method, and the engine that is the controller's where it is not this machine's."""
    marks = [pytest.mark.tried(method, controller=controller)]
    marks += [pytest.mark.engines] if controller else []
    return pytest.param(method, controller is not None, marks=marks, id=f"{method}-{controller or 'here'}")


WAYS = [way(one) for one in ALL] + [way("tar", NEWEST), way("registry", NEWEST)]
"""The controller's engine has no part in what is built on the server."""


def deployed(stack: Stack, method: str, content: str, dockerfile: str = DOCKERFILE, code: int = 0) -> str:
    """Deploy a release; returns what was said."""
    stack.commit(content, dockerfile)
    done = stack.deploy(method)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def ways(stack: Stack, other: bool, method: str, request: pytest.FixtureRequest) -> Stack:
    """The stack, with a release that runs, to be deployed from the engine of the parameters."""
    stack.variables = request.getfixturevalue("containerd") if other else {}
    if other:
        stack.registry.trusted(on=CONTROLLER)
    if not stack.there("docker ps -q"):
        deployed(stack, method, "one")
    return stack


@pytest.mark.parametrize(("method", "other"), WAYS)
def test_each_method_from_each_store_to_each(ways: Stack, method: str, other: bool) -> None:
    stack = ways
    first, content, cache = stack.current, stack.content(), stack.cache
    commit = stack.commit(f"two by {method} {other}")
    done = stack.deploy(method)
    assert done.returncode == 0, done.stdout + done.stderr
    assert SAYS[method] in done.stdout
    assert stack.content() == f"two by {method} {other}"
    form = "docker inspect -f '{{.Image}}' shop-app-1 | xargs docker image inspect -f"
    label = stack.there(form + " '{{index .Config.Labels \"org.opencontainers.image.revision\"}}'")
    assert label == commit

    # Another image under the tag of a release: what runs is pinned by id, and a tag may move.
    stack.there(f"docker tag {BASE} {stack.image.rpartition(':')[0]}:{first}")
    untagged = stack.untagged
    done = stack.gonogo("rollback", method)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (stack.current, stack.content()) == (first, content)
    assert (stack.untagged <= untagged, stack.cache) == (True, cache)


def everywhere() -> Iterator[Any]:
    """Yield each engine with each method and controller; all but the newest are for `make engines` alone."""
    for kind in (OLDEST, NEWEST):
        for method, other in (one.values for one in WAYS):
            marks = () if (kind, other) == (NEWEST, False) else pytest.mark.engines
            name = f"{kind}-{method}-{NEWEST if other else 'here'}"
            yield pytest.param(kind, method, other, marks=marks, id=name)


@pytest.mark.parametrize(("stack", "method", "other"), list(everywhere()), indirect=["stack"])
def test_an_image_that_is_gone_and_a_transfer_that_is_cut_off(ways: Stack, method: str, other: bool) -> None:
    stack = ways
    deployed(stack, method, f"gone by {method} {other}")
    gone = stack.current
    deployed(stack, method, f"kept by {method} {other}")
    content, cache = stack.content(), stack.cache
    tag = f"{stack.image.rpartition(':')[0]}:{gone}"
    stack.there(f"docker image rm -f {tag} $(docker image ls -q --no-trunc {tag})")
    before, untagged = stack.state(), stack.untagged
    done = stack.gonogo("rollback", method)
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"the images of {gone} for app, worker are gone: deploy its sources again" in done.stdout
    assert (stack.state(), stack.content()) == (before, content)

    stack.commit(f"three by {method} {other}", NOISE)
    code, told = stack.cut_off(method)
    assert (code, CUT[method] in told) == (3, True), told
    done = stack.gonogo("resume", method)
    assert done.returncode == 3, done.stdout + done.stderr
    assert stack.state() == before, "nothing of the failed transfer is left"
    done = stack.deploy(method)
    assert done.returncode == 0, done.stdout + done.stderr
    assert stack.content() == f"three by {method} {other}"

    if method == "tar":
        deployed(stack, method, f"four {other}", f"{DOCKERFILE}CMD false\n", code=4)
        assert stack.content() == f"three by {method} {other}"
    assert (stack.untagged <= untagged, stack.cache) == (True, cache)


def test_a_build_on_the_server_that_fails_changes_nothing(stack: Stack) -> None:
    stack.commit("fine")
    assert stack.deploy("on-server").returncode == 0
    look = f"docker ps -aq; docker image ls -q; git -C {CLONE} rev-parse HEAD; ls {ROOM}/.deploy/releases"
    before = stack.there(look)
    stack.commit("broken", f"FROM {BASE}\nRUN exit 7\n")
    done = stack.deploy("on-server")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "building app failed, nothing that runs was touched" in done.stdout
    assert stack.there(look) == before


def test_changes_on_the_server_are_a_no_go(stack: Stack) -> None:
    stack.commit("fine again")
    stack.there(f"echo hotfix > {CLONE}/app/content")
    done = stack.deploy("on-server")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "git.server" in done.stdout and "app/content" in done.stdout
    assert stack.there(f"cat {CLONE}/app/content") == "hotfix"
    stack.there(f"git -C {CLONE} checkout -q -- .")


def test_a_wrong_password_for_the_registry_is_a_no_go(stack: Stack) -> None:
    done = stack.deploy("registry", REGISTRY_PASSWORD="another-password")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "registry.login" in done.stdout


def test_no_password_is_in_any_output_or_report(stack: Stack) -> None:
    texts = {str(number): text for number, text in enumerate(stack.outputs)}
    files = [file for file in (stack.here.parent / "r").rglob("*") if file.is_file()]
    texts |= {str(file): file.read_text(errors="replace") for file in files}
    texts["there"] = stack.there(f"cat {ROOM}/.deploy/journal.jsonl {ROOM}/.deploy/releases/*/*.*")
    assert len(texts) > 10
    assert leaks([PASSWORD], texts) == []
