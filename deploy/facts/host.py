"""The facts of the host itself: its engine, its Compose, its sockets, its room."""

from __future__ import annotations

from deploy.fact import fact
from deploy.facts.base import Base
from deploy.probes import engine, listeners


class HostFacts(Base):
    """What is asked of the host, whatever stack is on it."""

    @fact("ssh.reachable")
    def login(self) -> str:
        """The user that commands on the target run as."""
        return self.connection.check("id -un").text.strip()

    @fact("docker.access")
    def engine(self) -> engine.Engine:
        """The target's Docker Engine."""
        return engine.engine(self.connection)

    @fact("docker.access")
    def docker_root(self) -> str:
        """Where the engine keeps its data."""
        return engine.root(self.connection)

    @fact("docker.compose")
    def compose_version(self) -> str:
        """The version of ``docker compose`` on the target."""
        return engine.compose(self.connection)

    @fact("ports.free")
    def listeners(self) -> list[listeners.Listener]:
        """The listening sockets of the target."""
        return listeners.listeners(self.connection)
