"""A machine: testinfra's host with the nouns of a machine and its engine."""

from __future__ import annotations

from functools import cached_property

from gonogo.deploy.host.backups import Backups, Mongodump
from gonogo.deploy.host.base import BaseHost
from gonogo.deploy.host.certificate import Certificate
from gonogo.deploy.host.clock import Clock
from gonogo.deploy.host.compose import Compose
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.containers import Containers
from gonogo.deploy.host.dns import Dns
from gonogo.deploy.host.engine import Engine
from gonogo.deploy.host.filesystem import Filesystem
from gonogo.deploy.host.git import Git
from gonogo.deploy.host.host_key import HostKey
from gonogo.deploy.host.http import LIMIT_S, Http
from gonogo.deploy.host.image import Image
from gonogo.deploy.host.login import Login
from gonogo.deploy.host.memory import Memory
from gonogo.deploy.host.networks import Networks
from gonogo.deploy.host.paths import Paths
from gonogo.deploy.host.port import Holders, Port
from gonogo.deploy.host.project import Project
from gonogo.deploy.host.registry import Registry
from gonogo.deploy.host.sockets import Listener, Sockets
from gonogo.deploy.host.volumes import Volumes


class Machine(BaseHost):
    """testinfra's host with the nouns of a machine and its engine.

    >>> host.memory.available
    2147483648
    >>> host.file("/etc/passwd").user
    'root'
    """

    clock = cached_property(Clock)
    compose = cached_property(Compose)
    containers = cached_property(Containers)
    engine = cached_property(Engine)
    host_key = cached_property(HostKey)
    login = cached_property(Login)
    memory = cached_property(Memory)
    sockets = cached_property(Sockets)
    volumes = cached_property(Volumes)

    _holders: tuple[list[Container], list[Listener], Holders] | None = None

    def backups(self, folder: str, *target: str) -> Backups:
        """A folder of backups; ``target``: whose backups ``foreign`` looks at."""
        return Backups(self, folder, *target)

    def certificate(self, server: str) -> Certificate:
        """The certificate of a TLS server, ``name:port``, as it shows it to the host."""
        return Certificate(self, server)

    def container(self, name: str) -> Container | None:
        """The container of that name; None when there is none."""
        return next((container for container in self.containers.all if container.name == name), None)

    def dns(self, name: str) -> Dns:
        """A name, as the host resolves it."""
        return Dns(self, name)

    def filesystem(self, path: str) -> Filesystem:
        """The filesystem on which an absolute path lies, or would lie."""
        return Filesystem(self, path)

    def git(self, folder: str, remote: str = "", commit: str = "") -> Git:
        """A folder, as git knows it; and what a clone there is to be set to."""
        return Git(self, folder, *((remote, commit) if commit else ()))

    def http(self, url: str, seconds: float = LIMIT_S) -> Http:
        """A URL, and how long it is waited for."""
        return Http(self, url, *([str(seconds)] if seconds != LIMIT_S else ()))

    def image(self, name: str) -> Image:
        """An image, by its name or its id."""
        return Image(self, name)

    def mongodump(self, container: str) -> Mongodump:
        """``mongodump`` in a container or beside it; without a name, there is no container."""
        return Mongodump(self, container)

    @cached_property
    def networks(self) -> Networks:
        """The networks."""
        return Networks(self)

    def paths(self, *paths: str) -> Paths:
        """What lies at some paths, asked in one question."""
        return Paths(self, *dict.fromkeys(paths))

    def port(self, port: str) -> Port:
        """A port, such as ``80/tcp`` or ``127.0.0.1:80/tcp``."""
        return Port(self, port)

    def project(self, name: str) -> Project:
        """A Compose project."""
        return Project(self, name)

    def registry(self, name: str, image: str = "") -> Registry:
        """A registry as the host reaches it, and an image in it to ask for."""
        return Registry(self, *filter(None, (name, image)))

    @property
    def holders(self) -> Holders:
        """Who holds the ports, made anew where containers or sockets were asked anew."""
        containers, listeners = self.containers.all, self.sockets.listening
        known = self._holders
        if known is None or known[0] is not containers or known[1] is not listeners:
            self._holders = known = (containers, listeners, Holders(containers, listeners))
        return known[2]
