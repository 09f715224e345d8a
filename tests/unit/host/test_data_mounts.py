"""Data that stays where it lies now, and data that would move."""

from __future__ import annotations

from typing import Any

from gonogo.deploy.compose.mounts import mounts_of
from gonogo.deploy.host import data_mounts
from gonogo.deploy.host.binds import Bind
from tests.unit.mounts import FILE, FOLDER, bind, db, runs, volume
from tests.unit.stacks import container, model
from tests.unit.tables import every


def moved(*given: Any) -> list[str]:
    return [one.told for one in data_mounts.moved(*given)]


HEX = "ab" * 32
NAMED = ("volume", "old", "/data")
BOUND = ("bind", "/srv/old", "/data")
ANONYMOUS = ("volume", HEX, "/data")
BINDS = {"/srv/old": FOLDER, "/srv/new": FOLDER, "/srv/app.conf": FILE}


@every(
    "old, new",
    [
        (NAMED, [volume("old")]),
        (NAMED, [volume("old", "/data/")]),
        (NAMED, [volume("old", read_only=True)]),
        (NAMED, [volume("old"), volume("more", "/more")]),
        (BOUND, [bind("/srv/old")]),
        (BOUND, [bind("/srv/old/")]),
        (ANONYMOUS, []),
        (ANONYMOUS, [{"type": "volume", "target": "/data"}]),
        (("bind", "/srv/app.conf", "/data"), []),
        (("bind", "/srv/app.conf", "/data"), [bind("/srv/new")]),
        (("tmpfs", "", "/data"), [volume("new")]),
    ],
)
def test_data_that_stays(old: tuple[str, str, str], new: list[dict[str, Any]]) -> None:
    assert moved(db(*new), runs(old), BINDS) == []


@every(
    "old, new, says",
    [
        (NAMED, [volume("new")], "has the volume old, the new model has the volume new"),
        (NAMED, [bind("/srv/new")], "has the volume old, the new model has the folder /srv/new"),
        (NAMED, [bind("old")], "has the volume old, the new model has the folder old"),
        (NAMED, [], "has the volume old, the new model has nothing"),
        (NAMED, [volume("old", "/elsewhere")], "the new model has nothing"),
        (NAMED, [{"type": "tmpfs", "target": "/data"}], "the new model has the tmpfs"),
        (NAMED, [{"type": "volume", "target": "/data"}], "the new model has a new anonymous volume"),
        (BOUND, [bind("/srv/new")], "has the folder /srv/old, the new model has the folder /srv/new"),
        (BOUND, [volume("new")], "has the folder /srv/old, the new model has the volume new"),
        (("bind", "/srv/gone", "/data"), [bind("/srv/new")], "has the folder /srv/gone"),
        (ANONYMOUS, [volume("new")], f"has an anonymous volume {HEX}, the new model has the volume new"),
    ],
)
def test_data_that_moves(old: tuple[str, str, str], new: list[dict[str, Any]], says: str) -> None:
    (said,) = moved(db(*new), runs(old, status="exited"), BINDS)
    assert said.startswith("db: at /data its container shop-db-1 has ")
    assert says in said


def test_a_link_to_the_same_folder_is_the_same_data() -> None:
    binds = {"/srv/old": Bind("folder", real="/mnt/x"), "/srv/new": Bind("folder", real="/mnt/x")}
    assert moved(db(bind("/srv/new")), runs(BOUND), binds) == []


def test_what_is_mounted_read_only_is_no_data() -> None:
    config = runs(NAMED, read_only=("/data",))
    assert moved(db(volume("new", read_only=True)), config, {}) == []
    assert moved(db(), config, {}) == []
    assert moved(db(volume("new")), config, {}) != []


def test_containers_that_do_not_count() -> None:
    new = db(volume("new"))
    assert moved(new, runs(NAMED, started="0001-01-01T00:00:00Z"), {}) == []
    assert moved(new, [container("other", mounts=(NAMED,))], {}) == []
    assert moved(new, [], {}) == []


def test_every_container_of_a_service_counts() -> None:
    two = [*runs(("volume", "new", "/data")), *runs(NAMED, name="shop-db-2")]
    (said,) = moved(db(volume("new")), two, {})
    assert "shop-db-2" in said


def test_volumes_of_another_service_are_a_services_own() -> None:
    stack = model(
        db={"image": "mongo:6", "volumes": [volume("old"), volume("more", "/more")]},
        dump={"image": "mongo:6", "volumes_from": ["db:ro"], "volumes": [volume("own", "/more")]},
    )
    assert {place: one.source for place, one in mounts_of(stack, "dump").items()} == {
        "/data": "old",
        "/more": "own",
    }
    assert moved(stack, [container("dump", mounts=(NAMED, ("volume", "own", "/more")))], {}) == []
