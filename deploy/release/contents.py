"""``release.contents``: which services have other files in their containers than they would be given now.

Compose's config hash knows nothing of contents. What Compose copied into a container is compared where it
lies. Of files that are mounted, a release keeps a digest of what they held when its containers were made,
under a key of its own, in its private folder: without the key, nobody can try weak secrets on it.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gonogo.deploy.compose.contents import Content
from gonogo.deploy.compose.model import Model
from gonogo.deploy.host import mounted
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.mounted import Mounts
from gonogo.deploy.release import records
from gonogo.deploy.release.formats import FORMAT
from gonogo.deploy.release.networks import made_by
from gonogo.deploy.release.part import Part
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target

FILE = "contents.json"
LARGEST = 64 << 20
"""Bytes: of a larger file no digest is taken, its time has to do."""
EMPTY = hashlib.sha256().hexdigest()
What = Literal["replaced", "left", "moved"]


class Kept(BaseModel):
    """What the mounted files of a release held: by path, the SHA-256 of ``key`` and content together."""

    model_config = ConfigDict(extra="forbid")
    format: int = 1
    key: str = Field(repr=False)
    files: dict[str, str] = Field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Stale:
    """A service whose containers have another file than they would be given now, and ``why`` that is known.

    ``what``: it is replaced; or it is left, since it may have written the file itself; or it writes to a
    folder that was moved away under it, so that a new container would find other data. ``copied``: Compose
    copies it into the container.
    """

    service: str
    why: str
    what: What = "replaced"
    copied: bool = False


class Contents(Part):
    """What the services are given as files: configs, secrets, and files of the host."""

    part = "contents"

    @asked("contents.current")
    def stale(self) -> list[Stale]:
        """The services that have other files in their containers than they would be given now."""
        release = self._release
        given = release.model, release.running, release.variables
        return stale(self.connection, self.target, *given, release.releases.recorded.name)


def stale(  # noqa: PLR0913, PLR0917  what is there, what is wanted, and what made it
    connection: Connection,
    target: Target,
    model: Model,
    running: Iterable[Container],
    variables: Mapping[str, str],
    current: str,
) -> list[Stale]:
    """Return what containers have other than ``model`` gives them; raises GonogoError.

    ``variables``: those of the env file, which configs and secrets can be made of. ``current``: the version
    that counts as running.
    """
    there = [one for one in running if any(given.service == one.service for given in model.contents)]
    found = [
        *_copied(connection, model, there, variables),
        *_mounted(connection, target, model, there, current),
    ]
    return list(dict.fromkeys(found))


def reasons(found: Iterable[Stale]) -> dict[str, str]:
    """Return why services are replaced, by service."""
    told: dict[str, list[str]] = {}
    for one in found:
        if one.what == "replaced":
            told.setdefault(one.service, []).append(one.why)
    return {name: "; ".join(why) for name, why in told.items()}


def keep(connection: Connection, target: Target, version: str, model: Model) -> None:
    """Keep with a release what the files hold that its services mount; raises GonogoError."""
    if files := {one.file for one in model.contents if one.file}:
        key = secrets.token_hex(32)
        kept = Kept(format=FORMAT, key=key, files=_digests(connection, key, files))
        records.save(connection, target, version, FILE, kept)


def _copied(
    connection: Connection, model: Model, there: Iterable[Container], variables: Mapping[str, str]
) -> Iterator[Stale]:
    """Yield whose copy of a config or a secret differs, by looking at the copies themselves."""
    given = [(one, content, content.value(variables)) for one, content in _pairs(model, there)]
    looked = [(one, content, value) for one, content, value in given if value is not None]
    if not looked:
        return
    places = shlex.join(f"{one.id}:{content.place}" for one, content, _ in looked)
    script = (
        f'for place in {places}; do docker cp "$place" - 2>/dev/null | tar -xO 2>/dev/null | sha256sum; done'
    )
    sums = connection.run(script, private=True).text.splitlines()
    for (one, content, value), line in zip(looked, sums, strict=False):
        found = line.split()[0]
        # Nothing is there where the engine shows no such file: a volume can lie over it.
        if found != EMPTY and found != hashlib.sha256(value.encode()).hexdigest():
            yield Stale(one.service, f"its {content.called} changed", copied=True)


def _mounted(
    connection: Connection, target: Target, model: Model, there: list[Container], current: str
) -> Iterator[Stale]:
    given = [(one, content) for one, content in _pairs(model, there) if content.file]
    if not given:
        return
    sources = {source for one in there for kind, source, _ in one.mounts if kind == "bind"}
    files = {content.file for _, content in given}
    seen = mounted.mounts(connection, files | sources, [one.id for one in there if one.running])
    kept = _kept(connection, target, there, current)
    keys = {one.key for one in kept.values()}
    now = {key: _digests(connection, key, files) for key in keys}
    for one, content in given:
        then = kept.get(one.id)
        pair = (then.files.get(content.file), now[then.key].get(content.file)) if then else (None, None)
        if found := _compared(one, content, seen, pair):
            yield found


def _compared(
    one: Container, content: Content, seen: Mounts, digests: tuple[str | None, str | None]
) -> Stale | None:
    """Return what is stale about one file or folder that a container mounts; None for nothing."""
    source = next((of for kind, of, place in one.mounts if kind == "bind" and place == content.place), "")
    here = seen.paths[content.file]
    if not source or here.kind == "missing":
        return None
    name, path = one.service, content.file
    called = f"file {path}" if content.called == path else content.called
    if seen.paths[source].real != here.real:
        return Stale(name, f"its {called} is another file now, {path}")
    writable = content.writable and content.place not in one.read_only
    another = seen.another(one.id, content.place, path)
    if here.kind == "folder":
        why = f"its folder {path} was moved away, and another one lies there now"
        return Stale(name, why, "moved" if writable else "replaced") if another else None
    then, now = digests
    changed = then != now if then and now else here.kind == "file" and _since(one, here.changed)
    if another and (changed or not (then and now)):
        return Stale(name, f"its {called} was replaced by another, and it still has the one before")
    why = f"its {called} changed since it was started"
    return Stale(name, why, "left" if writable else "replaced") if changed else None


def _since(one: Container, changed: float) -> bool:
    return one.running and changed > datetime.datetime.fromisoformat(one.started).timestamp()


def _pairs(model: Model, there: Iterable[Container]) -> Iterator[tuple[Container, Content]]:
    for one in there:
        yield from ((one, given) for given in model.contents if given.service == one.service)


def _kept(connection: Connection, target: Target, there: Iterable[Container], now: str) -> dict[str, Kept]:
    """Return what was kept with the release that made each container, by its id.

    Where that release is gone, it is what the current one kept: that has left the container as it was.
    """
    versions = {one.id: made_by(one, target) for one in there}
    found = {one: _read(connection, target, one) for one in {now, *versions.values()} - {""}}
    chosen = {name: found.get(version) or found.get(now) for name, version in versions.items()}
    return {name: one for name, one in chosen.items() if one}


def _read(connection: Connection, target: Target, version: str) -> Kept | None:
    file = records.folder(target, version) / FILE
    text = connection.run(f"cat -- {shlex.quote(str(file))}", private=True).text
    try:
        return Kept.model_validate_json(text) if text else None
    except ValidationError:
        return None


def _digests(connection: Connection, key: str, files: Collection[str]) -> dict[str, str]:
    """Return the digest of each file that can be read; the key goes by standard input, never in argv."""
    names = sorted(files)
    one = f'[ -f "$name" ] && [ -r "$name" ] && [ "$(stat -Lc %s -- "$name")" -le {LARGEST} ]'
    digest = '{ printf %s "$key"; cat -- "$name"; } | sha256sum | cut -d " " -f 1'
    script = (
        f"read -r key; for name in {shlex.join(names)}; do if {one}; then {digest}; else echo -; fi; done"
    )
    lines = connection.run(script, stdin=f"{key}\n".encode(), private=True).text.splitlines()
    return {name: line for name, line in zip(names, lines, strict=False) if line != "-"}
