"""``release``: what would be deployed, for checks and for the steps of a run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import Port, Service
from gonogo.deploy.errors import Unknown
from gonogo.deploy.host import commits, http
from gonogo.deploy.host.answers import Answer, Asked, Asker, asked
from gonogo.deploy.host.commits import Shipping
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.data_mounts import moved
from gonogo.deploy.host.git_status import Checkout
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.host.port import Holder
from gonogo.deploy.release import data_moves
from gonogo.deploy.release.base import Base
from gonogo.deploy.release.binds import Binds
from gonogo.deploy.release.builds import Builds
from gonogo.deploy.release.contents import Contents
from gonogo.deploy.release.environment import Environment
from gonogo.deploy.release.files import Files
from gonogo.deploy.release.folder import Folder
from gonogo.deploy.release.networks import Networks
from gonogo.deploy.release.plan import ours
from gonogo.deploy.release.records import Baseline
from gonogo.deploy.release.registry import Registry
from gonogo.deploy.release.releases import Releases
from gonogo.deploy.release.resolved import Resolved, config, kept, read_config
from gonogo.deploy.release.volumes import Volumes

EARLIER = {
    "bind_sources": "binds.sources",
    "environment": "environment.variables",
    "folder": "folder.path",
    "initialised": "environment.initialised",
    "local_images": "controller.images.found",
    "local_platform": "builds.platform",
    "mongodb": "host.mongodb.state",
    "pullable": "host.images.pullable",
    "registry_content": "registry.content",
    "service_files": "environment.files",
    "target_images": "host.images.found",
    "weak": "environment.weak",
    **{name: f"files.{name}" for name in ("beside", "example", "flat", "notices", "variables")},
    **{name: f"builds.{name}" for name in ("platform", "sources", "stages", "unbuildable")},
}
"""What properties are called now that recordings of earlier versions hold under another name."""
PARTS = {
    *("binds", "builds", "contents", "environment", "files", "folder", "networks", "registry", "volumes"),
}
"""What a release is put together from, each a property of it."""
OURS = {"images", "mongodb"}
"""The nouns of a host that are asked about a release."""


class Release(Base):
    """What would be deployed; each of its properties is asked when it is first used.

    >>> release.model.services["api"].image
    'shop-api:latest'
    >>> release.environment.variables["TZ"]
    'Europe/Berlin'
    """

    files = cached_property(Files)
    folder = cached_property(Folder)
    environment = cached_property(Environment)
    registry = cached_property(Registry)
    builds = cached_property(Builds)
    binds = cached_property(Binds)
    contents = cached_property(Contents)
    networks = cached_property(Networks)
    volumes = cached_property(Volumes)

    @asked("compose.resolves", keep=kept)
    def resolved(self) -> Resolved:
        """The model of what would be deployed, resolved on the target with its env file."""
        result = config(self.connection, self.target, ("-",), self.files.placed.encode())
        # Asked meanwhile. It comes first: the redactor needs it, and another check judges that file.
        _ = self.environment.variables
        return read_config(self.target, result, self.redactor)

    @property
    def model(self) -> Model:
        """The resolved model."""
        return self.resolved.model

    @property
    def variables(self) -> dict[str, str]:
        """The variables of the env file with which it is started, as far as its contents are made of them."""
        return self.environment.variables if any(one.environment for one in self.model.contents) else {}

    @property
    def running(self) -> list[Container]:
        """The containers of the target's project, stopped ones too."""
        return self.host.project(self.target.project).containers

    @property
    def images(self) -> dict[str, str]:
        """Image ids of the target, by the names that the model gives them."""
        names = {service.image for service in self.services.values()}
        return {name: one.id for name, one in self.host.images(self).found.items() if name in names}

    def find(self, key: str) -> tuple[Asker, str] | None:
        """Return what holds the property that is kept under ``key``, and its name; None for no property."""
        if key == "clone" and self.target.on_server:  # of an earlier version
            section = self.target.on_server
            with suppress(Unknown):
                return self.host.git(section.checkout, section.remote, self.git.commit), key
            return None
        written = EARLIER.get(key, key)
        role, _, rest = written.partition(".")
        noun, _, name = rest.partition(".")
        if role in PARTS:
            part: Asker = getattr(self, role)
            return (part, rest) if isinstance(getattr(type(part), rest, None), Asked) else None
        if noun in OURS:
            host = self.host if role == self.host.role else self.controller
            holder: Noun = getattr(host, noun)(self)
            return (holder, name) if isinstance(getattr(type(holder), name, None), Asked) else None
        return super().find(written)

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Know what ``kept`` returned; a property that is no longer known is left out."""
        found = dict(kept)
        if replies := found.pop("replies", None):  # of an earlier version
            for url, (noun, name) in http.places(self.host, self.target.health).items():
                value = replies if "error" in replies else {"value": replies["value"].get(url)}
                found |= {noun.key(name): value} if value.get("value", value) else {}
        # What is kept under another name now may need what is not.
        earlier = found.keys() & {"clone", *EARLIER}
        super().restore({key: found[key] for key in sorted(found, key=lambda key: (key in earlier, key))})
        if self.images_of and "local_images" in kept:
            with suppress(Unknown):
                self._restore_taken()

    def _restore_taken(self) -> None:
        """Know images that are taken by their tags too: earlier versions kept them by the model's names."""
        key = self.controller.images(self).key("found")
        found = self.controller.images(self).found
        taken = {
            self.builds.sought(one): found[one.image] for one in self.services.values() if one.image in found
        }
        self.answers.known[key] = Answer({**found, **taken}, None)

    @property
    def git(self) -> Checkout:
        """Where the target's ``source`` stands in git."""
        return self.controller.git(str(self.target.source)).checkout

    @property
    def releases(self) -> Releases:
        """The releases that the target has."""
        return self.host.releases(str(self.target.deploy_path))

    @property
    def previous(self) -> str:
        """The version that runs now, and would be gone back to; empty where none is recorded."""
        return self.releases.current.version if self.releases.current else ""

    @property
    def baseline(self) -> Baseline | None:
        """The state before the release that runs now; None where none was taken."""
        return self.releases.baseline

    @property
    def services(self) -> dict[str, Service]:
        """The services of the model by name."""
        return self.model.services

    @property
    def publishing(self) -> list[Service]:
        """The services whose ports Docker publishes: with the host's network, it publishes none."""
        return [one for one in self.services.values() if one.network_mode != "host"]

    @property
    def published(self) -> list[tuple[str, Port]]:
        """The ports with a fixed number that Docker publishes, each with the name of its service."""
        return [(one.name, port) for one in self.publishing for port in one.ports if port.published]

    @property
    def moves(self) -> list[str]:
        """What it does to data that the target file says is to move, in words."""
        found = moved(self.model, self.running, self.binds.mounted.binds) if self.target.data.moved else []
        return data_moves.told(found, self.target)

    def replaces(self, holder: Holder, service: str, port: Port | None = None) -> bool:
        """Return whether a holder of a port leaves when ``service`` starts, as its own container does.

        So does a container that a release made of another service, where that is not to publish the ``port``
        any more. A one-off container (``docker compose run``) is replaced by nothing.
        """
        if not isinstance(holder, Container) or holder.oneoff or holder.project != self.model.name:
            return False
        other = self.services.get(holder.service)
        if holder.service == service or other is None or port is None:
            return holder.service == service
        wanted = {(one.published, one.protocol) for span in ((*other.ports,), *other.ranges) for one in span}
        return ours(holder, self.target) and (port.published, port.protocol) not in wanted

    @asked("git.changes")
    def shipping(self) -> Shipping | None:
        """What ships since the release that runs; None where either has no commit."""
        current = self.releases.current
        since = current.commit if current else ""
        return commits.shipping(self.target.source, since) if since and self.git.commit else None
