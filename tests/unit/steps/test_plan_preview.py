"""The plan preview: what a build is expected to give, what would be sent, and how it is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import identities, images, layers
from gonogo.deploy.host.commits import Commit, Shipping
from gonogo.deploy.host.engine import EngineInfo
from gonogo.deploy.host.images import REVISION, ImageInfo
from gonogo.deploy.progress.plan_preview import PlanPreview, Transfer
from gonogo.deploy.release import journal
from gonogo.deploy.release.build_source import Source
from gonogo.deploy.release.plan import chosen
from gonogo.deploy.release.records import Image, Record
from gonogo.deploy.release.release import Release
from gonogo.deploy.steps import plan_preview
from gonogo.deploy.steps.plan_preview import NEW, Build
from gonogo.deploy.switch import service as switch
from gonogo.deploy.transfer import layers as leaving
from tests.unit.stacks import container, model, target

OLD, NOW = "a" * 40, "b" * 40
STACK = model(
    api={"image": "shop-api", "build": {"context": "/srv/shop/api"}},
    web={"image": "shop-web", "build": {"context": "/srv/shop/web"}, "depends_on": {"api": {}}},
    cache={"image": "redis:7"},
)


def info(id_: str, revision: str = "") -> ImageInfo:
    return ImageInfo(id=id_, platform="linux/amd64", labels={REVISION: revision} if revision else {})


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What this machine's engine and the target's say; to be changed by a test."""
    said: dict[str, Any] = {
        "here": {"sha256:api", "sha256:web"},
        "there": {"sha256:api", "sha256:web", "sha256:cache"},
        "sizes": {"sha256:web": {"base": 70_000_000, "web": 2_000_000}, "sha256:api": {"base": 70_000_000}},
        "took": {"web": 2.4},
        "identities there": {},
        "identities here": {},
        "in part": True,
    }
    monkeypatch.setattr(images, "local", lambda ids, _: {id_: info(id_) for id_ in said["here"] & set(ids)})
    monkeypatch.setattr(images, "images", lambda _, ids: {i: i for i in said["there"] & set(ids)})
    monkeypatch.setattr(identities, "there", lambda _: said["identities there"])
    monkeypatch.setattr(identities, "here", lambda *_: said["identities here"])
    known = lambda ids: {id_: said["sizes"][id_] for id_ in ids if id_ in said["sizes"]}  # noqa: E731
    monkeypatch.setattr(layers, "local", known)
    monkeypatch.setattr(layers, "layers", lambda _, ids: known(ids))
    monkeypatch.setattr(leaving, "in_part", lambda _, ids: said["in part"] or not ids)
    monkeypatch.setattr(journal, "switched", lambda *_: said["took"])
    monkeypatch.setattr(switch, "hashes", lambda *_: {name: f"hash-of-{name}" for name in STACK.services})
    return said


NONE = SimpleNamespace(current=None)


def release(**changed: Any) -> Release:
    running = [container("api"), container("web"), container("cache")]
    given: dict[str, Any] = {
        "target": target(),
        "connection": None,
        "controller": SimpleNamespace(connection=None),
        "model": STACK,
        "placed": "services: {}",
        "running": running,
        "git": None,
        "networks": SimpleNamespace(anew=[]),
        "contents": SimpleNamespace(stale=[]),
        "images": {"redis:7": "sha256:cache"},
        "builder_images": {},
        "offered": (),
        "sources": {"api": Source(OLD), "web": Source(NOW)},
        "host": SimpleNamespace(engine=EngineInfo("26.1.5", "1.45", "linux/amd64")),
        "target_images": {"sha256:api": info("sha256:api", OLD), "sha256:web": info("sha256:web", OLD)},
        "releases": SimpleNamespace(current=Record(version="v1", created="", project="shop")),
        "moves": [],
        "shipping": Shipping(OLD, NOW, known=True, forward=True, commits=(Commit(NOW, "Fix it"),)),
    }
    given |= changed
    there = SimpleNamespace(found=given.pop("target_images"))
    given["host"] = SimpleNamespace(engine=given["host"].engine, images=lambda _: there)
    builds = {name: given.pop(name) for name in ("offered", "sources")}
    images = given.pop("builder_images")
    ids = given.pop("builder_ids", {name: one.id for name, one in images.items()})
    given["builds"] = SimpleNamespace(images=images, ids=ids, **builds)
    given["files"] = SimpleNamespace(placed=given.pop("placed"))
    return cast(Release, SimpleNamespace(**given))


