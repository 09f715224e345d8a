"""``release.networks``: which networks of the stack are to be made anew, and who is in them.

A network cannot be changed, and none is removed that a running container is in: all of them have to leave it
first. Compose does that for the services that it is asked to start, and fails for any other.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.networks import Definition, differing, unlike
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.inspection import described
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import env_files, records
from gonogo.deploy.release.part import Part
from gonogo.deploy.release.records import Record
from gonogo.deploy.release.resolved import resolve
from gonogo.deploy.release.versions import is_version
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target

HASH = "Compose's hash"
"""What changed where nothing else did: another version of Compose may take it in another way."""


@dataclass(frozen=True)
class Anew:
    """A network that is made anew: ``keys`` of its definition changed.

    ``services``: those whose containers are in it and leave it for that; ``strangers``: the containers in it
    that no release may stop, each with what it is.
    """

    name: str
    keys: tuple[str, ...]
    services: tuple[str, ...] = ()
    strangers: tuple[tuple[str, str], ...] = ()

    @property
    def why(self) -> str:
        """Why a service in it is replaced."""
        return f"its network {self.name} is made anew ({', '.join(self.keys)} changed)"

    @property
    def held(self) -> str:
        """Who is in it that no release may stop, and how they leave it; empty for nobody."""
        if not self.strangers:
            return ""
        who = ", ".join(f"{name} ({what})" for name, what in self.strangers)
        changed = f"{', '.join(self.keys)} of the network {self.name} changed"
        verb = "is" if len(self.strangers) == 1 else "are"
        return f"{changed}, so it has to be made anew, and {who} {verb} in it"

    @property
    def cure(self) -> str:
        """The commands that take the strangers out of it."""
        network = shlex.quote(self.name)
        leaving = (
            f"docker network disconnect -f {network} {shlex.quote(name)}" for name, _ in self.strangers
        )
        return " && ".join(leaving)


class Networks(Part):
    """The networks of the stack."""

    part = "networks"

    @asked("networks.attached")
    def anew(self) -> list[Anew]:
        """Those that are to be made anew, because their definition changed."""
        release, everybody = self._release, self.host.containers.all
        current = release.releases.current
        return anew(self.connection, self.target, release.model, everybody, self.redactor, current)


def anew(  # noqa: PLR0913, PLR0917  what is there, what is wanted, and what made it
    connection: Connection,
    target: Target,
    model: Model,
    everybody: Iterable[Container],
    redactor: Redactor,
    current: Record | None,
    refused: Collection[str] = (),
    surplus: Collection[str] = (),
) -> list[Anew]:
    """Return the networks that have to be made anew so that ``model`` can run; raises GonogoError.

    A network has changed where the engine's differs from the model in what that says, or where the releases
    that the containers in it are from define it otherwise: a key that is gone shows in nothing else, and
    Compose goes by the definition that it made the network from. ``everybody``: all containers of the host;
    ``current``: the release that counts as running; ``refused``: networks that Compose failed to make anew;
    ``surplus``: services that the model does not have, and whose containers a release may remove.
    """
    found = described(connection, "network", model.definitions.keys())
    if not found:
        return []
    there = list(everybody)
    origins = {
        name: _origins(name, target, there) or ({current.version} if current else set()) for name in found
    }
    known = {
        one: definitions(connection, target, one, redactor, current)
        for one in set[str]().union(*origins.values())
    }
    made = []
    for name, definition in sorted(model.definitions.items()):
        if name not in found:
            continue
        before = [known[one][name] for one in origins[name] if name in known[one]]
        keys = set(unlike(definition, found[name])).union(*(differing(one, definition) for one in before))
        if keys or name in refused:
            services, strangers = _inside(name, target, model.services, surplus, there)
            made.append(Anew(name, tuple(sorted(keys)) or (HASH,), services, strangers))
    return made


def outside(
    model: Model, running: Iterable[Container], ended: Collection[str] | None = None
) -> dict[str, str]:
    """Return which services have a container that is not in all of its networks, by service, with the reason.

    Compose takes a container out of a network that it fails to remove, and starts it again without one.
    ``ended``: the services whose containers did their work; None: all that ended well have.
    """
    found = {}
    for one in running:
        done = one.completed and (ended is None or one.service in ended)
        if done or one.service not in model.services:
            continue
        keys = model.services[one.service].networks
        wanted = {name for key, name in model.networks.items() if key in keys}
        if lacking := sorted(wanted - {*one.networks}):
            found[one.service] = f"it is not in its network {', '.join(lacking)}"
    return found


def made_by(container: Container, target: Target) -> str:
    """Return the version of the release of gonogo's whose files a container was made from; else empty."""
    file, place = container.files.partition(",")[0], f"{target.deploy_path}/releases/"
    name = file.removeprefix(place).partition("/")[0] if file.startswith(place) else ""
    return name if is_version(name) else ""


def _origins(name: str, target: Target, there: Iterable[Container]) -> set[str]:
    """Return from what the stack's containers in a network were made: versions of releases, or files."""
    ours = (one for one in there if one.project == target.project and name in one.networks)
    return {made_by(one, target) or one.files for one in ours}


def definitions(
    connection: Connection, target: Target, source: str, redactor: Redactor, current: Record | None = None
) -> Mapping[str, Definition]:
    """Return how a release defines its networks, or Compose files that containers were started from by hand.

    ``source``: its version, or the files, separated by commas; ``current``: a record that is known. Of what
    is not there whole, nothing is known.
    """
    try:
        if source.startswith("/"):
            return resolve(connection, target, source.split(","), redactor).model.definitions
        known = current if current and current.version == source else None
        record = known or (records.load(connection, target, source) if source else None)
        if record is None:
            return {}
        then = env_files.as_of(target, record)
        return resolve(connection, then, records.files(target, source), redactor).model.definitions
    except GonogoError:
        return {}


def _inside(
    name: str, target: Target, own: Collection[str], surplus: Collection[str], there: list[Container]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    services, strangers = set(), []
    for one in there:
        if name not in one.networks:
            continue
        leaves = one.service in own or (one.service in surplus and made_by(one, target))
        if one.project != target.project or not leaves or one.oneoff:
            strangers.append((one.name, _what(one, target)))
        elif not one.completed:  # what did its work holds nothing, and would do it again
            services.add(one.service)
    return tuple(sorted(services)), tuple(sorted(strangers))


def _what(one: Container, target: Target) -> str:
    if not one.project:
        return "no container of a Compose project"
    if one.project != target.project:
        return f"of the project {one.project}"
    return f"of {one.service}, by `docker compose run`" if one.oneoff else "not in the compose files any more"
