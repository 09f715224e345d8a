"""What git says, what is recorded on the target, who holds its lock, and whether the stack answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gonogo.deploy.host import http
from gonogo.deploy.host.clone import Clone
from gonogo.deploy.host.commits import Commit
from gonogo.deploy.host.http import Reply
from gonogo.deploy.release.lock import Held, Holder
from tests.unit.mutations import CONTAINERS, Mutation, World

ADA = Holder(who="ada", machine="laptop", pid=7, version="v9", since="2025-10-11T01:47:36+00:00")
RECORDED = 'host.releases("/srv/chat/.deploy").recorded'
LOCK = 'host.lock("/srv/chat/.deploy").held'
GIT = 'controller.git("/src/chat").checkout'
LOST = (Commit("f" * 40, "Hotfix of the login"),)


def git(world: World, **changed: Any) -> None:
    world.set({GIT: replace(world.get(GIT), **changed)})


def served(**state: Any) -> Callable[[World], None]:
    """The method on-server, with a clone on the target in some state."""

    def change(world: World) -> None:
        world.amend(method="on-server", on_server={"checkout": "/srv/chat/repo"})
        git(world, changes=())
        world.set(clone=Clone(commit="a" * 40, has=True))
        world.set(clone=replace(world.get("clone"), **state))

    return change


def changed_here(world: World) -> None:
    served()(world)
    world.amend(method="on-server", on_server={"checkout": "/srv/chat/repo"}, git={"clean": False})
    git(world, changes=("api/main.py",))


def unpushed(world: World) -> None:
    world.amend(git={"branches": ["main"], "pushed": True})


def diverged(world: World) -> None:
    world.set(shipping=replace(world.get("shipping"), forward=False, lost=LOST))


def unknown(world: World) -> None:
    world.set(shipping=replace(world.get("shipping"), known=False, forward=False, commits=()))


def older(world: World) -> None:
    world.set(shipping=replace(world.get("shipping"), forward=False, back=True, commits=(), lost=LOST))


def same(world: World) -> None:
    ships = world.get("shipping")
    world.set(shipping=replace(ships, until=ships.since, commits=(), files=()))


def locked(world: World) -> None:
    world.set({LOCK: Held(ADA)})


def dead(world: World) -> None:
    world.set({LOCK: Held(ADA, gone=True)})


def unreadable(world: World) -> None:
    world.set({LOCK: Held()})


def another_release(world: World) -> None:
    world.release._version = "v10"
    locked(world)


def lacking(world: World) -> None:
    world.set({RECORDED: replace(world.get(RECORDED), lacking=("images.yaml",))})


def damaged(world: World) -> None:
    world.set({RECORDED: replace(world.get(RECORDED), baseline=None, damaged=("baseline.json",))})


def reply(world: World, **changed: Any) -> None:
    noun, name = next(iter(http.places(world.release.host, world.target.health).values()))
    before: Reply = getattr(noun, name)
    world.set({noun.key(name): replace(before, **changed)})


def sick(world: World) -> None:
    reply(world, body='{"status": "degraded"}')


def silent(world: World) -> None:
    reply(world, status=None, body="", error="nothing answers at 127.0.0.1:8001 on the target")


def hurried(world: World) -> None:
    world.amend(availability={"rate": 1000})
    reply(world, seconds=0.25)


def web_is(world: World, health: str) -> None:
    found = list(world.get(CONTAINERS))
    at = next(n for n, one in enumerate(found) if one.service == "web")
    found[at] = replace(found[at], health=health)
    world.set({CONTAINERS: found})


def unhealthy(world: World) -> None:
    web_is(world, "unhealthy")


def starting(world: World) -> None:
    web_is(world, "starting")


MUTATIONS = [
    Mutation("git.server", served(changes=("hotfix.py",)), "changes that are not committed: hotfix.py"),
    Mutation("git.server", served(kept=False), "which no branch and no tag holds"),
    Mutation("git.server", served(problem="there is no clone at /srv/chat/repo: no"), "there is no clone"),
    Mutation("git.server", served(has=False, remote="Permission denied"), "its remote: Permission denied"),
    Mutation("git.server", changed_here, "changes here that no clone can have: api/main.py"),
    Mutation("git.branch", lambda world: git(world, branch="hotfix"), says="found hotfix"),
    Mutation("git.branch", lambda world: git(world, branch=""), says="detached HEAD"),
    Mutation("git.clean", lambda world: git(world, changes=("a", "b")), says="changed: a, b"),
    Mutation("git.pushed", unpushed, says="no branch of a remote"),
    Mutation("git.changes", diverged, says="lost: ffffffff Hotfix of the login"),
    Mutation("git.changes", unknown, says="is not in this clone"),
    Mutation("release.newer", older, says="it lacks ffffffff Hotfix"),
    Mutation("release.newer", same, says="runs already"),
    Mutation("release.recorded", lacking, says="images.yaml is missing"),
    Mutation("release.recorded", damaged, says="baseline.json is damaged"),
    Mutation("lock.free", locked, says="ada on laptop (pid 7)"),
    Mutation("lock.free", dead, says="died and left its lock"),
    Mutation("lock.free", unreadable, says="by whom cannot be read"),
    Mutation("lock.free", another_release, says="deploys v9"),
    Mutation("health.baseline", sick, says="status is 'degraded'"),
    Mutation("health.baseline", silent, says="nothing answers"),
    Mutation("health.baseline", unhealthy, says="unhealthy"),
    Mutation("health.baseline", starting, says="chat-web (running, starting)"),
    Mutation("health.baseline", hurried, says="1000 requests a second while a release is made are"),
]
