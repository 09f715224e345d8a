"""The facts of the data: volumes, bind mounts, room on disks, the database, its backups."""

from __future__ import annotations

from deploy.fact import fact
from deploy.facts.images import ImageFacts
from deploy.probes import disk


class DataFacts(ImageFacts):
    """What is asked about the data that a release must keep."""

    @fact("disk.free")
    def rooms(self) -> list[disk.Room]:
        """The filesystems that a release writes to."""
        return disk.rooms(self.connection, [self.folder, self.docker_root, "/tmp"])
