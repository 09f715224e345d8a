"""Forgetting a target: what gonogo keeps there is removed, and nothing of the stack is touched.

The containers that run go on; the next deployment records them as what was started by hand.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import containers, foreign
from gonogo.deploy.host.container import Container
from gonogo.deploy.mongodb.backup import backup_store
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.release import history, records, retention, versions
from gonogo.deploy.release.journal import FILE
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps.publishing import FOLDER as REPORTS
from gonogo.deploy.target import target_file
from gonogo.deploy.target.target import Target
from gonogo.reports.entries import PAGE

RELEASES, CURRENT, LOCK = "releases", "current", "lock"
PARTS = (f".{FILE}.part", f".{CURRENT}.part", f".{LOCK}.part")
"""What a run that was cut off may leave beside the files, see ``remote_files``."""


@dataclass
class Kept:
    """What gonogo keeps of a target.

    ``releases``, ``reports``: the names of their folders; ``journal``: whether there is one; ``tags``: those
    of images that it made and no container uses, ``used``: those that are in use; ``backups``: all of them.
    """

    releases: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    journal: bool = False
    tags: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    backups: list[Backup] = field(default_factory=list)

    def told(self, *, backups: bool) -> list[str]:
        """Return in words what is removed; ``backups``: they are, too. Empty where there is nothing."""
        parts = {
            "the journal": self.journal,
            f"{_counted(self.releases, 'release')} with env files": self.releases,
            _counted(self.reports, "report"): self.reports,
            f"{_counted(self.tags, 'tag')} of images": self.tags,
            _counted(self.backups, "backup"): backups and self.backups,
        }
        return [told for told, there in parts.items() if there]


def _counted(found: list[str] | list[Backup], what: str) -> str:
    names = [one if isinstance(one, str) else one.name for one in found]
    return f"{len(names)} {what}{'' if len(names) == 1 else 's'} ({', '.join(names)})"


def kept(connection: Connection, target: Target) -> Kept:
    """Return what gonogo keeps of a target; raises GonogoError where that must not be removed.

    That is where a run was cut off while it replaced services, for its way back leads through what is kept,
    and where a container mounts something of it.
    """
    cut = history.unfinished(history.runs(connection, target))
    if cut and cut.switched:
        name = target_file.called(target)
        raise GonogoError(f"{target.host}: {cut.version} {cut.told}: run `gonogo resume {name}` first")
    everybody = containers.containers(connection)
    if mounting := sorted({one.name for one in everybody if _mounts(one, target)}):
        raise GonogoError(
            f"{target.host}: {', '.join(mounting)} mounts something of {target.deploy_path}, which is "
            "gonogo's own: mount it from another folder first"
        )
    releases = _listed(connection, target, RELEASES)
    known = [one for name in releases if (one := records.load(connection, target, name))]
    there, used = _tags(connection), {one.image for one in everybody}
    every = {tag for one in known for tag in retention.tags_of(one, ())} & there
    free = {tag for one in known for tag in retention.tags_of(one, used)} & there
    return Kept(
        releases=releases,
        reports=_listed(connection, target, REPORTS),
        journal=connection.run(f"test -f {shlex.quote(str(target.deploy_path / FILE))}").ok,
        tags=sorted(free),
        used=sorted(every - free),
        backups=backup_store.listed(connection, target),
    )


def _tags(connection: Connection) -> set[str]:
    return {*connection.check("docker images --format '{{.Repository}}:{{.Tag}}'").text.splitlines()}


def _mounts(one: Container, target: Target) -> bool:
    own = str(target.deploy_path)
    return any(source == own or source.startswith(f"{own}/") for _, source, _ in one.mounts)


def _listed(connection: Connection, target: Target, name: str) -> list[str]:
    """Return the folders of versions in a folder of gonogo's, whatever is in them; others are not ours."""
    place = shlex.quote(str(target.deploy_path / name))
    look = 'for one in *; do [ -d "$one" ] && [ ! -h "$one" ] && printf "%s\\0" "$one"; done'
    found = connection.check(f"cd {place} 2>/dev/null || exit 0; {look}; :").text.split("\0")
    return sorted(one for one in found if versions.is_version(one))


def remove(connection: Connection, target: Target, found: Kept, *, backups: bool) -> None:
    """Remove what was found; the lock of this run stays. Raises GonogoError.

    By name, each of it: what somebody else put into these folders stays, and so do folders with that in them.
    Tags that the engine does not give up are in ``found.used`` then.
    """
    if backups:
        foreign.refuse(connection, target.backup_path, foreign.backups(target.name))
        for one in found.backups:
            backup_store.remove(connection, target, one)
    if found.tags:
        connection.run(retention.untag(found.tags, ()), mutates=True)
        stay = _tags(connection)
        found.used += [tag for tag in found.tags if tag in stay]
        found.tags = [tag for tag in found.tags if tag not in stay]
    connection.check("; ".join(_lines(target, found, backups)), mutates=True)


def _lines(target: Target, found: Kept, backups: bool) -> Iterator[str]:
    own = shlex.quote(str(target.deploy_path))
    yield f"cd {own} || exit 1"
    # First what makes a release current, for a release without its files is none.
    yield f"rm -f -- {shlex.join([CURRENT, *PARTS])} || exit 1"
    folders = [f"{RELEASES}/{name}" for name in found.releases]
    folders += [f"{REPORTS}/{name}" for name in found.reports]
    if folders:
        yield f"rm -rf -- {shlex.join(folders)} || exit 1"
    yield f"rm -f -- {shlex.join([f'{REPORTS}/{PAGE}', FILE])} || exit 1"
    empty = [RELEASES, REPORTS]
    if backups and target.backup_path.is_relative_to(target.deploy_path):
        empty.append(str(target.backup_path))
    yield f"rmdir -- {shlex.join(empty)} 2>/dev/null; :"


def left(connection: Connection, target: Target) -> list[str]:
    """Remove gonogo's folder where it is empty, and return what else is in it; raises GonogoError."""
    own = shlex.quote(str(target.deploy_path))
    connection.run(f"rmdir -- {own} 2>/dev/null", mutates=True)
    return connection.check(f"ls -1A -- {own} 2>/dev/null; :").text.splitlines()
