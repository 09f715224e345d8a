"""Mutations of what is known of the data: volumes, bind mounts, room, memory, the database, backups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import Mount
from gonogo.deploy.host.backups import Backup
from gonogo.deploy.host.binds import Bind
from gonogo.deploy.host.volumes import Volume
from gonogo.deploy.mongodb.server.state import Member
from gonogo.deploy.release.records import Baseline
from gonogo.deploy.release.resolved import Resolved
from tests.unit.mutations import CONTAINERS, LISTENING, Mutation, World

VOLUMES, BACKUPS = "host.volumes.all", 'host.backups("/srv/chat/.deploy/backups").listing'
BASELINE = 'host.releases("/srv/chat/.deploy").baseline'
DATA, OTHER = "chat_mongodb-data", "chat_redis-data"
GB = 10**9


def model(world: World, **changed: Any) -> Model:
    """Let the model have other fields."""
    found: Resolved = world.get("resolved")
    world.set(resolved=replace(found, model=replace(found.model, **changed)))
    return found.model


def mounting(world: World, service: str, mount: Mount, there: Bind, user: str = "") -> None:
    """Let a service mount something of the host besides what it mounts, or in its place."""
    services = dict(world.get("resolved").model.services)
    one = services[service]
    mounts = (*(m for m in one.mounts if m.target != mount.target), mount)
    services[service] = replace(one, mounts=mounts, user=user or one.user)
    model(world, services=services)
    world.set({world.release.binds.mounted.key("binds"): {mount.source: there}})
    world.set(bind_sources={mount.source: "missing"})


def another_volume(world: World) -> None:
    volumes = {**world.get("resolved").model.volumes, "mongodb-data": OTHER}
    model(world, volumes=volumes)


def a_folder_for_a_volume(world: World) -> None:
    mounting(world, "mongodb", Mount("bind", "/srv/chat/db", "/data/db"), Bind("folder"))


def no_mount(world: World) -> None:
    services = dict(world.get("resolved").model.services)
    services["mongodb"] = replace(services["mongodb"], mounts=())
    model(world, services=services)


def the_containers_folder(world: World) -> None:
    mounts = (("bind", "/opt/chat/db", "/data/db"),)
    found = [
        replace(one, mounts=mounts, status="exited") if one.service == "mongodb" else one
        for one in world.get(CONTAINERS)
    ]
    world.set({CONTAINERS: [replace(one, status="running") for one in found]})
    world.set({world.release.binds.mounted.key("binds"): {"/opt/chat/db": Bind("folder")}})


def without_containers(*volumes: Volume) -> Callable[[World], None]:
    """Let all containers be gone, and these be the volumes."""
    return lambda world: world.set({CONTAINERS: [], LISTENING: [], VOLUMES: list(volumes)})


def an_external_volume(world: World) -> None:
    model(world, volumes={"mongodb-data": DATA, "redis-data": OTHER, "logs": "logs"})
    services = dict(world.get("resolved").model.services)
    services["web"] = replace(services["web"], mounts=(Mount("volume", "logs", "/logs"),))
    model(world, services=services, external_volumes=frozenset({"logs"}))


def a_read_only_volume(world: World) -> None:
    world.set({VOLUMES: [replace(one, read_only=one.name == DATA) for one in world.get(VOLUMES)]})


def uploads(there: Bind, user: str = "") -> Callable[[World], None]:
    """Let the API mount a folder for uploads."""
    mount = Mount("bind", "/srv/chat/uploads", "/uploads", create_host_path=True)
    return lambda world: mounting(world, "api", mount, there, user)


def a_missing_file(world: World) -> None:
    mount = Mount("bind", "/srv/chat/web.conf", "/etc/web.conf", create_host_path=True)
    mounting(world, "web", mount, Bind("missing"))


def a_file_in_git(world: World) -> None:
    mounting(world, "web", Mount("bind", "/srv/chat/motd", "/etc/motd"), Bind("folder"))
    world.set(bind_sources={"/srv/chat/motd": "file"})


def unseen(world: World) -> None:
    mounting(world, "web", Mount("bind", "/root/web", "/web"), Bind("unseen"))


def room(*paths: str, **given: Any) -> Callable[[World], None]:
    """Let the filesystems of these paths have other room."""

    def change(world: World) -> None:
        for key in (f'host.filesystem("{path}").room' for path in paths):
            world.set({key: replace(world.get(key), **given)})

    return change


def images_of(size: int, **docker_root: Any) -> Callable[[World], None]:
    """Let the images that run have this size, and the filesystem of Docker's data other room."""

    def change(world: World) -> None:
        room("/var/lib/docker", **docker_root)(world)
        there = world.get("target_images")
        world.set(target_images={name: replace(one, size=size) for name, one in there.items()})

    return change


def mongo(**given: Any) -> Callable[[World], None]:
    """Let the state of the database be another."""
    return lambda world: world.set(mongodb=replace(world.get("mongodb"), **given))


def had(**counts: int) -> Callable[[World], None]:
    """Let there have been so many documents before the last release."""
    return lambda world: world.set({BASELINE: Baseline(taken="2026-01-31T08:00:00+00:00", counts=counts)})


def backups(**given: Any) -> Callable[[World], None]:
    """Let the backup folder be another."""
    return lambda world: world.set({BACKUPS: replace(world.get(BACKUPS), **given)})


def emptied(world: World) -> None:
    had(users=5, messages=36)(world)
    mongo(counts={})(world)


