"""Retention: which releases stay on a target, and the removal of the others with their images."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup_store
from gonogo.deploy.release import history, records
from gonogo.deploy.release.records import Record
from gonogo.deploy.release.versions import BACK
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target


def expire(connection: Connection, target: Target) -> list[str]:
    """Remove old releases, their tags and their folders, and old backups; returns their names. GonogoError.

    What stays: the newest ones that were verified, the one that is current, the one before it, and every
    image by id that one of these needs. Of the images, only tags that gonogo made for a release are removed,
    and never by force, so that what a container uses, or somebody else tagged, stays.
    """
    there = records.listed(connection, target)
    current = records.current(connection, target)
    known = {name: found for name in there if (found := _read(connection, target, name))}
    failed = history.failed(history.runs(connection, target)) - {current}
    kept = keep(there, current, known, target.releases.keep, failed)
    needed = {image.id for name in kept if name in known for image in known[name].images.values()}
    gone = [name for name in there if name not in kept and name in known]
    if tags := sorted({tag for name in gone for tag in tags_of(known[name])}):
        names = sorted({tag for name in gone for tag in tags_of(known[name], needed)})
        connection.run(untag(names, sorted(set(tags) - set(names))), mutates=True)
    folders = [str(records.folder(target, name)) for name in gone]
    if folders:
        connection.check(f"rm -rf -- {shlex.join(folders)}", mutates=True)
    _forget_ways_back(connection, target)
    baselines = (records.load_baseline(connection, target, name) for name in kept if name in known)
    named = {PurePosixPath(one.backup).name for one in baselines if one and one.backup}
    return gone + (backup_store.expire(connection, target, named) if target.mongodb else [])


def keep(
    there: Sequence[str],
    current: str,
    records: Mapping[str, Record],
    number: int,
    failed: Collection[str] = (),
) -> set[str]:
    """Return which of the releases stay; ``there``: newest first; ``failed``: which nobody goes back to.

    Those that failed after the one that is current stay too: somebody may look at them.
    """
    before = records[current].previous if current in records else ""
    since = there[: there.index(current)] if current in there else ()
    good = [name for name in there if name not in failed]
    return {*good[:number], *(name for name in since if name in failed), current, before}


def tags_of(record: Record, needed: Collection[str] = ()) -> Iterator[str]:
    """Yield the tags that gonogo gave the images of a release, but for images that are ``needed`` on, by id.

    A version that a person gave may make the tag that the compose file names: that one is not gonogo's.
    """
    for image in record.images.values():
        tag = records.tagged(image.name, record.version)
        if image.id not in needed and tag != image.name:
            yield tag


def untag(tags: Collection[str], needed: Collection[str]) -> str:
    """Return the line that removes tags, those of images that are ``needed`` on only where they have others.

    One by one: those that are gone already, or in use, are no reason to stop.
    """
    named = "docker image inspect -f '{{len .RepoTags}}' -- \"$tag\""
    lines = {
        'docker image rm -- "$tag"': tags,
        f'[ "$({named})" -gt 1 ] && docker image rm -- "$tag"': needed,
    }
    loops = [f"for tag in {shlex.join(some)}; do {line}; done" for line, some in lines.items() if some]
    return f"{{ {'; '.join(loops)}; }} >/dev/null 2>&1"


def _read(connection: Connection, target: Target, name: str) -> Record | None:
    try:
        return records.load(connection, target, name)
    except GonogoError:
        return None  # what is damaged is for somebody to look at


def _forget_ways_back(connection: Connection, target: Target) -> None:
    """Remove what runs that led back wrote down, but for the newest ones."""
    folder = shlex.quote(str(target.deploy_path / "releases"))
    # A name with a line break would be read as several, the name of a release among them.
    named = (
        f'for name in {BACK}*; do case "$name" in *[!A-Za-z0-9_.-]*) ;; *) set -- "$@" "$name";; esac; done'
    )
    older = f'[ $# -eq 0 ] || ls -1td -- "$@" 2>/dev/null | tail -n +{target.releases.keep + 1}'
    remove = 'while IFS= read -r name; do rm -rf -- "$name"; done'
    connection.run(f"cd {folder} 2>/dev/null || exit 0; set --; {named}; {older} | {remove}", mutates=True)
