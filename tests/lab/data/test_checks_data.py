"""The checks of volumes, bind mounts and MongoDB on their real faults: each fails there alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.shop import CACHE, DB, Shop

pytestmark = pytest.mark.lab


def test_the_stack_as_it_runs_passes(shop: Shop) -> None:
    found = shop.results()
    assert {check: (r.status, r.message) for check, r in found.items() if r.status != "passed"} == {}
    assert found["mongodb.size"].found.endswith("logs 1, users 40")
    assert found["mongodb.healthy"].found == "shop-db-1: 1 well"


@pytest.mark.parametrize(
    ("mounts", "volumes", "says"),
    [
        (
            ["db_data:/data/db"],
            {"db_data": {}},
            "has the volume shop_db-data, the new model has the volume shop_db_",
        ),
        (["db-data:/data/db"], {"db-data": {"name": "db"}}, "the new model has the volume db"),
        (["./db:/data/db"], {}, "the new model has the folder /srv/shop/db"),
        ([], {}, "the new model has nothing"),
    ],
)
@pytest.mark.parametrize("stopped", [False, True])
def test_data_elsewhere(
    shop: Shop, mounts: list[str], volumes: dict[str, Any], says: str, stopped: bool
) -> None:
    shop.services = {**shop.services, "db": {**DB, "volumes": mounts}}
    shop.volumes = volumes
    if stopped:
        shop.shell("docker stop -t 10 shop-db-1")
    try:
        found = shop.failing("volumes.same_data", "volumes.exist")
    finally:
        shop.shell("docker start shop-db-1 && until docker exec shop-db-1 mongo-ping; do sleep 0.2; done")
    assert set(found) == {"volumes.same_data"}
    assert "db: at /data/db its container shop-db-1 has" in found["volumes.same_data"]
    assert says in found["volumes.same_data"]


def test_a_folder_elsewhere_for_a_folder(shop: Shop) -> None:
    shop.services = {**shop.services, "cache": {**CACHE, "volumes": ["./files:/uploads"]}}
    found = shop.failing("volumes.same_data")["volumes.same_data"]
    assert "has the folder /srv/shop/uploads, the new model has the folder /srv/shop/files" in found
    shop.shell("ln -s uploads /srv/shop/files")
    assert shop.failing("volumes.same_data") == {}
    shop.shell("rm /srv/shop/files")


def test_a_project_under_a_new_name_with_its_containers_gone(running_shop: Shop) -> None:
    store = {"store": {"image": "gonogo-lab/redis:latest", "volumes": ["store_data:/data"]}}
    other = Shop(
        running_shop.made, running_shop.connection, running_shop.source, "depot", store, {"store_data": {}}
    )
    other.amended = {"mongodb": None, "backup": None}
    other.up()
    other.shell("docker rm -f depot-store-1")
    assert other.failing("volumes.exist") == {}
    other.project = "depot-prod"
    assert "its data may be in depot_store_data" in other.failing("volumes.exist")["volumes.exist"]
    other.shell("docker volume create depot-prod_store_data")
    assert other.failing("volumes.exist") == {}
    other.shell("docker volume rm depot-prod_store_data depot_store_data")
    assert other.failing("volumes.exist") == {}


def test_a_volume_that_was_removed_after_a_release(running_shop: Shop) -> None:
    kept = {"db": {"image": "gonogo-lab/redis:latest", "volumes": ["kept:/kept"]}}
    other = Shop(running_shop.made, running_shop.connection, running_shop.source, "depot", kept, {"kept": {}})
    found = other.failing("volumes.exist")["volumes.exist"]
    assert "depot_kept (db) does not exist, although db was released here before" in found
    assert "docker volume create depot_kept" in found
    other.volumes = {"kept": {"external": True, "name": "outside"}}
    assert (
        "the external volume outside (db) does not exist" in other.failing("volumes.exist")["volumes.exist"]
    )


def test_a_volume_whose_definition_changed(running_shop: Shop) -> None:
    """Compose asks whether to lose its data, hears nothing, and goes on with the volume of before."""
    bound = {"type": "none", "o": "bind", "device": "/srv"}
    kept = {"store": {"image": "gonogo-lab/redis:latest", "volumes": ["kept:/kept"]}}
    other = Shop(running_shop.made, running_shop.connection, running_shop.source, "depot", kept, {"kept": {}})
    other.amended = {"mongodb": None, "backup": None}
    other.up()
    assert other.failing("volumes.definition") == {}
    other.volumes = {"kept": {"driver_opts": bound}}
    found = other.failing("volumes.definition")["volumes.definition"]
    assert "depot_kept (store) exists with another driver_opts.device, driver_opts.o, driver_opts.t" in found
    other.up()
    assert "bind" not in other.shell("docker volume inspect depot_kept")
    assert other.failing("volumes.definition") != {}
    other.shell("docker rm -f depot-store-1; docker volume rm depot_kept")
    other.up()
    assert other.failing("volumes.definition") == {}
    other.volumes = {"kept": {"driver_opts": {**bound, "device": "/opt"}}}
    assert "another driver_opts.device than" in other.failing("volumes.definition")["volumes.definition"]
    other.shell("docker rm -f depot-store-1; docker volume rm depot_kept")


def test_a_volume_made_read_only(shop: Shop) -> None:
    shop.shell("docker volume create --opt type=none --opt o=bind,ro --opt device=/srv shut")
    shop.services = {**shop.services, "new": {**CACHE, "volumes": ["shut:/shut"]}}
    shop.volumes = {**shop.volumes, "shut": {"external": True}}
    assert (
        "the volume shut was made with the option ro" in shop.failing("volumes.writable")["volumes.writable"]
    )
    shop.services["new"]["volumes"] = ["shut:/shut:ro"]
    assert shop.failing("volumes.writable") == {}
    shop.shell("docker volume rm shut")


def test_a_filesystem_that_is_mounted_read_only(shop: Shop) -> None:
    shop.shell("mount -t tmpfs -o ro gonogo-ro /srv/shop/uploads", user="root")
    try:
        found = shop.failing("volumes.writable", "binds.exist")
    finally:
        shop.shell("umount /srv/shop/uploads", user="root")
    assert set(found) == {"volumes.writable"}
    assert (
        "cache: /srv/shop/uploads lies on a filesystem that is mounted read-only" in found["volumes.writable"]
    )


def test_a_folder_that_its_user_may_not_write_to(shop: Shop) -> None:
    shop.shell("install -d -m 755 /srv/shop/inbox", user="root")
    shop.services = {**shop.services, "new": {**CACHE, "user": "1234:1234", "volumes": ["./inbox:/inbox"]}}
    found = shop.failing("volumes.writable")["volumes.writable"]
    assert "/srv/shop/inbox: it belongs to 0:0, mode 0755, and new runs as user 1234" in found
    shop.shell("chown 1234 /srv/shop/inbox", user="root")
    assert shop.failing("volumes.writable") == {}
    shop.shell("rmdir /srv/shop/inbox", user="root")
    assert "Docker would make it, root's" in shop.failing("volumes.writable")["volumes.writable"]


def test_a_file_that_is_missing_and_what_docker_makes_of_it(shop: Shop) -> None:
    (shop.source / "motd").write_text("hello")
    mounts = ["./motd:/etc/motd:ro", "/var/run/docker.sock:/var/run/docker.sock"]
    shop.services = {**shop.services, "new": {**CACHE, "volumes": mounts}}
    assert "/srv/shop/motd (new): there is no such file" in shop.failing("binds.exist")["binds.exist"]
    shop.shell("docker run --rm --entrypoint true -v /srv/shop/motd:/etc/x gonogo-lab/redis:latest")
    found = shop.failing("binds.exist")["binds.exist"]
    assert "there is a folder where a file is expected: Docker made it" in found
    shop.shell("rmdir /srv/shop/motd && touch /srv/shop/motd", user="root")
    assert shop.failing("binds.exist") == {}
    shop.shell("rm -f /srv/shop/motd", user="root")


def test_a_password_that_the_database_does_not_have(shop: Shop) -> None:
    wrong = {**DB["environment"], "MONGO_INITDB_ROOT_PASSWORD": "another-password"}
    shop.services = {**shop.services, "db": {**DB, "environment": wrong}}
    results = shop.results()
    assert "refuses the login of 'shop'" in results["mongodb.login"].message
    blocked = {name for name, one in results.items() if one.status == "blocked"}
    needing = {"mongodb.database", "mongodb.healthy", "mongodb.size", "mongodb.version", "disk.backup"}
    assert blocked == needing


def test_a_login_that_may_only_read(shop: Shop) -> None:
    reader = {"MONGO_INITDB_ROOT_USERNAME": "reader", "MONGO_INITDB_ROOT_PASSWORD": "reads-only"}
    shop.services = {**shop.services, "db": {**DB, "environment": reader}}
    found = shop.results("mongodb.login", "mongodb.size", "mongodb.version", "disk.backup")
    assert {one.status for one in found.values()} == {"passed"}
    assert found["mongodb.size"].found.endswith("logs 1, users 40")


def test_a_replica_set_before_and_after_it_is_initiated(running_shop: Shop) -> None:
    alone = {"db": {"image": "gonogo-lab/mongo:latest", "command": ["mongod", "--replSet", "rs0"]}}
    alone["db"]["healthcheck"] = DB["healthcheck"]
    other = Shop(running_shop.made, running_shop.connection, running_shop.source, "depot", alone)
    other.up()
    found = other.failing("mongodb.login", "mongodb.healthy", "mongodb.version")
    assert set(found) == {"mongodb.healthy"}
    assert "depot-db-1 takes no writes" in found["mongodb.healthy"]
    members = "[{'_id': 0, 'host': '127.0.0.1'}]"
    start = f"client.admin.command('replSetInitiate', {{'_id': 'rs0', 'members': {members}}})"
    wait = "\nimport time\nwhile not client.admin.command('hello')['isWritablePrimary']: time.sleep(0.1)"
    other.mongo(start + wait, "depot-db-1", login=False)
    well = other.results("mongodb.healthy")["mongodb.healthy"]
    assert (well.status, well.found) == ("passed", "depot-db-1: the primary of rs0, 1 well")
    more = (
        "config = client.admin.command('replSetGetConfig')['config']\nconfig['version'] += 1\n"
        "config['members'].append({'_id': 1, 'host': '127.0.0.1:1', 'votes': 0, 'priority': 0})\n"
        "client.admin.command('replSetReconfig', config)\n"
        "import time\nwhile client.admin.command('replSetGetStatus')['members'][1]['health']: time.sleep(0.1)"
    )
    other.mongo(more, "depot-db-1", login=False)
    assert "127.0.0.1:1 is" in other.failing("mongodb.healthy")["mongodb.healthy"]
    other.shell("docker rm -f -v depot-db-1")


def test_data_of_a_version_that_the_new_image_does_not_open(shop: Shop) -> None:
    for tag in ("5.0.9", "7.0.1", ""):
        made = f"FROM gonogo-lab/mongo:latest\nENV MONGO_VERSION={tag}\n"
        shop.shell(f"docker build -q -t mongo:v{tag or '-none'} -", stdin=made)

    def said(tag: str) -> str:
        shop.services = {**shop.services, "db": {**DB, "image": f"mongo:v{tag}"}}
        return shop.failing("mongodb.version").get("mongodb.version", "")

    assert "MongoDB 5.0 does not open data whose featureCompatibilityVersion is 6.0" in said("5.0.9")
    assert said("7.0.1") == ""
    assert "mongo:v-none is of a version that is not known" in said("-none")
    compatibility = "client.admin.command('setFeatureCompatibilityVersion', '{}')"
    shop.mongo(compatibility.format("5.0"))
    try:
        assert "the way there is 6.0, then 7.0" in said("7.0.1")
        assert said("5.0.9") == ""
    finally:
        shop.mongo(compatibility.format("6.0"))


def test_a_database_that_lost_its_documents(shop: Shop) -> None:
    shop.mongo("client.shop.users.drop()")
    try:
        found = shop.failing("mongodb.size", "mongodb.login")
    finally:
        shop.mongo("client.shop.users.insert_many([{} for _ in range(40)])")
    assert set(found) == {"mongodb.size"}
    assert "0 documents where there were 30 before the last release" in found["mongodb.size"]
    assert shop.failing("mongodb.size") == {}