def test_what_a_deployment_would_do(engine: dict[str, Any]) -> None:
    seen = plan_preview.preview(release(), "v2")
    assert {one.service: (one.action, one.image_after) for one in seen.services} == {
        "api": ("unchanged", "sha256:api"),
        "web": ("replaced", ""),
        "cache": ("unchanged", "sha256:cache"),
    }
    assert seen.lines == [
        "version   v2 by tar, over v1",
        "services",
        "  api    unchanged  image and configuration are the same",
        "  cache  unchanged  image and configuration are the same",
        "  web    replaced   it is built from bbbbbbbb, the one that runs is of aaaaaaaa",
        "transfer  shop-web: up to about 72 MB, as large as what runs, less the layers that are there",
        "downtime  web about 2 s, as last time",
        "steps",
        "  1. lock",
        "  2. preflight",
        "  3. build api, web",
        "  4. transfer (1 image)",
        "  5. baseline",
        "  6. plan",
        "  7. trial start",
        "  8. switch web",
        "  9. verify",
        "  10. finish",
        "commits",
        "  bbbbbbbb Fix it",
        "note      what ships: 1 commit since aaaaaaaa",
    ]


def test_a_build_that_the_cache_gives_is_the_image_that_runs_whatever_its_id(engine: dict[str, Any]) -> None:
    engine["here"] = set()
    engine["identities there"] = {"sha256:api": "one", "sha256:web": "other"}
    assert "api    replaced   it is built here for the first" in "\n".join(
        plan_preview.preview(release(), "v2").lines
    )
    engine["identities here"] = {"sha256:manifest-of-api": "one"}
    assert "api    unchanged" in "\n".join(plan_preview.preview(release(), "v2").lines)


def test_images_that_share_layers_are_counted_once(engine: dict[str, Any]) -> None:
    seen = plan_preview.preview(release(sources={}), "v2")
    assert seen.transfer == Transfer(images=["shop-api", "shop-web"], bytes=72_000_000, estimated=True)
    assert seen.downtime == "api unknown; web about 2 s, as last time"


def test_images_that_are_sent_whole_are_told_beforehand(engine: dict[str, Any]) -> None:
    there = SimpleNamespace(engine=EngineInfo("26.1.5", "1.45", "linux/amd64", containerd=True))
    about = "shop-web: up to about 72 MB, as large as what runs"
    told = f"{about}, less the layers that are there"
    assert plan_preview.preview(release(host=there), "v2").transfer.told == told
    engine["in part"] = False
    assert plan_preview.preview(release(host=there), "v2").transfer.told == (
        f"{about}, with all layers: those that are there came compressed, as from a registry"
    )
    assert plan_preview.preview(release(), "v2").transfer.told == told


def test_a_first_deployment(engine: dict[str, Any]) -> None:
    seen = plan_preview.preview(
        release(running=[], target_images={}, images={}, releases=NONE, shipping=None), "v1"
    )
    assert {one.action for one in seen.services} == {"created"}
    assert seen.transfer.told == (
        "shop-api, shop-web: of a size that is known after the build; pulled there: redis:7"
    )
    assert (seen.previous, seen.commits, seen.notes, seen.unavailable) == ("", [], [], {})
    assert seen.lines[0] == "version   v1 by tar, over nothing"
    assert seen.downtime == "none: no service that runs is replaced"


