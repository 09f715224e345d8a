"""Converge: what runs is brought to a recorded release, or to none; the one way on and back.

It is planned from what runs, so it can be called again after any crash. Forwards it stops at the first
failure; back it goes on past failures, and reports them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from gonogo.deploy.compose.service import Port
from gonogo.deploy.errors import ConnectionFailed, GonogoError
from gonogo.deploy.host import networks
from gonogo.deploy.release import contents, records
from gonogo.deploy.release.formats import FORMAT
from gonogo.deploy.release.journal import REMOVE, SWITCH
from gonogo.deploy.release.plan import Change, ours
from gonogo.deploy.release.records import Baseline
from gonogo.deploy.switch import service
from gonogo.deploy.switch.course import ONCE, Acting, Course

REFUSED = re.compile(r"removing network: network (\S+) .*?has active endpoints")
"""The engine's words where Compose takes a network for another one than it made, and others are in it."""


def converge(on: Acting, course: Course) -> str:
    """Bring what runs to the goal of ``course``; returns what was done, in words. Raises GonogoError.

    Only containers that a release of ours made are removed, first where they hold a port that is needed.
    """
    failed: list[str] = []
    on.stuck.clear()
    if course.goal.model:
        contents.keep(on.release.connection, on.release.target, course.goal.version, course.goal.model)
    holding = sorted({*_holding(on, course), *course.inside})
    if holding or course.anew:
        _do(on, course, failed, REMOVE, holding, lambda: _clear(on, course, holding))
    for change in _startable(on, course):
        _do(on, course, failed, f"{SWITCH}{change.service}", [change.service], _starting(on, course, change))
    if left := [name for name in course.removed if name not in holding]:
        _do(on, course, failed, REMOVE, left, lambda: _remove(on, left))
    _leave(on, course.leaving)
    _rename(on)
    connection, goal = on.release.connection, course.goal
    records.make_current(connection, on.release.target, goal.current)
    if goal.version and not goal.fresh:
        _adapt_baseline(on, course)
    if failed:
        raise GonogoError("; ".join(failed))
    return _told(course)


def _do(  # noqa: PLR0913, PLR0917  one part of a converge, whichever way
    on: Acting,
    course: Course,
    failed: list[str],
    step: str,
    services: list[str],
    act: Callable[[], None],
) -> None:
    why = {change.service: change.why for change in course.changes}
    detail = ", ".join(services) if step == REMOVE else why[services[0]]
    if not course.back:
        with on.step(step, detail) as note:
            act()
            of = f"the containers of {detail}; volumes stay" if detail else "a network without containers"
            note.detail = of if step == REMOVE else detail
        return
    on.say(f"{step} ({detail})")
    try:
        act()
    except ConnectionFailed:
        raise
    except GonogoError as error:
        failed.append(str(error))  # what comes after it is better off with its own release, too


def _starting(on: Acting, course: Course, change: Change) -> Callable[[], None]:
    def start() -> None:
        goal, connection, name = course.goal, on.release.connection, change.service
        assert goal.model
        if goal.fresh and not course.back:
            service.gate(connection, goal.target, goal.model, name)
        # What is made with this one's container has to be made again on the way back, too.
        also = [other for other, one in sorted(goal.model.services.items()) if name in one.follows]
        on.touching([name, *also])
        try:
            service.service(connection, goal.target, goal.model, name, goal.files, anew=change.anew)
        except GonogoError as error:
            on.refused.update(REFUSED.findall(str(error)))
            raise

    return start


def _clear(on: Acting, course: Course, services: Collection[str]) -> None:
    """Remove containers, and with them the networks that are made anew; raises GonogoError.

    Compose would do the latter itself, but only where nothing is in a network beside the one service that it
    is asked to start.
    """
    _remove(on, services, also=course.inside)
    failed = []
    for one in course.anew:
        try:
            networks.remove(on.release.connection, one.name)
            on.note(f"the network {one.name} was removed, to be made anew: {', '.join(one.keys)} changed")
        except GonogoError as error:
            on.release.host.containers.refresh()
            there = [other for other in on.release.host.containers.all if one.name in other.networks]
            on.stuck[one.name] = sorted(other.name for other in there if other.running)
            inside = f" ({', '.join(on.stuck[one.name])} is in it)" if on.stuck[one.name] else ""
            failed.append(f"the network {one.name} could not be removed to be made anew{inside}: {error}")
    if failed:
        raise GonogoError("; ".join(failed))


