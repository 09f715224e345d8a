"""The image of the throwaway server that a backup is restored into."""

from __future__ import annotations

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.release.release import Release


def of(release: Release, backup: Backup) -> str:
    """Return the image to restore a backup into, by its id or name; raises GonogoError."""
    settings, container = release.target.backup, release.host.mongodb(release).container
    image = (settings.proof_image if settings else "") or (container.image if container else "")
    if not (image := image or backup.manifest.image):
        raise GonogoError(
            f"{backup.name} was not made from a container: name an image with a mongod that is on the target "
            "in backup.proof_image of the target file"
        )
    return image
