"""Building on this machine: where contexts lie here, what the build file says, and names of images."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.images import REVISION
from gonogo.deploy.release.build_context import buildable, context, dockerfile, sources
from gonogo.deploy.release.build_source import Source
from gonogo.deploy.release.records import tagged
from gonogo.deploy.target.target import Target
from gonogo.deploy.transfer import image_build
from gonogo.deploy.transfer.image_build import build_file
from tests.unit.stacks import model, target

VERSION = "0123abcd-20260131-080559"


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    argv = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def here(tmp_path: Path) -> Target:
    for name in ("shop", "shop/api", "shared"):
        (tmp_path / name).mkdir()
    return target(tmp_path, source="shop", path="/srv/shop")


def section(here: Target, build: dict[str, Any]) -> dict[str, Any]:
    text = build_file(here, model(api={"image": "shop-api", "build": build}), VERSION)
    found: dict[str, Any] = json.loads(text)["services"]["api"]["build"]
    return found


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ("/srv/shop", "shop"),
        ("/srv/shop/api", "shop/api"),
        ("/srv/shared", "shared"),
        ("/srv/shop/../shared", "shared"),
    ],
)
def test_a_context_leads_the_same_way_from_the_source(
    here: Target, tmp_path: Path, there: str, expected: str
) -> None:
    service = model(api={"build": {"context": there}}).services["api"]
    assert context(here, service) == tmp_path / expected
    assert dockerfile(here, service) == tmp_path / expected / "Dockerfile"
    assert section(here, {"context": there})["context"] == str(tmp_path / expected)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a/b.git#main:folder",
        "git@example.org:a/b.git",
        "ssh://git@example.org/a/b",
        "github.com/a/b",
    ],
)
def test_a_context_elsewhere_stays_as_it_is(here: Target, url: str) -> None:
    service = model(api={"build": {"context": url}}).services["api"]
    assert context(here, service) is None
    assert dockerfile(here, service) is None
    assert section(here, {"context": url}) == {"context": url}


def test_further_contexts_are_found_here_too(here: Target, tmp_path: Path) -> None:
    more = {"shared": "/srv/shared", "base": "docker-image://debian:12", "other": "service:web"}
    found = section(here, {"context": "/srv/shop", "additional_contexts": more})
    assert found["additional_contexts"] == {**more, "shared": str(tmp_path / "shared")}


def test_a_dockerfile_of_another_name_or_none(here: Target, tmp_path: Path) -> None:
    def file(**build: str) -> Path | None:
        return dockerfile(here, model(api={"build": {"context": "/srv/shop", **build}}).services["api"])

    assert file(dockerfile="docker/api.Dockerfile") == tmp_path / "shop/docker/api.Dockerfile"
    assert file(dockerfile_inline="FROM scratch") is None


def test_only_what_is_built_is_in_the_build_file(here: Target) -> None:
    stack = model(
        api={"image": "shop-api:edge", "build": {"context": "/srv/shop"}, "environment": {"PASSWORD": "x"}},
        web={"build": {"context": "/srv/shop", "target": "web"}},
        db={"image": "mongo:6"},
    )
    found = json.loads(build_file(here, stack, VERSION))
    assert found["name"] == "shop"
    assert {name: one["image"] for name, one in found["services"].items()} == {
        "api": tagged("shop-api:edge", VERSION),
        "web": tagged("shop-web", VERSION),
    }
    assert {key for one in found["services"].values() for key in one} == {"image", "build"}


def test_an_image_is_built_once_for_all_services_that_name_it(here: Target) -> None:
    build = {"context": "/srv/shop"}
    stack = model(
        another={"image": "shop-app:latest"},
        app={"image": "shop-app", "build": build},
        copy={"image": "shop-app", "build": build},
        db={"image": "mongo:6"},
    )
    assert stack.built() == ["another", "app", "copy"], "each runs what is built, and not what lies around"
    found = json.loads(build_file(here, stack, VERSION))["services"]
    assert [one["image"] for one in found.values()] == [tagged("shop-app", VERSION)]


def test_one_build_with_two_names_is_done_once(here: Target) -> None:
    build = {"context": "/srv/shop", "tags": ["kept"]}
    stack = model(
        web={"image": "shop-web", "build": build},
        worker={"build": build},
        other={"build": {"context": "/srv/shop", "additional_contexts": {"app": "service:worker"}}},
    )
    found = json.loads(build_file(here, stack, VERSION))["services"]
    assert sorted(found) == ["other", "web"]
    assert found["web"]["image"] == tagged("shop-web", VERSION)
    assert found["web"]["build"]["tags"] == ["kept", tagged("shop-worker", VERSION)]
    assert found["other"]["build"]["additional_contexts"] == {"app": "service:web"}


def test_names_of_one_image_that_are_written_in_different_ways() -> None:
    stack = model(
        web={"image": "shop/app", "build": {"context": "/srv/shop"}},
        cron={"image": "docker.io/shop/app:latest"},
        older={"image": "shop/app:1"},
    )
    assert stack.built() == ["cron", "web"]


def test_dollars_survive_the_way_through_compose(here: Target) -> None:
    printed = {"context": "/srv/shop", "args": {"KEY": "a$$b$${HOME}", "PLAIN": "c"}}
    assert section(here, printed)["args"] == {"KEY": "a$$b$${HOME}", "PLAIN": "c"}
    stack = model(api={"build": printed})
    assert (stack.services["api"].build or {})["args"]["KEY"] == "a$b${HOME}"


def test_the_revision_is_the_last_commit_of_the_context(here: Target, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    commits = {}
    for name in ("shop/api", "shared"):
        (tmp_path / name / "code.py").write_text(name)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-qm", name)
        commits[name] = git(tmp_path, "rev-parse", "HEAD")
    build = {"context": "/srv/shop/api", "labels": {"org.example.team": "shop"}}
    assert section(here, build)["labels"] == {"org.example.team": "shop", REVISION: commits["shop/api"]}
    assert section(here, {"context": "/srv/shared"})["labels"] == {REVISION: commits["shared"]}
    (tmp_path / "shop/api/new.py").write_text("1")
    assert section(here, build)["labels"][REVISION] == f"{commits['shop/api']}-dirty"
    assert section(here, {"context": "/srv/shared"})["labels"] == {REVISION: commits["shared"]}


def test_without_git_there_is_no_revision(here: Target) -> None:
    assert "labels" not in section(here, {"context": "/srv/shop"})


def test_the_last_words_of_a_build_are_kept() -> None:
    argv = ["sh", "-c", "cat >/dev/null; printf 'one\\n\\n  two\\377\\n'"]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    heard: list[str] = []
    assert image_build._fed(process, b"x" * 200_000, heard.append) == ["one", "two\ufffd"]
    assert heard == ["one", "two\ufffd"]


def test_a_build_that_ends_before_it_read_all_is_heard() -> None:
    process = subprocess.Popen(["sh", "-c", "echo no"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert image_build._fed(process, b"x" * 200_000, lambda _: None) == ["no"]


OLD_BUILDX = """#!/bin/sh
[ "$1" = buildx ] && exit 0
cat >/dev/null
echo "asked with ${DOCKER_BUILDKIT:-BuildKit}" >> "$LOG"
[ "$DOCKER_BUILDKIT" = 0 ] && { echo built; exit ${CLASSIC:-0}; }
echo "compose build requires buildx 0.17.0 or later" >&2
exit 1
"""


@pytest.fixture
def old_buildx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a `docker` first whose Compose wants a later buildx, as Debian 13's; returns what it was asked."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/docker").write_text(OLD_BUILDX)
    (tmp_path / "bin/docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setenv("LOG", f"{tmp_path}/log")
    monkeypatch.delenv("DOCKER_BUILDKIT", raising=False)
    return tmp_path / "log"


def test_a_buildx_that_compose_refuses_is_done_without(
    here: Target, old_buildx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = model(api={"image": "shop-api", "build": {"context": "/srv/shop"}})
    monkeypatch.setattr(image_build, "local_ids", lambda names: dict.fromkeys(names, "sha256:api"))
    heard: list[str] = []
    assert image_build.build(here, stack, VERSION, heard.append) == {"api": "sha256:api"}
    assert old_buildx.read_text() == "asked with BuildKit\nasked with 0\n"
    assert heard == ["compose build requires buildx 0.17.0 or later", "built"]
    monkeypatch.setenv("CLASSIC", "1")
    with pytest.raises(
        GonogoError, match=r"building api failed on this machine, the target was not touched: built$"
    ):
        image_build.build(here, stack, VERSION, heard.append)


def test_what_keeps_a_service_from_being_built(here: Target, tmp_path: Path) -> None:
    def of(**build: str) -> str:
        return buildable(here, model(api={"build": build}).services["api"])

    assert "its build context" in of(context="/srv/shop/none")
    assert of(context="/srv/shop/api") == f"api: there is no {tmp_path}/shop/api/Dockerfile to build it with"
    (tmp_path / "shop/api/Dockerfile").touch()
    assert of(context="/srv/shop/api") == ""
    assert of(context="https://example.org/a.git") == ""


def test_what_git_says_of_the_sources(here: Target, tmp_path: Path) -> None:
    stack = model(
        api={"build": {"context": "/srv/shop/api"}},
        far={"build": {"context": "https://example.org/a.git"}},
        db={"image": "mongo:6"},
    )
    assert sources(here, stack) == {"api": Source()}
    git(tmp_path, "init", "-q")
    (tmp_path / "shop/api/code.py").touch()
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    commit, time = git(tmp_path, "log", "-1", "--format=%H %cI").split()
    assert sources(here, stack) == {"api": Source(commit, time)}
    (tmp_path / "shop/api/code.py").write_text("1")
    (found,) = sources(here, stack).values()
    assert found == Source(commit, time, dirty=True)
    assert found.label == f"{commit}-dirty"
