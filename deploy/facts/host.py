"""The facts of the host itself: its sockets."""

from __future__ import annotations

from gonogo.deploy.facts.base import Base
from gonogo.deploy.host.answers import asked
from gonogo.deploy.probes import listeners


class HostFacts(Base):
    """What is asked of the host, whatever stack is on it, and of this machine about it."""

    @asked("ports.free")
    def listeners(self) -> list[listeners.Listener]:
        """The listening sockets of the target."""
        return listeners.listeners(self.connection)
