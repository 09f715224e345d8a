"""Clients of databases that have the credentials which these were made with, and those that have not."""

from __future__ import annotations

from gonogo.checks.preflight.test_environment import parity
from tests.unit.database_stack import ENCODED, MONGO, stack
from tests.unit.stacks import model
from tests.unit.tables import every


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


def test_passwords_in_files_are_not_judged():
    database = {"MONGO_INITDB_ROOT_USERNAME": "root", "MONGO_INITDB_ROOT_PASSWORD_FILE": "/run/secrets/x"}
    found = parity(stack({"URL": "mongodb://root:x@db/shop"}, database), {})
    assert (found.databases, found.wrong) == ([], {})
