"""The facts of the host itself: its engine, its Compose, its sockets."""

from __future__ import annotations

from gonogo.deploy.facts.base import Base
from gonogo.deploy.host.answers import asked
from gonogo.deploy.probes import engine, listeners


class HostFacts(Base):
    """What is asked of the host, whatever stack is on it, and of this machine about it."""

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
