"""``release.folder``: the stack's folder on the target, and what matters in it."""

from __future__ import annotations

from gonogo.deploy.compose import default_files, env_file
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.paths import Paths
from gonogo.deploy.release.part import Part


class Folder(Part):
    """The stack's folder on the target, and what matters in it."""

    part = "folder"

    @property
    def paths(self) -> Paths:
        """The folder, the env file, and what Compose would add."""
        path = self.target.path
        names = (str(path / name) for name in (".env", *default_files.OVERRIDES))
        return self.host.paths(str(path), env_file.file(self.target), *names)

    @asked("path.present")
    def path(self) -> str:
        """The folder, which is there."""
        path = str(self.target.path)
        place = self.paths.places.get(path)
        if place is None or not place.is_folder:
            raise GonogoError(
                f"{self.target.host}: there is no folder {path}: make it, or correct path in the target file"
            )
        return path