def test_what_was_started_by_hand_is_adopted(engine: dict[str, Any]) -> None:
    seen = plan_preview.preview(release(releases=NONE, shipping=None), "v1")
    assert "adopt what runs as a release to go back to" in seen.steps


def test_images_that_are_built_already(engine: dict[str, Any]) -> None:
    local = {"shop-api": info("sha256:api"), "shop-web": info("sha256:new")}
    engine["sizes"]["sha256:new"] = {"base": 70_000_000, "new": 5_000_000}
    seen = plan_preview.preview(release(builder_images=local), "v2", skip_build=True)
    assert seen.transfer == Transfer(images=["shop-web"], bytes=75_000_000)
    assert seen.transfer.told == "shop-web: 75 MB"
    assert "build (nothing)" in seen.steps
    (web,) = [one for one in seen.services if one.service == "web"]
    assert (web.action, web.why, web.image_after) == ("replaced", "its image changed", "sha256:new")


def test_an_image_that_is_pulled_is_not_what_runs(engine: dict[str, Any]) -> None:
    seen = plan_preview.preview(release(images={}), "v2")
    (cache,) = [one for one in seen.services if one.service == "cache"]
    assert (cache.action, cache.why) == ("replaced", "redis:7 is pulled, and is not what runs")


def test_a_commit_that_this_clone_lacks_is_told(engine: dict[str, Any]) -> None:
    seen = plan_preview.preview(release(shipping=Shipping(OLD, NOW, known=False)), "v2")
    assert seen.notes == ["aaaaaaaa, which runs, is not in this clone: what ships cannot be told"]


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, Build("sha256:api", "built from aaaaaaaa as before")),
        ({"running": []}, Build(NEW, "it is built")),
        ({"sources": {"api": Source(OLD, dirty=True)}}, Build(NEW, "it is built from changes that are not")),
        ({"sources": {"api": Source()}}, Build(NEW, "it is built, and from which sources the one that runs")),
        ({"target_images": {}}, Build(NEW, "it is built, and from which sources the one that runs was is")),
        (
            {"target_images": {"sha256:api": info("sha256:api")}},
            Build(NEW, "it is built from aaaaaaaa, that of the one that runs is not known"),
        ),
        (
            {"target_images": {"sha256:api": info("sha256:api", NOW)}},
            Build(NEW, "it is built from aaaaaaaa, the one that runs is of bbbbbbbb"),
        ),
    ],
)
def test_what_a_build_gives(engine: dict[str, Any], changed: dict[str, Any], wanted: Build) -> None:
    found = plan_preview.expected(release(**changed))["api"]
    assert found.id == wanted.id
    assert found.why.startswith(wanted.why)


def test_a_build_on_another_machine_gives_another_image(engine: dict[str, Any]) -> None:
    engine["here"] = set()
    found = plan_preview.expected(release())["api"]
    assert (found.id, found.why) == (
        NEW,
        "it is built here for the first time, from aaaaaaaa as the one that runs",
    )


def test_the_images_of_a_release() -> None:
    there, local = {"redis:7": "sha256:there"}, {"redis:7": "sha256:local", "shop-web": "sha256:web"}
    found = chosen(STACK, {"api": "sha256:built"}, there, local)
    assert {name: one.id for name, one in found.items()} == {
        "api": "sha256:built",
        "web": "sha256:web",
        "cache": "sha256:there",
    }
    assert chosen(STACK, {"api": "a", "web": "b"}, {}, {})["cache"] == Image(name="redis:7", id="")
    with pytest.raises(GonogoError, match=r"shop-web \(service web\) is not on this machine: build it first"):
        chosen(STACK, {"api": "a"}, there, {})


def test_a_preview_is_plain_data(engine: dict[str, Any]) -> None:
    seen = plan_preview.preview(release(), "v2")
    assert PlanPreview.model_validate_json(seen.model_dump_json()) == seen
