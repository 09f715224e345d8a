"""The data that a release must keep: bind mounts and the database."""

from __future__ import annotations

import posixpath
from pathlib import Path

from gonogo.deploy.compose.mounts import binds_of
from gonogo.deploy.errors import GonogoError, Unknown
from gonogo.deploy.host import local_git
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.binds import Kind
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.engine import ROOTLESS
from gonogo.deploy.host.paths import Paths
from gonogo.deploy.mongodb import login, primary, state
from gonogo.deploy.release.images import Images
from gonogo.deploy.release.stack import Stack
from gonogo.deploy.target import Mongodb


class Data(Images):
    """What is asked about the data that a release must keep."""

    @property
    def mounted(self) -> Paths:
        """The paths of the target that the stack mounts, or will."""
        mounted = {source for one in self.running for kind, source, _ in one.mounts if kind == "bind"}
        devices = {one.device for one in self.host.volumes.all if one.device.startswith("/")}
        return self.host.paths(*sorted({*binds_of(self.model), *mounted, *devices}))

    @asked("binds.exist")
    def bind_sources(self) -> dict[str, Kind]:
        """What this machine has in the place of each bind mount; a folder counts where git knows files in it.

        Paths in a compose file are relative to its folder, so one far away from it was given as it is.
        """
        root = str(self.target.path)
        near = [path for path in sorted(binds_of(self.model)) if posixpath.commonpath([root, path]) != "/"]
        return {path: _kind(self.target.source, posixpath.relpath(path, root)) for path in near}

    @property
    def database(self) -> Container | None:
        """The container of the stack's MongoDB; None when there is none, or it does not run.

        None too for a MongoDB outside the stack; see ``has_database``.
        """
        name = self.target.mongodb.service if self.target.mongodb else ""
        return next((one for one in self.running if name and one.service == name and one.running), None)

    @property
    def has_database(self) -> bool:
        """Whether there is a MongoDB by now: the stack's runs, or it is not in the stack."""
        settings = self.target.mongodb
        return settings is not None and bool(settings.uri_variable or self.database)

    @asked("mongodb.login")
    def mongodb(self) -> state.Mongo | None:
        """The state of the MongoDB that runs, as the new model's login sees it; None when none runs.

        Of a replica set outside the stack it is the primary's, else that of the service's container.
        """
        settings = self.target.mongodb
        if settings is None:
            return None
        if self.host.engine.rootless:
            raise Unknown("docker.engine", ROOTLESS)
        if settings.uri_variable:
            return _outside(self, settings, settings.uri_variable)
        services = self.model.services
        if settings.service not in services:
            raise GonogoError(
                f"the compose files have no service {settings.service}: correct mongodb.service in the "
                f"target file, to one of {', '.join(sorted(services))}"
            )
        if self.database is None:
            return None
        container = login.container_of([self.database], settings)
        given = services[settings.service].environment
        environment = login.filled(self.connection, container, settings, given, self.redactor)
        place = state.Place(container.name, container.image, settings.username_variable)
        session = login.session(
            self.connection, container, settings, environment, login.trust(self, settings)
        )
        return state.state(self.connection, session, place, settings.database)

    @property
    def dump_tool(self) -> str:
        """Where the target has mongodump: "container", "host" or "" for nowhere."""
        return self.host.mongodump(self.database.name if self.database else "").where


def _outside(release: Stack, settings: Mongodb, variable: str) -> state.Mongo:
    way = login.way(release, settings)
    place = state.Place(way.members[0].name, "", variable)
    return state.state(release.connection, primary.reached(release, way), place, settings.database)


def _kind(source: Path, name: str) -> Kind:
    here = source / name
    if here.is_dir():
        # A folder of data that the stack made while it was developed is no part of it.
        return "folder" if local_git.known(here, "ls-files", "--", ".") else "missing"
    return "file" if here.is_file() else "missing"