def _startable(on: Acting, course: Course) -> list[Change]:
    """Return what can be started: nothing in a network that could not be removed, which Compose refuses."""
    model = course.goal.model
    waiting = {service for name in on.stuck for service in (model.users(name) if model else ())}
    return [change for change in course.started if change.service not in waiting]


def _leave(on: Acting, names: Collection[str]) -> None:
    """Remove networks that no release needs any more and that nobody is in; what fails is a note."""
    if names:
        on.release.host.containers.refresh()
    for name in names:
        if inside := [one.name for one in on.release.host.containers.all if name in one.networks]:
            on.note(f"the network {name} stays: {', '.join(inside)} is in it")
            continue
        try:
            networks.remove(on.release.connection, name)
            on.note(f"the network {name} was removed")
        except GonogoError as error:
            on.note(f"the network {name} could not be removed: {error}")


def _remove(on: Acting, services: Collection[str], also: Collection[str] = ()) -> None:
    """Remove containers of services that ours made; of ``also``, which are replaced, whoever made them."""
    on.touching(services)
    on.release.host.containers.refresh()
    target, running = on.release.target, on.release.running
    found = [o for o in running if o.service in services and (o.service in also or ours(o, target))]
    service.remove(on.release.connection, found)


def _holding(on: Acting, course: Course) -> list[str]:
    """Return whose containers hold a port that a service needs which is started before they leave."""
    if course.goal.model is None:
        return []
    order = [change.service for change in course.started]
    leaving = {*order, *course.removed}
    found = []
    for one in on.release.running:
        name = one.service
        if name not in leaving or not ours(one, on.release.target):
            continue
        before = order[: order.index(name)] if name in order else order
        needed = [port for other in before for port in course.goal.model.services[other].ports]
        if any(_same(held, port) for held in one.ports for port in needed):
            found.append(name)
    return sorted(set(found))


def _same(held: Port, needed: Port) -> bool:
    anywhere = {"", "0.0.0.0", "::"}
    meet = held.host_ip == needed.host_ip or bool({held.host_ip, needed.host_ip} & anywhere)
    return (
        meet
        and needed.published != 0
        and (held.published, held.protocol) == (needed.published, needed.protocol)
    )


def _rename(on: Acting) -> None:
    """Give its name to a replacement that was cut off before it got it; what fails is a note: it runs."""
    containers = on.release.host.containers
    containers.refresh()
    try:
        if whose := service.named(on.release.connection, on.release.running):
            containers.refresh()
            on.note(f"a replacement had been cut off before it got its name: {', '.join(whose)}")
    except GonogoError as error:
        on.note(f"a replacement that was cut off did not get its name: {error}")


def _adapt_baseline(on: Acting, course: Course) -> None:
    """Note in the baseline of a release that was gone back to what is another now than after its deployment.

    Containers that are new are no longer those that it left alone, and its one-shots were not run again.
    """
    connection, target, version = on.release.connection, on.release.target, course.goal.version
    found = records.load_baseline(connection, target, version)
    anew = {one.service for one in course.started}
    once = {one.service for one in course.changes if one.why == ONCE}
    if not anew and not once:
        return
    found = found or Baseline(format=FORMAT, taken=records.now().isoformat(timespec="seconds"))
    names = {one.name for one in on.release.running if one.service in anew}
    found.untouched = {name: life for name, life in found.untouched.items() if name not in names}
    found.not_repeated = sorted({*found.not_repeated, *once} - anew)
    records.save(connection, target, version, records.BASELINE, found)


def _told(course: Course) -> str:
    started, gone, version = [one.service for one in course.started], course.removed, course.goal.version
    told = [f"started {', '.join(started)} of {version}"] if started else []
    if course.goal.fresh:
        new = [one.service for one in course.started if one.action == "created"]
        replaced = [name for name in started if name not in new]
        told = [f"replaced {', '.join(replaced)}"] if replaced else []
        told += [f"started {', '.join(new)}"] if new else []
        return "; ".join(told) or "nothing had to change"
    if course.back and started:
        told = [f"back to {version}: {', '.join(started)}"]
    told += [f"removed the containers of {', '.join(gone)}; volumes stay"] if gone else []
    if course.goal.current and not version:
        told.append(f"nothing of {course.goal.current} ran before, so nothing runs now")
    return "; ".join(told) or (f"all ran as in {version} already" if version else "nothing had been started")
