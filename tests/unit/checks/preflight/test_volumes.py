"""Which volumes and folders a service may not write to."""

from __future__ import annotations

from gonogo.checks.preflight.test_volumes import numeric_user, read_only, unwritable
from gonogo.deploy.host.binds import Bind
from gonogo.deploy.host.volumes import Volume
from tests.unit.mounts import FILE, FOLDER, MISSING, bind, db, volume
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
