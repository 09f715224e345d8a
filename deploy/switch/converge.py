"""Starting a recorded release again: what differs from it is replaced, what it does not have is removed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.mounts import binds_of
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import binds, images
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.data_mounts import moved
from gonogo.deploy.release import records as release
from gonogo.deploy.release.journal import REMOVE, SWITCH
from gonogo.deploy.release.plan import Change, plan
from gonogo.deploy.release.records import Image, Record
from gonogo.deploy.release.resolved import resolve
from gonogo.deploy.steps import data_steps
from gonogo.deploy.steps.run import Run
from gonogo.deploy.switch import service as switch


def prepare(run: Run, version: str, surplus: Collection[str] = ()) -> Model:
    """Make the plan that leads to a recorded release, in ``run.changes``; returns the release's model.

    ``surplus``: services whose containers a release made that is to be left, where this one has none of them.
    Nothing is changed. Raises GonogoError where the release is not there whole: its files, its images by id,
    or the very volumes that its services have now (incidents L3, L4).
    """
    with run.step("plan", version) as note:
        record = load(run, version)
        files = release.files(run.target, version)
        run.host.containers.refresh()
        running = run.release.running
        model = resolve(run.connection, run.target, files, run.redactor).model
        _proved(run, model, record, running)
        run.images, run.hashes = dict(record.images), dict(record.hashes)
        wanted = [one for one in running if one.service in record.images]
        chosen = {name: record.images.get(name, Image(name="", id="")) for name in model.services}
        changes = [c for c in plan(model, chosen, record.hashes, wanted) if c.service in record.images]
        run.changed([*changes, *_removed(running, set(surplus) - set(record.images))])
        touched = [f"{c.service} ({c.why})" for c in run.changes if c.action != "unchanged"]
        note.detail = f"to change: {', '.join(touched)}" if touched else "nothing to change"
        return model


def start(run: Run, version: str, model: Model) -> str:
    """Do what ``prepare`` planned, service by service, each watched; returns what was done, in words."""
    for change in run.changes:
        if change.touched:
            if run.watch:
                run.watch.changing()
            with run.step(f"{SWITCH}{change.service}", change.why) as note:
                run.switched.append(change.service)
                files = release.files(run.target, version)
                switch.service(run.connection, run.target, model, change.service, files)
                note.detail = change.why
    gone = sorted(change.service for change in run.changes if change.action == "removed")
    if gone:
        with run.step(REMOVE, ", ".join(gone)) as note:
            run.switched += gone
            switch.remove(run.connection, [one for one in run.release.running if one.service in gone])
            note.detail = f"the containers of {', '.join(gone)}; volumes stay"
    rename(run)
    release.make_current(run.connection, run.target, version)
    data_steps.touched(run, version)
    started = [change.service for change in run.changes if change.touched]
    told = [f"started {', '.join(started)} of {version}"] if started else []
    told += [f"removed {', '.join(gone)}"] if gone else []
    return "; ".join(told) or f"all ran as in {version} already"


def rename(run: Run) -> None:
    """Give its name to a replacement that was cut off before it got it; what fails is a note: it runs."""
    run.host.containers.refresh()
    try:
        if whose := switch.named(run.connection, run.release.running):
            run.host.containers.refresh()
            run.note(f"a replacement had been cut off before it got its name: {', '.join(whose)}")
    except GonogoError as error:
        run.note(f"a replacement that was cut off did not get its name: {error}")


def load(run: Run, version: str) -> Record:
    """Return the record of a release that is on the target; raises GonogoError naming those that are."""
    found = release.load(run.connection, run.target, version)
    if found is None:
        there = ", ".join(release.listed(run.connection, run.target)) or "none"
        raise GonogoError(f"{run.target.host}: there is no release {version}; there are: {there}")
    return found


def _proved(run: Run, model: Model, record: Record, running: list[Container]) -> None:
    there = images.images(run.connection, {image.id for image in record.images.values()})
    lacking = sorted(name for name, image in record.images.items() if image.id not in there)
    if lacking:
        gone = f"the images of {record.version} for {', '.join(lacking)} are gone"
        sources = f"its sources again (commit {record.commit[:8]})" if record.commit else "its sources again"
        raise GonogoError(f"{run.target.host}: {gone}: deploy {sources}")
    mounted = {source for one in running for kind, source, _ in one.mounts if kind == "bind"}
    found = binds.binds(run.connection, {*binds_of(model), *mounted})
    if wrong := moved(model, running, found):
        raise GonogoError(f"{record.version} would not find its data where it lies now: {'; '.join(wrong)}")


def _removed(running: list[Container], surplus: Collection[str]) -> list[Change]:
    found: Mapping[str, str] = {one.service: one.image for one in running if one.service in surplus}
    why = "it is not part of that release"
    return [Change(name, "removed", why, image) for name, image in sorted(found.items())]
