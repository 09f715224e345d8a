"""Which volumes a release has lost, and which volumes and folders a service may not write to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gonogo.checks.preflight.test_volumes import candidates, lost, numeric_user, read_only, unwritable
from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.host.binds import Bind
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.volumes import Volume
from gonogo.deploy.release.host import Host
from tests.unit import stacks
from tests.unit.mounts import FILE, FOLDER, MISSING, bind, db, volume
from tests.unit.stacks import container, target
from tests.unit.tables import every


@every(
    "text, numbers",
    [("", (0, 0)), ("root", (0, 0)), ("1000", (1000, None)), ("1000:50", (1000, 50)), ("0:0", (0, 0))],
)
def test_users_by_number(text: str, numbers: tuple[int, int | None]) -> None:
    assert numeric_user(text) == numbers


def test_a_user_by_name_and_a_group_by_name_are_not_known() -> None:
    assert numeric_user("node") is None
    assert numeric_user("1000:staff") == (1000, None)


def test_what_is_read_only() -> None:
    stack = db(volume("ro"), bind("/mnt/x", "/x"), volume("device", "/y"), volume("fine", "/z"))
    found = [Volume("ro", read_only=True), Volume("device", device="/mnt/d"), Volume("fine")]
    binds = {"/mnt/x": Bind("folder", read_only=True), "/mnt/d": Bind("missing", read_only=True)}
    assert read_only(stack, found, binds) == [
        "db: the volume ro was made with the option ro",
        "db: /mnt/x lies on a filesystem that is mounted read-only",
        "db: /mnt/d lies on a filesystem that is mounted read-only",
    ]
    reading = db(volume("ro", read_only=True), bind("/mnt/x", "/x", read_only=True))
    assert read_only(reading, found, binds) == []
    assert (
        read_only(db(bind("/etc/localtime", "/t")), [], {"/etc/localtime": Bind("file", read_only=True)})
        == []
    )


def test_who_may_not_write() -> None:
    stack = db(bind("/srv/a"), bind("/srv/new", "/new"), bind("/srv/f", "/f"), volume("v", "/v"))
    binds = {"/srv/a": FOLDER, "/srv/new": MISSING, "/srv/f": FILE}
    assert unwritable(stack, binds, {"db": ""}) == []
    assert unwritable(stack, binds, {"db": "mongodb"}) == []
    assert unwritable(stack, binds, {}) == []
    assert unwritable(stack, binds, {"db": "999:999"}) == [
        ("db", "/srv/a", "it belongs to 1000:1000, mode 0755, and db runs as user 999"),
        ("db", "/srv/new", "Docker would make it, root's, and db runs as user 999"),
    ]


TARGET = target(project="copilotos-prod", path="/opt/copilotos")

OLD = Volume("copilotos_mongodb_data", project="copilotos", key="mongodb_data")


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
