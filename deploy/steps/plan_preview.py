"""The plan preview: what a deployment would do, told without doing any of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gonogo.deploy.host import identities, images, layers
from gonogo.deploy.host.images import REVISION
from gonogo.deploy.mongodb.backup import expected_reading
from gonogo.deploy.progress.plan_preview import PlanPreview, Transfer
from gonogo.deploy.release import contents, journal
from gonogo.deploy.release.env_files import pins
from gonogo.deploy.release.networks import Anew, outside
from gonogo.deploy.release.plan import Change, chosen, plan
from gonogo.deploy.release.records import Image
from gonogo.deploy.release.release import Release
from gonogo.deploy.switch import service as switch
from gonogo.deploy.switch import shared_namespaces
from gonogo.deploy.transfer import layers as leaving
from gonogo.reports.model import ServiceChange

NEW = "to be built"
"""Stands where an image's id is not known yet."""
DOCUMENT = "\n---\n"
"""Between the documents of one Compose file, which Compose merges as it merges several files."""


@dataclass(frozen=True)
class Build:
    """What a build is expected to give: an image's id, or NEW, and why."""

    id: str
    why: str


def preview(release: Release, version: str, *, skip_build: bool = False) -> PlanPreview:
    """Return what a deployment of ``version`` would do; nothing is built, sent or written.

    Raises GonogoError where something has to be known that cannot be.
    """
    model, target = release.model, release.target
    builds = {} if skip_build else expected(release)
    local = release.builds.ids
    offered = release.builds.offered if skip_build else ()
    found = chosen(model, {name: one.id for name, one in builds.items()}, release.images, local, offered)
    anew = release.networks.anew
    reasons = outside(model, release.running) | contents.reasons(release.contents.stale)
    reasons |= {name: one.why for one in anew for name in one.services}
    changes = [
        _reworded(change, builds.get(change.service), found.get(change.service))
        for change in plan(model, found, hashes(release, found), release.running, None, reasons)
    ]
    took = journal.switched(release.connection, target)
    transfer = _transfer(release, found)
    current = release.releases.current
    return PlanPreview(
        version=version,
        method=target.method,
        previous=current.version if current else "",
        services=[
            ServiceChange(
                service=one.service,
                action=one.action,
                why=one.why,
                image_before=one.before,
                image_after="" if one.after == NEW else one.after,
            )
            for one in changes
        ],
        transfer=transfer,
        unavailable={one.service: took.get(one.service) for one in changes if one.action == "replaced"},
        steps=_steps(release, sorted(builds), transfer, changes),
        networks=[_downtime(one, took) for one in anew],
        commits=[one.told for one in release.shipping.commits] if release.shipping else [],
        notes=[*_notes(release), *_of_data(release)],
    )


def expected(release: Release) -> dict[str, Build]:
    """Return what building each service here is expected to give.

    The same sources give the same image as long as this machine's build cache holds its layers, which it
    does as long as the image itself is here.
    """
    running = {one.service: one.image for one in release.running}
    here = _here({image for name, image in running.items() if name in release.model.built()}, release)
    return {name: _expected(release, name, running.get(name, ""), here) for name in release.model.built()}


def _here(runs: set[str], release: Release) -> set[str]:
    """Return those of these images of the target, by their ids there, that this machine has as well."""
    here = release.controller.connection
    found = set(images.local(runs, here))
    if runs <= found:
        return found
    theirs, ours = identities.there(release.connection), set(identities.here(None, here).values())
    return found | {one for one in runs if theirs.get(one, "") in ours}


def _expected(release: Release, name: str, runs: str, here: Collection[str]) -> Build:
    source, image = release.builds.sources.get(name), release.host.images(release).found.get(runs)
    if not runs:
        return Build(NEW, "it is built")
    if source is None or not source.revision or image is None:
        return Build(NEW, "it is built, and from which sources the one that runs was is not known")
    label = image.labels.get(REVISION, "")
    if source.dirty:
        return Build(NEW, "it is built from changes that are not committed")
    if label != source.revision:
        was = f"the one that runs is of {label[:8]}" if label else "that of the one that runs is not known"
        return Build(NEW, f"it is built from {source.revision[:8]}, {was}")
    if runs not in here:
        return Build(NEW, f"it is built here for the first time, from {label[:8]} as the one that runs")
    return Build(runs, f"built from {label[:8]} as before")


