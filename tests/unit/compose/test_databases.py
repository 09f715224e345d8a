"""Databases of a model: of which kind they are, how they are reached, what they were made with."""

from __future__ import annotations

from gonogo.deploy.compose.databases import databases, kind_of, requirepass
from gonogo.deploy.target.sections.data import Mongodb
from tests.unit.database_stack import stack
from tests.unit.stacks import model
from tests.unit.tables import every


def service(image, **more):
    return next(iter(model(one={"image": image, **more}).services.values()))


@every(
    "image, kind",
    [
        ("mongo:7", "MongoDB"),
        ("registry:5000/x/mongodb-community-server@sha256:0", "MongoDB"),
        ("postgis/postgis:16", "PostgreSQL"),
        ("bitnami/postgresql", "PostgreSQL"),
        ("mariadb:11", "MySQL"),
        ("redis/redis-stack-server", "Redis"),
        ("postgrest/postgrest", None),
        ("mongo-express", None),
        ("oliver006/redis_exporter", None),
        ("shop/api", None),
    ],
)
def test_the_kind_of_a_database_is_told_by_its_image(image, kind):
    found = kind_of(service(image))
    assert (found.name if found else None) == kind


def test_a_database_that_is_built_is_told_by_where_its_data_lies():
    mounts = [{"type": "volume", "source": "v", "target": "/var/lib/postgresql/data"}]
    assert kind_of(service("shop-store", build={}, volumes=mounts)).name == "PostgreSQL"
    assert kind_of(service("shop-postgres-sync", build={})) is None
    assert kind_of(service("x"), Mongodb(service="one", database="d")).name == "MongoDB"


@every(
    "words",
    [
        ("redis-server", "--requirepass", "w"),
        ("sh", "-c", "exec redis-server --requirepass w --save ''"),
        ("sh", "-c", 'redis-server --requirepass "$WORD"'),
        ("redis-server", "--requirepass", "${WORD}"),
    ],
)
def test_the_password_that_redis_demands(words):
    assert requirepass(words, {"WORD": "w"}) == "w"


def test_redis_that_demands_none():
    assert requirepass(("redis-server", "--requirepass"), {}) == ""
    assert requirepass((), {}) == ""


def test_names_of_other_kinds_and_aliases_reach_a_database():
    networks = {"default": {"aliases": ["store"]}}
    found = stack({}, container_name="shop-db", networks=networks)
    (one,) = databases(found, {})
    assert one.hosts == {"db", "shop-db", "store"}
