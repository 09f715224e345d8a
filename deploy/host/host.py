"""``host`` and ``controller``: the target and the machine that deploys, as objects of one class."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from gonogo.deploy.connection import Connection
from gonogo.deploy.host.answers import Answers, Asked
from gonogo.deploy.host.backend import ConnectionBackend
from gonogo.deploy.host.backups import Backups, Mongodump
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
from gonogo.deploy.host.lock import Lock
from gonogo.deploy.host.login import Login
from gonogo.deploy.host.memory import Memory
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.host.paths import Paths
from gonogo.deploy.host.port import Holders, Port
from gonogo.deploy.host.project import Project
from gonogo.deploy.host.registry import Registry
from gonogo.deploy.host.releases import Releases
from gonogo.deploy.host.sockets import Listener, Sockets
from gonogo.deploy.host.typed import TestinfraHost
from gonogo.deploy.host.volumes import Volumes
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.wire.transcript import Transcript

Role = Literal["host", "controller"]
WRITTEN = re.compile(r"(\w+)\.(\w+?)(?:\((.*)\))?\.(\w+)", re.DOTALL)
"""A property of a noun as it is written: ``host.filesystem("/srv").room``."""


class Host(TestinfraHost):
    """testinfra's host with our nouns. ``role``: what tests call it; ``machine``: what messages call it.

    >>> host.memory.available
    2147483648
    >>> host.file("/etc/passwd").user
    'root'
    """

    def __init__(
        self,
        backend: ConnectionBackend,
        transcript: Transcript,
        answers: Answers,
        redactor: Redactor,
        role: Role = "host",
    ) -> None:
        super().__init__(backend)
        backend.set_host(self)
        self._line = backend
        self.transcript, self.answers = transcript, answers
        self.redactor, self.role = redactor, role
        self._holders: tuple[list[Container], list[Listener], Holders] | None = None

    @classmethod
    def over(cls, connection: Connection, role: Role = "host") -> Self:
        """Return the host that ``connection`` leads to, of which nothing was asked yet."""
        backend = ConnectionBackend(connection.host)
        backend.connected(connection)
        return cls(backend, connection.transcript, Answers(), Redactor(), role)

    @property
    def connection(self) -> Connection:
        """The way to the host; raises Unknown with the reason when there is none."""
        return self._line.connection

    @property
    def machine(self) -> str:
        """What messages call the host: the target's host as it stands in its file, or "this machine"."""
        return self._line.machine

    @property
    def address(self) -> str:
        """The host as a target file names it, ``local`` for the machine that deploys."""
        return self._line.address

    @property
    def config_file(self) -> Path | None:
        """The configuration of ssh for this host, where it is not the user's own."""
        return self._line.config_file

    def backups(self, folder: str) -> Backups:
        """A folder of backups."""
        return Backups(self, folder)

    def certificate(self, server: str) -> Certificate:
        """The certificate of a TLS server, ``name:port``, as it shows it to the host."""
        return Certificate(self, server)

    @cached_property
    def clock(self) -> Clock:
        """The clock."""
        return Clock(self)

    @cached_property
    def compose(self) -> Compose:
        """Docker's Compose plugin."""
        return Compose(self)

    def container(self, name: str) -> Container | None:
        """The container of that name; None when there is none."""
        return next((one for one in self.containers.all if one.name == name), None)

    @cached_property
    def containers(self) -> Containers:
        """The containers."""
        return Containers(self)

    def dns(self, name: str) -> Dns:
        """A name, as the host resolves it."""
        return Dns(self, name)

    @cached_property
    def engine(self) -> Engine:
        """The Docker Engine."""
        return Engine(self)

    def filesystem(self, path: str) -> Filesystem:
        """The filesystem on which an absolute path lies, or would lie."""
        return Filesystem(self, path)

    def git(self, folder: str) -> Git:
        """A folder, as git knows it."""
        return Git(self, folder)

    @cached_property
    def host_key(self) -> HostKey:
        """The key by which ssh knows the host."""
        return HostKey(self)

    def lock(self, folder: str) -> Lock:
        """The lock of deployments that lies in a folder."""
        return Lock(self, folder)

    @cached_property
    def login(self) -> Login:
        """The login that commands run as."""
        return Login(self)

    @cached_property
    def memory(self) -> Memory:
        """The memory."""
        return Memory(self)

    def mongodump(self, container: str) -> Mongodump:
        """``mongodump`` in a container or beside it; without a name, there is no container."""
        return Mongodump(self, container)

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

    def releases(self, folder: str) -> Releases:
        """The releases that are recorded in a folder."""
        return Releases(self, folder)

    @cached_property
    def sockets(self) -> Sockets:
        """The listening sockets."""
        return Sockets(self)

    @cached_property
    def volumes(self) -> Volumes:
        """The volumes."""
        return Volumes(self)

    def forget(self, noun: str) -> None:
        """Forget what is known of every noun that is called so; it is asked again then."""
        self.answers.forget(f"{self.role}.{noun}.", f"{self.role}.{noun}(")

    def refresh(self) -> None:
        """Begin a new snapshot: whatever is known of the host is asked again when it is needed."""
        self.answers.renew(here=self.role == "controller")

    @property
    def holders(self) -> Holders:
        """Who holds the ports, made anew where containers or sockets were asked anew."""
        containers, listeners = self.containers.all, self.sockets.listening
        known = self._holders
        if known is None or known[0] is not containers or known[1] is not listeners:
            self._holders = known = (containers, listeners, Holders(containers, listeners))
        return known[2]

    def find(self, written: str) -> tuple[Noun, str] | None:
        """Return the noun and the name of a property as it is written, None for what is none of this host."""
        read = WRITTEN.fullmatch(written)
        kind = {one.noun: one for one in Noun.__subclasses__()}.get(read[2]) if read else None
        if read is None or kind is None or read[1] != self.role:
            return None
        try:
            names = json.loads(f"[{read[3] or ''}]")
        except ValueError:
            return None
        known = isinstance(getattr(kind, read[4], None), Asked) and all(isinstance(n, str) for n in names)
        return (kind(self, *names), read[4]) if known else None


def properties(noun: type[Noun]) -> Iterator[tuple[str, Asked[Any]]]:
    """Yield every property of a noun that is asked once, with its name."""
    for name in dir(noun):
        found = getattr(noun, name)
        if isinstance(found, Asked):
            yield name, found
