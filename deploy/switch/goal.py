"""The goal of a converge: a recorded release as it can be started, or none of our releases at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gonogo.deploy.compose import env_file
from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.mounts import binds_of
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import binds, images
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.data_mounts import moved
from gonogo.deploy.release import data_moves, env_files, history, records
from gonogo.deploy.release.records import Record
from gonogo.deploy.release.release import Release
from gonogo.deploy.release.resolved import resolve
from gonogo.deploy.target.target import Target


@dataclass(frozen=True)
class Goal:
    """What is to run. ``current``: the version that counts as current then, empty for none.

    ``target`` has the env file of the release. ``record`` and ``model`` are None where nothing that a release
    of ours made is to run. ``fresh``: it is deployed for the first time, so its one-shots are to run.
    """

    current: str
    target: Target
    record: Record | None = None
    model: Model | None = None
    fresh: bool = False

    @property
    def version(self) -> str:
        """The version that is to run, empty for none."""
        return self.record.version if self.record else ""

    @property
    def files(self) -> tuple[str, str]:
        """Its Compose files on the target."""
        return records.files(self.target, self.version)


def recorded(
    coming: Release, version: str, note: Callable[[str], None] = lambda _: None, *, fresh: bool = False
) -> Goal:
    """Return a release that is on the target as a goal; raises GonogoError where it is not there whole.

    ``note`` is told where the env file that it is started with differs from the one of now.
    """
    record = load(coming, version)
    target = env_files.as_of(coming.target, record)
    if not fresh:
        _told(coming, record, target, note)
    files = records.files(target, version)
    model = resolve(coming.connection, target, files, coming.redactor).model
    return Goal(version, target, record, model, fresh)


def nothing(target: Target, current: str) -> Goal:
    """Return the goal that nothing runs which our releases made."""
    return Goal(current, target)


def load(coming: Release, version: str) -> Record:
    """Return the record of a release that is on the target; raises GonogoError naming those that are."""
    connection, target = coming.connection, coming.target
    found = records.load(connection, target, version)
    if found is None:
        failed = history.failed(history.runs(connection, target))
        there = [one for one in records.listed(connection, target) if one not in failed]
        raise GonogoError(
            f"{target.host}: there is no release {version}; there are: {', '.join(there) or 'none'}"
        )
    if lacking := records.lacking(connection, target, version):
        folder = records.folder(target, version)
        raise GonogoError(
            f"{target.host}: {', '.join(lacking)} of {version} is missing: put it back into {folder} from a "
            "copy, or deploy its sources again"
        )
    return found


def prove(coming: Release, goal: Goal, running: list[Container]) -> None:
    """Raise GonogoError unless a goal's images are there, by id, and its data where it lies now (L3, L4)."""
    record, model, host = goal.record, goal.model, coming.target.host
    assert record and model
    there = images.images(coming.connection, {image.id for image in record.images.values()})
    lacking = sorted(name for name, image in record.images.items() if image.id not in there)
    if lacking:
        gone = f"the images of {record.version} for {', '.join(lacking)} are gone"
        sources = f"its sources again (commit {record.commit[:8]})" if record.commit else "its sources again"
        raise GonogoError(f"{host}: {gone}: deploy {sources}")
    mounted = {source for one in running for kind, source, _ in one.mounts if kind == "bind"}
    found = binds.binds(coming.connection, {*binds_of(model), *mounted})
    moves = moved(model, running, found)
    if wrong := data_moves.refused(moves, coming.target):
        said = f"{record.version} would not find its data where it lies now: {'; '.join(wrong)}"
        raise GonogoError(f"{said}. {data_moves.keys(moves, coming.target)}".rstrip(". "))


def _told(coming: Release, record: Record, then: Target, note: Callable[[str], None]) -> None:
    """Say where the env file of now differs from the one of a release, by names alone."""
    now, version = coming.target, record.version
    if env_files.digest(coming.connection, now) == record.env_digest:
        return
    if then is now:
        if record.env_digest:
            note(
                f"{env_file.file(now)} was edited since {version}, and an earlier version of gonogo did not "
                "keep it with the release: services are started with the file of now"
            )
        return
    try:
        values = [env_files.values(coming.connection, one, coming.redactor) for one in (then, now)]
    except GonogoError as error:
        note(f"whether the env file differs from that of {version} is not known: {error}")
        return
    if told := env_files.difference(*values):
        kept, live = then.env_path, env_file.file(now)
        note(f"{version} is started with its own env file ({kept}); {live} differs since: {told}")
