"""Where data lies now and would lie: what counts as moved, as absent, as closed to its writer."""

from __future__ import annotations

from typing import Any

from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.binds import Bind
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.volumes import Volume
from gonogo.deploy.rules.mounts import absent, mounts_of, moved, read_only, unwritable, user_of
from tests.unit.stacks import container, model
from tests.unit.tables import every

HEX = "ab" * 32
FOLDER = Bind("folder", 1000, 1000, 0o755)
FILE = Bind("file", 0, 0, 0o644)
MISSING = Bind("missing")


def volume(name: str, to: str = "/data", **more: Any) -> dict[str, Any]:
    return {"type": "volume", "source": name, "target": to, **more}


def bind(source: str, to: str = "/data", **more: Any) -> dict[str, Any]:
    return {"type": "bind", "source": source, "target": to, "bind": {"create_host_path": True}, **more}


def db(*mounts: dict[str, Any], **more: Any) -> Model:
    return model(db={"image": "mongo:6", "volumes": list(mounts), **more})


def runs(*mounts: tuple[str, str, str], **more: Any) -> list[Container]:
    return [container("db", mounts=mounts, **more)]


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


def why(there: Bind, mount: dict[str, Any], here: Any = None, running: list[Container] | None = None) -> str:
    wrong, unseen = absent(db(mount), running or [], {mount["source"]: there}, {mount["source"]: here})
    assert len(wrong) + len(unseen) <= 1
    return (wrong or unseen or [""])[0]


STRICT = {"bind": {"create_host_path": False}}


@every(
    "there, mount, here, says",
    [
        (MISSING, bind("/srv/a"), "file", "no such file, and Docker would make a folder"),
        (MISSING, bind("/srv/a.conf", "/etc/a.conf"), None, "no such file, and Docker would make a folder"),
        (MISSING, bind("/srv/a.conf", "/etc/a.conf", **STRICT), "missing", "no such file"),
        (MISSING, bind("/srv/a", **STRICT), None, "Docker would refuse to start"),
        (MISSING, bind("/srv/a"), "folder", "Docker would mount an empty one"),
        (MISSING, bind("/srv/a", read_only=True), "missing", "Docker would mount an empty one"),
        (FOLDER, bind("/srv/a"), "file", "a folder where a file is expected"),
        (FOLDER, bind("/srv/a.yml", "/etc/a.yml"), None, "a folder where a file is expected"),
        (FILE, bind("/srv/a"), "folder", "a file where a folder is expected"),
        (Bind("unseen"), bind("/root/a"), None, "/root/a (db)"),
        (MISSING, bind("/srv/data"), "missing", ""),
        (MISSING, bind("/srv/conf.d", "/etc/conf.d"), None, ""),
        (FOLDER, bind("/srv/a"), "folder", ""),
        (FOLDER, bind("/srv/a"), "missing", ""),
        (FILE, bind("/srv/a"), "file", ""),
        (Bind("other"), bind("/var/run/docker.sock", "/var/run/docker.sock"), None, ""),
    ],
)
def test_what_a_bind_mount_needs(there: Bind, mount: dict[str, Any], here: Any, says: str) -> None:
    said = why(there, mount, here)
    assert bool(said) == bool(says)
    assert says in said


def test_what_a_container_mounts_now_is_known_to_be_there() -> None:
    running = runs(("bind", "/srv/a.yml", "/etc/a.yml"))
    mount = bind("/srv/a.yml", "/etc/a.yml")
    assert why(FOLDER, mount, running=running) == ""
    assert why(Bind("unseen"), mount, running=running) == ""
    assert "although shop-db-1 mounts it" in why(MISSING, mount, running=running)


@every(
    "text, numbers",
    [("", (0, 0)), ("root", (0, 0)), ("1000", (1000, None)), ("1000:50", (1000, 50)), ("0:0", (0, 0))],
)
def test_users_by_number(text: str, numbers: tuple[int, int | None]) -> None:
    assert user_of(text) == numbers


def test_a_user_by_name_and_a_group_by_name_are_not_known() -> None:
    assert user_of("node") is None
    assert user_of("1000:staff") == (1000, None)


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
