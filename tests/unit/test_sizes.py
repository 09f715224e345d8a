"""What a release needs room for, and which versions of MongoDB open which data."""

from __future__ import annotations

from gonogo.deploy.host.images import ImageInfo
from gonogo.deploy.rules.sizes import Arriving, arriving, lacking, mb
from gonogo.deploy.rules.versions import refusal, version
from tests.unit.stacks import container, model
from tests.unit.tables import every


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


def test_sizes_for_messages() -> None:
    assert [mb(size) for size in (0, 999_600_000, 1e9, 52.34e9)] == ["0 MB", "1000 MB", "1.0 GB", "52.3 GB"]


@every(
    "text, found",
    [
        ("6.0.5", (6, 0)),
        ("v7.0", (7, 0)),
        ("4.4-focal", (4, 4)),
        ("8", (8, 0)),
        ("7-jammy", (7, 0)),
        ("4", None),
        ("latest", None),
        ("", None),
        ("20241101", None),
    ],
)
def test_versions_of_tags(text: str, found: tuple[int, int] | None) -> None:
    assert version(text) == found


@every(
    "new, data, says",
    [
        ((6, 0), (6, 0), ""),
        ((6, 0), (5, 0), ""),
        ((5, 0), (4, 4), ""),
        ((7, 0), (6, 3), ""),
        ((6, 3), (6, 0), ""),
        ((8, 0), (7, 0), ""),
        ((5, 0), (6, 0), "MongoDB 5.0 does not open data whose featureCompatibilityVersion is 6.0"),
        ((6, 0), (6, 3), "does not open data whose featureCompatibilityVersion is 6.3"),
        ((6, 0), (4, 4), "MongoDB 6.0 does not open data of 4.4: the way there is 5.0, then 6.0"),
        ((8, 0), (6, 0), "the way there is 7.0, then 8.0"),
        ((7, 0), (4, 2), "the way there is 4.4, then 5.0, then 6.0, then 7.0"),
    ],
)
def test_which_version_opens_which_data(new: tuple[int, int], data: tuple[int, int], says: str) -> None:
    found = refusal(new, data)
    assert bool(found) == bool(says)
    assert says in found
