"""The pure parts of the checks of data: memory, lost volumes, the database's state, size and version."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gonogo.checks.preflight.test_memory import reserved
from gonogo.checks.preflight.test_mongodb import coming, ill, shrunk
from gonogo.checks.preflight.test_volumes import candidates, lost
from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.host import Host
from gonogo.deploy.host.images import ImageInfo
from gonogo.deploy.host.volumes import Volume
from gonogo.deploy.mongodb.state import Member, Mongo
from gonogo.deploy.target.sections.data import Mongodb
from tests.unit import stacks
from tests.unit.stacks import container, model, target
from tests.unit.tables import every

TARGET = target(project="copilotos-prod", path="/opt/copilotos")
OLD = Volume("copilotos_mongodb_data", project="copilotos", key="mongodb_data")


def test_only_what_is_new_needs_the_memory_that_it_reserves() -> None:
    stack = model(
        api={"image": "a", "mem_reservation": "1000", "scale": 3},
        db={"image": "b", "deploy": {"resources": {"reservations": {"memory": "500"}}}},
        web={"image": "c"},
    )
    assert reserved(stack, []) == {"api": 3000, "db": 500}
    assert reserved(stack, [container("api"), container("db")]) == {"api": 2000}
    assert reserved(stack, [container("db", status="exited")]) == {"api": 3000, "db": 500}


def like(volumes: list[Volume], containers: list[Container] | None = None) -> list[str]:
    return candidates("copilotos-prod_mongodb_data", "mongodb_data", volumes, containers or [], TARGET)


@pytest.mark.parametrize(
    "one",
    [
        OLD,
        Volume("anything", project="infra", key="mongodb-data"),
        Volume("backup_mongodb_data"),
        Volume("copilotos_prod_mongodb_data", project="x", key="y"),
    ],
    ids=lambda one: one.name,
)
def test_a_volume_that_may_hold_the_data(one: Volume) -> None:
    assert like([one]) == [one.name]


@pytest.mark.parametrize(
    "one",
    [
        Volume("shop_redis_data", project="copilotos", key="redis_data"),
        Volume("shop_mongodb_data_2", project="copilotos", key="data"),
        Volume("data"),
    ],
    ids=lambda one: one.name,
)
def test_a_volume_that_is_quite_another(one: Volume) -> None:
    assert like([one]) == []


@every(
    "given, may",
    [
        ({"project": "shop", "folder": "/opt/shop"}, False),
        ({"project": "shop", "folder": "/opt/copilotos"}, True),
        ({"project": "shop", "folder": "/opt/copilotos/infra"}, True),
        ({"project": "copilotos", "folder": "/root"}, True),
        ({"project": "", "folder": ""}, True),
    ],
)
def test_a_volume_in_use_belongs_to_the_stack_that_uses_it(given: dict[str, str], may: bool) -> None:
    user = container("db", mounts=(("volume", OLD.name, "/data/db"),), **given)
    assert bool(like([OLD], [user])) is may


def known(volumes: list[Volume], containers: list[Container] | None = None) -> Host:
    host = stacks.host()
    found = {"host.volumes.all": volumes, "host.containers.all": containers or []}
    host.answers.known |= {key: Answer(value, None) for key, value in found.items()}
    return host


def stack(**volume: Any) -> Model:
    text = {
        "name": "copilotos-prod",
        "services": {
            "db": {
                "image": "mongo:6",
                "volumes": [{"type": "volume", "source": "mongodb_data", "target": "/data/db"}],
            }
        },
        "volumes": {
            "mongodb_data": {"name": "copilotos-prod_mongodb_data", **volume},
            "unused": {"name": "u"},
        },
    }
    return Model.from_json(json.dumps(text))


def test_a_first_deployment_makes_its_volumes() -> None:
    assert lost(known([]), TARGET, stack(), ()) == []
    assert lost(known([Volume("copilotos-prod_mongodb_data"), OLD]), TARGET, stack(), ("db",)) == []


def test_another_projects_volume_with_all_its_containers_gone() -> None:
    ((said, todo),) = lost(known([OLD]), TARGET, stack(), ())
    assert said.endswith("does not exist, and its data may be in copilotos_mongodb_data")
    assert said.startswith("copilotos-prod_mongodb_data (db)")
    assert "`docker volume create copilotos-prod_mongodb_data`" in todo


def test_a_volume_that_was_removed() -> None:
    ((said, _),) = lost(known([]), TARGET, stack(), ("db", "api"))
    assert "although db was released here before" in said
    assert lost(known([]), TARGET, stack(), ("api",)) == []


def test_an_external_volume_has_to_exist() -> None:
    ((said, todo),) = lost(known([]), TARGET, stack(external=True), ())
    assert said == "the external volume copilotos-prod_mongodb_data (db) does not exist"
    assert "docker volume create" in todo


def test_a_new_volume_of_a_service_that_has_a_container_is_no_loss() -> None:
    there = [container("db", project=TARGET.project)]
    assert lost(known([OLD], there), TARGET, stack(), ("db",)) == []


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
