"""An image of a host's engine, by its name or its id."""

from __future__ import annotations

from gonogo.deploy.host import images
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.images import ImageInfo
from gonogo.deploy.host.noun import Noun


class Image(Noun):
    """An image as a host's engine has it.

    >>> host.image("shop-api:latest").id == controller.image("shop-api:latest").id
    True
    >>> host.image("redis:7").info.platform
    'linux/amd64'
    """

    @asked("docker.healthy")
    def info(self) -> ImageInfo | None:
        """What the engine says of it; None where it has no such image. Raises Unknown where it refuses."""
        (name,) = self._names
        found = images.inspect(self.connection, [name])
        self._host.redactor.add(images.secrets_of(found.values()))
        return found.get(name)

    @property
    def exists(self) -> bool:
        """Whether the engine has it."""
        return self.info is not None

    @property
    def id(self) -> str:
        """Its id, empty where the engine has no such image."""
        return self.info.id if self.info else ""
