"""``host.mongodb(release)``: the MongoDB of the target file, as a release logs in to it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from gonogo.deploy.errors import GonogoError, Unknown
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.engine import ROOTLESS
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.mongodb.fingerprint import ttl
from gonogo.deploy.mongodb.server import login, primary, source
from gonogo.deploy.mongodb.server import state as states
from gonogo.deploy.mongodb.server.state import Mongo, Place
from gonogo.deploy.ssh.transcript import Entry
from gonogo.deploy.target.sections.data import Mongodb as Settings

if TYPE_CHECKING:
    from pymongo import MongoClient

    from gonogo.deploy.release.host import Host
    from gonogo.deploy.release.release import Release


class Mongodb(Noun):
    """The MongoDB that the target file names: a service of the stack's, or one outside the stack.

    >>> host.mongodb(release).state.writable
    True
    >>> host.mongodb(release).find_one("users", {"name": "admin"})["role"]
    'owner'
    """

    of_release = True

    def __init__(self, host: Host, release: Release) -> None:
        super().__init__(host)
        self._release = release

    @property
    def container(self) -> Container | None:
        """The service's container; None when it does not run, and for a MongoDB outside the stack."""
        name = self._settings.service if self._settings else ""
        return next(
            (
                container
                for container in self._release.running
                if name and container.service == name and container.running
            ),
            None,
        )

    @property
    def exists(self) -> bool:
        """Whether there is a MongoDB by now: the stack's runs, or it is not in the stack."""
        return self._settings is not None and bool(self._settings.uri_variable or self.container)

    @asked("mongodb.login")
    def state(self) -> Mongo | None:
        """The state of the MongoDB that runs, as the new model's login sees it; None when none runs.

        Of a replica set outside the stack it is the primary's, else that of the service's container.
        """
        settings = self._settings
        if settings is None:
            return None
        if self._host.engine.rootless:
            raise Unknown("docker.engine", ROOTLESS)
        if settings.uri_variable:
            way = login.way(self._release, settings)
            place = Place(way.members[0].name, "", settings.uri_variable)
            return states.state(
                self.connection, primary.reached(self._release, way), place, settings.database
            )
        return self._in_the_stack(settings)

    def _in_the_stack(self, settings: Settings) -> Mongo | None:
        services, container = self._release.model.services, self.container
        if settings.service not in services:
            raise GonogoError(
                f"the compose files have no service {settings.service}: correct mongodb.service in the "
                f"target file, to one of {', '.join(sorted(services))}"
            )
        if container is None:
            return None
        own, redactor = login.container_of([container], settings), self._release.redactor
        given = services[settings.service].environment
        environment = login.filled(self.connection, own, settings, given, redactor)
        session = login.session(
            self.connection, own, settings, environment, login.trust(self._release, settings)
        )
        place = Place(own.name, own.image, settings.username_variable)
        return states.state(self.connection, session, place, settings.database)

    @property
    def dump_tool(self) -> str:
        """Where the host has mongodump: "container", "host" or "" for nowhere."""
        return self._host.mongodump(self.container.name if self.container else "").where

    def counted(self) -> dict[str, int]:
        """The number of documents of each collection, counted live, not estimated; raises GonogoError."""
        return login.counted(self._release)

    @property
    def shrinking(self) -> frozenset[str]:
        """The collections of which MongoDB itself removes documents: by a TTL index, or as they are capped.

        Asked live; raises GonogoError.
        """
        with self.opened() as client:
            assert self._settings is not None, "opened refuses to go on without"
            there = source.namespaces(client, self._settings.database)
            return frozenset(one.name for one in there if one.options.get("capped") or ttl.of(one))

    def find_one(self, collection: str, query: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first document of a collection that matches, None where none does; asked live.

        Raises GonogoError.
        """
        begun = time.monotonic()
        with self.opened() as client:
            assert self._settings is not None, "opened refuses to go on without"
            found = client[self._settings.database][collection].find_one(dict(query))
        said = "one matches" if found else "none matches"
        self.transcript.add(Entry(f"mongodb: find one of {collection}", 0, said, time.monotonic() - begun))
        return found

    def opened(self) -> AbstractContextManager[MongoClient[dict[str, Any]]]:
        """A client of its primary, logged in as the stack is, for a ``with``; raises GonogoError."""
        return login.opened(self._release)

    @property
    def _settings(self) -> Settings | None:
        return self._release.target.mongodb