def hashes(release: Release, found: Mapping[str, Image]) -> dict[str, str]:
    """Return the config hashes that a container may have to be as it should be, by service.

    They are those of the files that a release writes, given to Compose through standard input instead.
    """
    known = {name: image for name, image in found.items() if image.id not in ("", NEW)}
    more = shared_namespaces.override(release.model, release.running)
    pinned = _hashes(release, release.files.placed, pins(known), more)
    by_name = _hashes(release, release.files.placed, more)
    return {name: f"{pinned.get(name, '')} {by_name.get(name, '')}" for name in found}


def _hashes(release: Release, *documents: str) -> dict[str, str]:
    text = DOCUMENT.join(one.strip() for one in documents if one)
    return switch.hashes(release.connection, release.target, (), text)


def _reworded(change: Change, build: Build | None, image: Image | None) -> Change:
    if image is None or change.action != "replaced" or change.why != "its image changed":
        return change
    if build is not None and change.after == NEW:
        return Change(change.service, change.action, build.why, change.before, change.after)
    if not image.id:
        why = f"{image.name} is pulled, and is not what runs"
        return Change(change.service, change.action, why, change.before, change.after)
    return change


def _transfer(release: Release, found: Mapping[str, Image]) -> Transfer:
    """Return what would be sent: whole images, by which the target lacks them."""
    runs = {one.service: one.image for one in release.running}
    if release.target.method == "on-server":  # what is built is there then
        found = {name: image for name, image in found.items() if image.id != NEW}
    new = {name for name, image in found.items() if image.id == NEW}
    ids = {image.id for image in found.values()} - {"", NEW}
    lacking = ids - images.images(release.connection, ids).keys()
    sizes = layers.local(lacking) | layers.layers(
        release.connection, {runs[one] for one in new if one in runs}
    )
    measured = {*lacking, *(runs.get(name, "") for name in new)}
    return Transfer(
        images=sorted({image.name for image in found.values() if image.id in {*lacking, NEW}}),
        bytes=layers.together(sizes, measured) if measured <= sizes.keys() else None,
        estimated=bool(new),
        pulled=sorted({image.name for image in found.values() if not image.id}),
        whole=release.host.engine.containerd
        and release.target.method == "tar"
        and not _in_part(release, found),
    )


def _in_part(release: Release, found: Mapping[str, Image]) -> bool:
    before = {one.image for one in release.running if one.service in found}
    return leaving.in_part(release.connection, before)


def _steps(release: Release, building: list[str], transfer: Transfer, changes: list[Change]) -> list[str]:
    steps = ["lock", "preflight", f"build {', '.join(building)}" if building else "build (nothing)"]
    if release.releases.current is None and release.running:
        steps.append("adopt what runs as a release to go back to")
    number = len(transfer.images)
    steps += [f"transfer ({number} image{'' if number == 1 else 's'})", "baseline"]
    if release.target.keeps_data and release.host.mongodb(release).state is not None:
        steps += ["backup", "restore proof"]
    steps.append("plan")
    switched = [f"switch {change.service}" for change in changes if change.touched]
    steps += ["trial start"] if switched and release.target.releases.trial_start else []
    steps += [
        f"remove {', '.join([*one.services, f'the network {one.name}'])}" for one in release.networks.anew
    ]
    return [*steps, *switched, "verify", "finish"]


def _downtime(one: Anew, took: Mapping[str, float]) -> str:
    """Return for how long the services of a network do not answer that is made anew, in words."""
    told = f"{one.name} is made anew: {', '.join(one.services)} stop together and start one after another"
    known = [took[name] for name in one.services if name in took]
    if not one.services or len(known) < len(one.services):
        return told if one.services else f"{one.name} is made anew; no service runs in it"
    return f"{told}, all of them within about {sum(known):.0f} s, as last time"


def _of_data(release: Release) -> list[str]:
    if not (release.target.keeps_data and release.host.mongodb(release).state is not None):
        return []
    return [expected_reading.told(release)]


def _notes(release: Release) -> list[str]:
    ships, moves = release.shipping, release.moves
    if ships is None:
        return moves
    if not ships.known:
        return [*moves, f"{ships.since[:8]}, which runs, is not in this clone: what ships cannot be told"]
    return [*moves, f"what ships: {ships.told(release.target.compose_files)}"]
