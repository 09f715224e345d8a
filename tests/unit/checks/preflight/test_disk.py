"""What a release needs room for: the images that the target lacks."""

from __future__ import annotations

from gonogo.checks.preflight.test_disk import Arriving, arriving, lacking
from gonogo.deploy.host.images import ImageInfo
from tests.unit.stacks import container, model


def image(id: str, size: int, *layers: str) -> ImageInfo:
    return ImageInfo(id, "linux/amd64", size=size, layers=layers)


OLD = image("sha256:api", 200, "base", "python", "old")
NEW = image("sha256:new", 230, "base", "python", "new")
PYTHON = image("sha256:python", 150, "base", "python")
BASE = image("sha256:base", 80, "base")
STACK = model(api={"image": "shop-api", "build": "."}, db={"image": "mongo:6"})
RUNNING = [container("api")]


def by(*images: ImageInfo, **named: ImageInfo) -> dict[str, ImageInfo]:
    return {**{one.id: one for one in images}, **named}


def test_layers_that_the_target_has_are_not_counted() -> None:
    assert lacking(NEW, {}, by(NEW, PYTHON)) == 230
    assert lacking(NEW, by(BASE), by(NEW)) == 150
    assert lacking(NEW, by(OLD), by(NEW, PYTHON, BASE)) == 80
    assert lacking(NEW, by(image("sha256:x", 90, "other")), by(NEW, PYTHON)) == 230
    assert lacking(NEW, by(image("sha256:odd", 70)), by(NEW)) == 230


def test_an_image_to_be_built_is_as_large_as_the_one_that_runs() -> None:
    there = {**by(OLD), "mongo:6": BASE}
    assert arriving(STACK, RUNNING, there, {}, ["api"]) == [Arriving("shop-api", 200, estimated=True)]
    assert arriving(STACK, [], there, {"shop-api": NEW}, ["api"]) == [Arriving("shop-api", 230, True)]
    assert arriving(STACK, [], there, {}, ["api"]) == [Arriving("shop-api", None, estimated=True)]


def test_an_image_that_is_built_or_pulled() -> None:
    here = {"shop-api": NEW, "mongo:6": PYTHON}
    assert arriving(STACK, [], {}, here, []) == [Arriving("mongo:6", 150), Arriving("shop-api", 230)]
    assert arriving(STACK, [], {}, {"shop-api": NEW}, [])[0] == Arriving("mongo:6", None)
    assert arriving(STACK, [], {**by(NEW), "mongo:6": BASE}, here, []) == []


def test_an_image_of_two_services_arrives_once() -> None:
    twins = model(one={"image": "mongo:6"}, two={"image": "mongo:6"})
    assert arriving(twins, [], {}, {"mongo:6": BASE}, []) == [Arriving("mongo:6", 80)]
