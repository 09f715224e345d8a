"""What a bind mount needs on the host, so that Docker makes no empty folder in its place."""

from __future__ import annotations

from typing import Any

from gonogo.checks.preflight.test_binds import absent
from gonogo.deploy.host.binds import Bind
from gonogo.deploy.host.container import Container
from tests.unit.mounts import FILE, FOLDER, MISSING, bind, db, runs
from tests.unit.tables import every


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
