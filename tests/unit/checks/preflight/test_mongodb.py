"""The state of a MongoDB, its size, and which versions open which data."""

from __future__ import annotations

from typing import Any

from gonogo.checks.preflight.test_mongodb import coming, ill, incompatible, shrunk, version
from gonogo.deploy.host.images import ImageInfo
from gonogo.deploy.mongodb.server.state import Member, Mongo
from gonogo.deploy.target.sections.data import Mongodb
from tests.unit.stacks import model
from tests.unit.tables import every


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
    found = incompatible(new, data)
    assert bool(found) == bool(says)
    assert says in found


def mongo(**given: Any) -> Mongo:
    return Mongo(**{"container": "db-1", "image": "sha256:db", "writable": True, **given})


WELL = Member("a", "PRIMARY", True), Member("b", "SECONDARY", True), Member("c", "ARBITER", True)

DOWN = Member("x", "(not reachable/healthy)", False)


def test_a_database_that_is_well() -> None:
    assert ill(mongo()) == []
    assert ill(mongo(replica_set="rs0", members=WELL)) == []


@every(
    "given, says",
    [
        ({"writable": False}, ["db-1 takes no writes: it is no standalone server and no primary"]),
        ({"members": (*WELL[:2], DOWN)}, ["x is (not reachable/healthy)"]),
        ({"members": (WELL[0], Member("b", "RECOVERING", True))}, ["b is RECOVERING"]),
        (
            {"members": (WELL[0], DOWN)},
            ["x is (not reachable/healthy)", "1 of 2 members are there, which is no majority"],
        ),
    ],
)
def test_a_database_that_is_not(given: dict[str, Any], says: list[str]) -> None:
    assert ill(mongo(**given)) == says


@every(
    "before, now, less",
    [
        (None, {}, ""),
        ({}, {}, ""),
        ({"users": 5, "cache": 900}, {"users": 5}, ""),
        ({"users": 5, "messages": 36}, {"users": 5, "messages": 16}, ""),
        ({"users": 5, "messages": 36}, {"users": 5, "messages": 15}, "20 documents where there were 41"),
        ({"users": 5}, {}, "0 documents where there were 5"),
        ({"users": 5}, {"others": 100}, "0 documents where there were 5"),
    ],
)
def test_a_database_that_shrank(before: dict[str, int] | None, now: dict[str, int], less: str) -> None:
    mongodb = Mongodb(service="db", database="shop", collections={"cache": "volatile"})
    said = shrunk(before, now, mongodb)
    assert bool(said) == bool(less)
    assert less in said


def test_the_version_of_the_image_that_would_run() -> None:
    def found(there: dict[str, ImageInfo], here: dict[str, ImageInfo], **service: Any) -> Any:
        return coming({**here, **there}, model(db={"image": "reg:5000/mongo:7.0.2", **service}), "db")

    named = "reg:5000/mongo:7.0.2"
    one = ImageInfo("sha256:1", "linux/amd64", variables={"MONGO_VERSION": "6.0.5"})
    other = ImageInfo("sha256:2", "linux/amd64")
    assert found({named: one}, {named: other}) == ("sha256:1", (6, 0))
    assert found({}, {named: other}) == ("sha256:2", (7, 0))
    assert found({}, {}) == ("", (7, 0))
    assert found({}, {}, image="reg:5000/mongo") == ("", None)
    assert found({}, {}, image="mongo:latest") == ("", None)
    assert found({named: one}, {}, build={"context": "/srv"}) == ("", None)
