"""Databases of a model, who logs in to them with what, and whether that is what they were made with."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.host.container import Given
from gonogo.deploy.requirepass import requirepass
from gonogo.deploy.rules import credentials
from gonogo.deploy.rules.credentials import claims, databases, kind_of
from gonogo.deploy.rules.parity import parity
from gonogo.deploy.target import Mongodb
from tests.unit.stacks import model
from tests.unit.tables import every

MONGO = {"MONGO_INITDB_ROOT_USERNAME": "root", "MONGO_INITDB_ROOT_PASSWORD": "p@ss/w:rd%41"}
ENCODED = "p%40ss%2Fw%3Ard%2541"


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


def stack(client, database=None, **more):
    return model(
        api={"image": "api", "environment": client},
        db={"image": "mongo", "environment": database or MONGO, **more},
    )


def wrong(client, initialised=None, **more):
    found = parity(stack(client, **more), initialised or {})
    return list(found.wrong.values()), list(found.doubtful.values())


@every(
    "client",
    [
        {"URL": f"mongodb://root:{ENCODED}@db:27017/shop?authSource=admin"},
        {"URL": f"mongodb+srv://root:{ENCODED}@x,db/shop"},
        {"URL": "mongodb://db/shop"},
        {"URL": "mongodb://root:other@elsewhere/shop"},
        {"DB_HOST": "db", "DB_USER": "root", "DB_PASSWORD": MONGO["MONGO_INITDB_ROOT_PASSWORD"]},
        {"DB_HOST": "elsewhere", "DB_USER": "root", "DB_PASSWORD": "other"},
        MONGO,
        {"MODE": "fast"},
    ],
)
def test_clients_that_agree_or_are_none(client):
    assert wrong(client) == ([], [])


@every(
    "client, says",
    [
        ({"URL": "mongodb://root:other@db/shop"}, "api: URL has another password than the one that db"),
        ({"URL": "x=mongodb://root:other@db/shop;y"}, "api: URL has another password"),
        (
            {"URL": "mongodb://root:p@ss/w:rd%41@db/shop"},
            "api: URL has the password of db without percent-enc",
        ),
        ({"URL": "mongodb://dev:x@db/shop"}, "api: URL logs in to db as another user"),
        ({"DB_HOST": "db:27017", "DB_USERNAME": "root", "DB_PASS": "x"}, "api: DB_PASS has another password"),
        ({"HOST": "db", "PASSWORD": "x"}, "api: PASSWORD has another password"),
        ({"MONGO_INITDB_ROOT_PASSWORD": "x"}, "api: MONGO_INITDB_ROOT_PASSWORD is not the one that db"),
        ({"MONGO_INITDB_ROOT_USERNAME": "dev"}, "api: MONGO_INITDB_ROOT_USERNAME is not the one that db"),
    ],
)
def test_clients_with_other_credentials_are_named_without_a_value(client, says):
    found, doubtful = wrong(client)
    assert len(found) == 1
    assert says in found[0]
    assert not doubtful


def test_a_database_keeps_what_it_was_made_with():
    before = {"db": {**MONGO, "MONGO_INITDB_ROOT_PASSWORD": "first"}}
    found, _ = wrong({"URL": "mongodb://root:first@db/shop"}, before)
    assert found == ["db: MONGO_INITDB_ROOT_PASSWORD is not the one that db was initialised with"]
    found, _ = wrong({"URL": f"mongodb://root:{ENCODED}@db/shop"}, before)
    assert "api: URL has another password" in found[0]


def test_users_that_only_the_database_can_know():
    client = {"URL": "mongodb://app:x@db/shop"}
    scripts = [{"type": "bind", "source": "/s", "target": "/docker-entrypoint-initdb.d"}]
    assert wrong(client)[0]
    assert not wrong(client, volumes=scripts)[0]
    assert "as another user" in wrong(client, volumes=scripts)[1][0]
    assert "as another user" in wrong(client, {"db": MONGO})[1][0]
    assert wrong(client, {"db": MONGO, "api": client}) == ([], []), "it logs in so today"


def test_redis_has_the_password_of_the_new_model():
    def said(word, **before):
        services = {
            "api": {"image": "api", "environment": {"CACHE": f"redis://:{word}@cache:6379/0"}},
            "cache": {"image": "redis", "command": ["redis-server", "--requirepass", "new-word"]},
        }
        return list(parity(model(**services), before).wrong.values())

    assert said("new-word", cache={"REDIS_PASSWORD": "old-word"}) == []
    assert "api: CACHE has another password" in said("old-word", cache={"REDIS_PASSWORD": "old-word"})[0]


def test_two_databases_of_a_kind_are_told_apart_by_their_names():
    def database(word):
        return {"image": "postgres", "environment": {"POSTGRES_PASSWORD": word}}

    client = {"A": "postgresql://postgres:one@first/x", "B": "postgres://postgres:one@second/x"}
    services = {
        "first": database("one"),
        "second": database("two"),
        "api": {"image": "x", "environment": client},
    }
    assert list(parity(model(**services), {}).wrong) == [("api", "B")]


def test_names_of_other_kinds_and_aliases_reach_a_database():
    networks = {"default": {"aliases": ["store"]}}
    found = stack({}, container_name="shop-db", networks=networks)
    (one,) = databases(found, {})
    assert one.hosts == {"db", "shop-db", "store"}


def test_passwords_in_files_are_not_judged():
    database = {"MONGO_INITDB_ROOT_USERNAME": "root", "MONGO_INITDB_ROOT_PASSWORD_FILE": "/run/secrets/x"}
    found = parity(stack({"URL": "mongodb://root:x@db/shop"}, database), {})
    assert (found.databases, found.wrong) == ([], {})


def test_of_containers_only_what_can_be_part_of_a_login_is_remembered():
    made = {
        "db": Given({**MONGO, "PATH": "/bin"}, ()),
        "api": Given({"URL": "mongodb://a:b@db", "PATH": "/bin", "JWT_SECRET": "x", "DB_PASSWORD": "y"}, ()),
    }
    found = credentials.initialised(stack({}), made)
    assert found == {"db": MONGO, "api": {"URL": "mongodb://a:b@db", "DB_PASSWORD": "y"}}


@settings(max_examples=60)
@given(text=st.text(max_size=60))
def test_no_value_is_too_strange_to_be_read(text):
    (one,) = databases(stack({}), {})
    for value in (text, f"mongodb://{text}", f"mongodb://root:{text}@db/x", f"mongodb://{text}@db"):
        for claim in claims({"A": value, "DB_HOST": value}, one):
            assert claim.raw
