"""The course: what leads from what runs to a recorded release, or to none; nothing is changed by it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from gonogo.deploy.host.container import Container
from gonogo.deploy.release.plan import Change, plan
from gonogo.deploy.release.records import Image
from gonogo.deploy.release.release import Release
from gonogo.deploy.switch import shared_namespaces
from gonogo.deploy.switch.goal import Goal
from gonogo.deploy.target.target import Target

ONCE = "it ends, and a way back does not run it again"
"""Why a one-shot of the release that is gone back to is left out: its migration was done by then."""


class Note(Protocol):
    """What a step says of itself when it is done."""

    detail: str


class Acting(Protocol):
    """What a converge needs of the run that it is part of."""

    @property
    def release(self) -> Release: ...
    @property
    def ended(self) -> Collection[str]: ...
    def step(self, name: str, detail: str = "") -> AbstractContextManager[Note]: ...
    def note(self, text: str) -> None: ...
    def say(self, text: str) -> None: ...
    def touching(self, services: Collection[str]) -> None: ...


@dataclass(frozen=True)
class Course:
    """A goal, and the changes that lead to it, in their order; ``back``: it is the way back."""

    goal: Goal
    changes: list[Change]
    back: bool = False

    @property
    def started(self) -> list[Change]:
        """The changes by which containers are made anew."""
        return [change for change in self.changes if change.touched]

    @property
    def removed(self) -> list[str]:
        """The services whose containers are removed, sorted."""
        return sorted(change.service for change in self.changes if change.action == "removed")

    @property
    def told(self) -> str:
        """What it is to change, in one line."""
        changed = [f"{one.service} ({one.why})" for one in self.changes if one.action != "unchanged"]
        return f"to change: {', '.join(changed)}" if changed else "nothing to change"


def planned(
    on: Acting,
    goal: Goal,
    *,
    touched: Collection[str] | None = None,
    made: Collection[str] = (),
    back: bool = False,
) -> Course:
    """Return what leads from what runs to a goal; nothing is changed. Raises GonogoError.

    ``touched``: the services that may be started anew or go, and with them those that follow; None for all.
    ``made``: the services of the release that is left; containers of ours that the goal has no part for go.
    """
    on.release.host.containers.refresh()
    running, target = on.release.running, on.release.target
    if goal.record is None or goal.model is None:
        mine = {one.service: one.image for one in running if ours(one, target)}
        why = "nothing of a release ran before"
        return Course(goal, [Change(name, "removed", why, image) for name, image in mine.items()], back)
    images, hashes = goal.record.images, dict(goal.record.hashes)
    joined = any(one.joins for one in goal.model.services.values())
    if joined:
        now = shared_namespaces.hashes_of(on.release.connection, goal.target, goal.files, goal.model, running)
        hashes = {name: f"{hashes.get(name, '')} {now.get(name, '')}" for name in {*hashes, *now}}
    chosen = {name: images.get(name, Image(name="", id="")) for name in goal.model.services}
    found = running if goal.fresh else [one for one in running if one.service in images]
    changes = plan(goal.model, chosen, hashes, found, touched)
    if not goal.fresh:
        changes = [_once(on, goal, one, running) for one in changes if one.service in images]
    surplus = set(made if touched is None else set(made) & set(touched)) - set(images)
    why = "it is not part of that release"
    gone = {one.service: one.image for one in running if one.service in surplus and ours(one, target)}
    changes += [Change(name, "removed", why, image) for name, image in sorted(gone.items())]
    return Course(goal, changes, back)


def _once(on: Acting, goal: Goal, change: Change, running: Iterable[Container]) -> Change:
    """Return a change of the way to an older release; what ends is not started again (it may migrate)."""
    assert goal.model
    name = change.service
    ends = name in goal.model.one_shots() or name in on.ended
    if not change.touched or not ends or name in on.release.target.releases.run_again:
        return change
    mine = [one for one in running if one.service == name]
    if mine and all(ours(one, on.release.target) for one in mine):
        return Change(name, "removed", ONCE, change.before)
    return Change(name, "unchanged", ONCE, change.before, change.before)


def ours(container: Container, target: Target) -> bool:
    """Return whether a release of gonogo's made a container: from files in the folder of its releases."""
    files = [file for file in container.files.split(",") if file]
    return bool(files) and all(file.startswith(f"{target.deploy_path}/releases/") for file in files)
