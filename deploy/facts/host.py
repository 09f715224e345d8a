"""The facts of the host itself: the way there, its engine, its Compose, its sockets, its names."""

from __future__ import annotations

import datetime

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.facts.base import Base
from gonogo.deploy.host.answers import asked
from gonogo.deploy.probes import certificates, clock, engine, hostkey, listeners, names


class HostFacts(Base):
    """What is asked of the host, whatever stack is on it, and of this machine about it."""

    @asked("time.window", local=True)
    def now(self) -> datetime.datetime:
        """The time of this machine, in UTC, when the run began to ask."""
        return datetime.datetime.now(datetime.UTC).replace(microsecond=0)

    @asked("ssh.reachable")
    def login(self) -> str:
        """The user that commands on the target run as."""
        return self.connection.check("id -un").text.strip()

    @asked("ssh.host_key", local=True)
    def host_key(self) -> hostkey.HostKey | None:
        """How ssh judges the host's key; None where the target is this machine."""
        if self.target.host == "local":
            return None
        return hostkey.host_key(self.target.host, self.target.ssh.config_file)

    @asked("ssh.latency")
    def round_trip(self) -> clock.RoundTrip:
        """How far away the target is, in time, and how far its clock is off."""
        return clock.round_trip(self.connection)

    @asked("docker.healthy")
    def engine(self) -> engine.Engine:
        """The target's Docker Engine."""
        return engine.engine(self.connection)

    @property
    def docker_root(self) -> str:
        """Where the engine keeps its data."""
        return self.engine.root

    @asked("docker.compose")
    def compose_version(self) -> str:
        """The version of ``docker compose`` on the target."""
        return engine.compose(self.connection)

    @asked("ports.free")
    def listeners(self) -> list[listeners.Listener]:
        """The listening sockets of the target."""
        return listeners.listeners(self.connection)

    @asked("tls.expiry")
    def certificates(self) -> list[certificates.Certificate]:
        """The certificates of https health endpoints and of ``[tls] hosts``."""
        return certificates.certificates(self.connection, certificates.servers(self.target))

    @asked("dns.target", local=True)
    def addresses(self) -> dict[str, list[str]]:
        """Where each of ``[dns] names`` leads; nowhere without that table."""
        return names.addresses(self.target.dns.names if self.target.dns else [])

    @asked("dns.target", local=True)
    def own_addresses(self) -> list[str]:
        """The addresses of the target: those of ``[dns]``, else those that ssh's host name resolves to."""
        if self.target.dns and self.target.dns.addresses:
            return list(self.target.dns.addresses)
        if self.host_key is None:
            raise GonogoError("the target is this machine, whose addresses nobody knows: set [dns] addresses")
        return names.addresses([self.host_key.address])[self.host_key.address]
