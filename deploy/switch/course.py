"""The course: what leads from what runs to a recorded release, or to none; nothing is changed by it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.container import LABELS, Container
from gonogo.deploy.host.inspection import described
from gonogo.deploy.release import contents, env_files, networks, recorded, records
from gonogo.deploy.release.networks import Anew
from gonogo.deploy.release.plan import Change, ours, plan
from gonogo.deploy.release.records import Image
from gonogo.deploy.release.release import Release
from gonogo.deploy.switch import shared_namespaces
from gonogo.deploy.switch.goal import Goal

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
    @property
    def networks_before(self) -> Collection[str] | None: ...
    @property
    def stuck(self) -> dict[str, list[str]]: ...
    @property
    def refused(self) -> set[str]: ...
    def step(self, name: str, detail: str = "") -> AbstractContextManager[Note]: ...
    def note(self, text: str) -> None: ...
    def say(self, text: str) -> None: ...
    def touching(self, services: Collection[str]) -> None: ...


@dataclass(frozen=True)
class Course:
    """A goal, and the changes that lead to it, in their order; ``back``: it is the way back.

    ``anew``: the networks that are removed with all containers in them, and made again; ``leaving``: those
    that are not part of the goal and go.
    """

    goal: Goal
    changes: list[Change]
    back: bool = False
    anew: list[Anew] = field(default_factory=list)
    leaving: list[str] = field(default_factory=list)

    @property
    def started(self) -> list[Change]:
        """The changes by which containers are made anew."""
        return [change for change in self.changes if change.touched]

    @property
    def removed(self) -> list[str]:
        """The services whose containers are removed, sorted."""
        return sorted(change.service for change in self.changes if change.action == "removed")

    @property
    def inside(self) -> list[str]:
        """The services whose containers leave a network that is made anew, sorted."""
        return sorted({name for one in self.anew for name in one.services})

    @property
    def told(self) -> str:
        """What it is to change, in one line."""
        changed = [f"{one.service} ({one.why})" for one in self.changes if one.action != "unchanged"]
        return f"to change: {', '.join(changed)}" if changed else "nothing to change"


def planned(  # noqa: PLR0913  what is to run, and what is left for it
    on: Acting,
    goal: Goal,
    *,
    touched: Collection[str] | None = None,
    made: Collection[str] = (),
    left: str = "",
    back: bool = False,
) -> Course:
    """Return what leads from what runs to a goal; nothing is changed. Raises GonogoError.

    ``touched``: the services that may be started anew or go, and with them those that follow; None for all.
    ``made``: the services of the release that is left; containers of ours that the goal has no part for go.
    ``left``: its version; networks that it made go in the same way.
    """
    on.release.host.containers.refresh()
    running, target = on.release.running, on.release.target
    if goal.record is None or goal.model is None:
        mine = {one.service: one.image for one in running if ours(one, target)}
        why = "nothing of a release ran before"
        changes = [Change(name, "removed", why, image) for name, image in mine.items()]
        return Course(goal, changes, back, leaving=_leaving(on, goal, left, back=back))
    images, hashes = goal.record.images, dict(goal.record.hashes)
    joined = any(one.joins for one in goal.model.services.values())
    if joined:
        now = shared_namespaces.hashes_of(on.release.connection, goal.target, goal.files, goal.model, running)
        hashes = {name: f"{hashes.get(name, '')} {now.get(name, '')}" for name in {*hashes, *now}}
    chosen = {name: images.get(name, Image(name="", id="")) for name in goal.model.services}
    found = running if goal.fresh else [one for one in running if one.service in images]
    surplus = set(made if touched is None else set(made) & set(touched)) - set(images)
    anew = _anew(on, goal, surplus, back=back)
    if touched is not None:
        touched = {*touched, *(name for one in anew for name in one.services)}
    changes = plan(goal.model, chosen, hashes, found, touched, _reasons(on, goal, anew, found, back=back))
    if not goal.fresh:
        changes = [_once(on, goal, one, running) for one in changes if one.service in images]
    why = "it is not part of that release"
    gone = {one.service: one.image for one in running if one.service in surplus and ours(one, target)}
    changes += [Change(name, "removed", why, image) for name, image in sorted(gone.items())]
    return Course(goal, changes, back, anew, _leaving(on, goal, left, back=back))


def _leaving(on: Acting, goal: Goal, left: str, *, back: bool) -> list[str]:
    """Return the networks that the release which is left made, and that are no part of the goal, sorted.

    On the way back these are not those that were there before the run: where that is not known, none leaves.
    """
    release, before = on.release, on.networks_before
    if not left or (back and before is None):
        return []
    defined = networks.definitions(release.connection, goal.target, left, release.redactor)
    kept = {*(goal.model.networks.values() if goal.model else ()), *((before or ()) if back else ())}
    found = described(release.connection, "network", {*defined} - kept)
    label = f"{LABELS}.project"
    return sorted(
        n for n, one in found.items() if (one.get("Labels") or {}).get(label) == goal.target.project
    )


def _anew(on: Acting, goal: Goal, surplus: Collection[str], *, back: bool) -> list[Anew]:
    """Return the networks that are made anew; forwards, raises GonogoError where strangers are in one.

    ``surplus``: services that go, and so are none.
    """
    assert goal.model
    release = on.release
    if not goal.model.definitions:
        return []
    everybody = release.host.containers.all
    given = release.connection, goal.target, goal.model, everybody, release.redactor
    current = recorded.recorded(release.connection, goal.target.deploy_path).release
    found = networks.anew(*given, current, on.refused, surplus)
    if not back and (held := [one for one in found if one.strangers]):
        told = "; ".join(f"{one.held}: run `{one.cure}`" for one in held)
        raise GonogoError(f"{release.target.host}: {told}")
    return found


def _reasons(
    on: Acting, goal: Goal, anew: Iterable[Anew], found: list[Container], *, back: bool
) -> dict[str, str]:
    """Return why services are replaced whose image and configuration are the same, by service."""
    assert goal.model
    release, variables = on.release, dict[str, str]()
    if any(one.environment for one in goal.model.contents):
        variables = env_files.values(release.connection, goal.target, release.redactor)
    stale = list[contents.Stale]()
    if goal.model.contents:
        now = records.current(release.connection, goal.target)
        stale = contents.stale(release.connection, goal.target, goal.model, found, variables, now)
    outside = networks.outside(goal.model, found, {*goal.model.one_shots(), *on.ended} if back else None)
    inside = {name: one.why for one in anew for name in one.services}
    return {**outside, **contents.reasons(stale), **inside}


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