def declared(
    to: str, before: str = DATA, *, is_empty: bool | None = True, **more: Any
) -> Callable[[World], None]:
    """Let the target file say that the data moves, and the volume that is new hold something or not."""

    def change(world: World) -> None:
        another_volume(world)
        key = {"service": "mongodb", "from": before, "to": to, "reason": "to a new disk", **more}
        world.amend(data={"moved": [key]})
        world.set({"host.volumes.all": [Volume(OTHER), *world.get("host.volumes.all")]})
        world.set({"host.volumes.empty": {} if is_empty is None else {OTHER: is_empty}})

    return change


WELL, DOWN = Member("db-1:27017", "PRIMARY", True), Member("db-2:27017", "(not reachable/healthy)", False)

MUTATIONS = [
    Mutation(
        "volumes.same_data", another_volume, f"has the volume {DATA}, the new model has the volume {OTHER}"
    ),
    Mutation("volumes.same_data", a_folder_for_a_volume, "the new model has the folder /srv/chat/db"),
    Mutation("volumes.same_data", no_mount, "mongodb: at /data/db its container chat-mongodb has"),
    Mutation("volumes.same_data", the_containers_folder, "has the folder /opt/chat/db"),
    Mutation("volumes.same_data", declared("/srv/db"), "and the target file says that it goes to /srv/db"),
    Mutation("volumes.same_data", declared(OTHER, "chat_none"), "from chat_none fits nothing that this"),
    Mutation("volumes.same_data", declared(OTHER), f"{OTHER}, to which its data is moved, holds nothing"),
    Mutation("volumes.same_data", declared(OTHER, is_empty=None), "cannot be looked into by the login"),
    Mutation(
        "volumes.same_data", declared(OTHER, is_empty=False, empty=True), "moved, holds data already, and the"
    ),
    Mutation("volumes.exist", without_containers(), f"{DATA} (mongodb) does not exist, although mongodb was"),
    Mutation(
        "volumes.exist",
        without_containers(Volume("chat-old_db", project="chat-old", key="mongodb-data"), Volume(OTHER)),
        "its data may be in chat-old_db",
    ),
    Mutation("volumes.exist", an_external_volume, "the external volume logs (web) does not exist"),
    Mutation("volumes.writable", a_read_only_volume, f"the volume {DATA} was made with the option ro"),
    Mutation("volumes.writable", uploads(Bind("folder", read_only=True)), "mounted read-only"),
    Mutation("volumes.writable", uploads(Bind("folder", 0, 0, 0o755), "1000:1000"), "runs as user 1000"),
    Mutation("volumes.writable", uploads(Bind("missing"), "1000"), "Docker would make it, root's"),
    Mutation("binds.exist", a_missing_file, "/srv/chat/web.conf (web): there is no such file"),
    Mutation("binds.exist", a_file_in_git, "a folder where a file is expected"),
    Mutation("binds.exist", unseen, "the login may not look at /root/web (web)"),
    Mutation("disk.free", room("/srv/chat", "/tmp", free=GB), "/: 1.0 GB"),
    Mutation("disk.free", room("/srv/chat", "/tmp", inodes=9_999), "9999 inodes"),
    Mutation("disk.docker_root", room("/var/lib/docker", free=int(1.9 * GB)), "/var/lib/docker: 1.9 GB"),
    Mutation("disk.docker_root", images_of(GB // 1000, inodes=9_999), "9999 inodes"),
    Mutation("disk.images", images_of(30 * GB, free=100 * GB), "chat-api:latest about 30.0 GB"),
    Mutation("disk.images", images_of(GB, inodes=20_000), "20000 inodes free; expected"),
    Mutation("disk.backup", mongo(data=10**13), "a dump in /srv/chat/.deploy/backups 10000.0 GB"),
    Mutation("disk.backup", mongo(storage=10**13), "a trial restore 10000.3 GB"),
    Mutation(
        "memory.available",
        lambda world: world.set({"host.memory.available": 100 * 10**6}),
        "100 MB available",
    ),
    Mutation(
        "mongodb.login",
        lambda world: world.fail("mongodb", "mongodb.login", "refuses the login of 'chat'"),
        "refuses the login",
        blocks=True,
    ),
    Mutation(
        "mongodb.database",
        mongo(counts={}, others=("shop",)),
        "has 0 collections, and chat-mongodb has shop",
    ),
    Mutation("mongodb.healthy", mongo(writable=False), "chat-mongodb takes no writes"),
    Mutation("mongodb.healthy", mongo(replica_set="rs0", members=(WELL, DOWN)), "1 of 2 members are there"),
    Mutation("mongodb.size", emptied, "0 documents where there were 41"),
    Mutation("mongodb.size", had(users=50, messages=200), "41 documents where there were 250"),
    Mutation(
        "mongodb.version", mongo(image="sha256:old", compatibility="4.4"), "the way there is 5.0, then 6.0"
    ),
    Mutation("mongodb.version", mongo(image="sha256:old", compatibility="7.0"), "MongoDB 6.0 does not open"),
    Mutation("mongodb.version", mongo(image="sha256:old", compatibility=""), "the login may not ask"),
    Mutation("backup.destination", backups(state="closed"), "the login may not write to"),
    Mutation("backup.destination", backups(state="missing", found=()), "nothing", blocks=True),
    Mutation("backup.recent", backups(found=()), "no backup in /srv/chat/.deploy/backups"),
    Mutation("backup.recent", backups(found=(Backup("a", 108, 60.0), Backup("b", 10**6, 90.0))), "108 bytes"),
    Mutation("backup.recent", backups(found=(Backup("a", 10**6, 6.5 * 3600),)), "a, 6.5 h old"),
    Mutation(
        "backup.tool",
        lambda world: world.set({'host.mongodump("chat-mongodb").where': ""}),
        "no mongodump in chat-mongodb",
    ),
]
